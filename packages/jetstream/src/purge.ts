import type { Link } from './connect.js';
import { unavailable } from './failures.js';

/**
 * Removes the messages of a subject that lie before one of the stream. What is removed was said to be gone by a message
 * before: a purge that does not come through leaves nothing wrong behind but its space. Rejects with SHALE_UNAVAILABLE.
 */
export async function purgeBefore(
  link: Link,
  stream: string,
  subject: string,
  sequence: number,
): Promise<void> {
  // Servers before 2.15 take 1 for nothing said, and remove the whole subject.
  if (sequence <= 1) return;
  try {
    await link.manager.streams.purge(stream, { filter: subject, seq: sequence });
  } catch (error) {
    throw unavailable(link.place.url, `${stream} cannot be purged`, error);
  }
}
