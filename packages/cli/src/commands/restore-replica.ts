import { directoryBytes } from '../output/directory-bytes.js';
import { toJson } from '../output/json.js';
import { StatusLine } from '../output/status-line.js';
import type { Terminal } from '../output/terminal.js';
import { formatDuration, plural } from '../output/units.js';
import { openForReading } from './open-log.js';
import { type ReplicaFlags, readReplicaFlags } from './replica-flags.js';
import { replicaPackage } from './replica-package.js';
import { requireNewDirectory } from './target-directory.js';

const PROGRESS_MS = 500;

/** `shale restore nats://…`: makes a log of a replica. */
export async function restoreFromReplica(
  terminal: Terminal,
  url: string,
  dir: string,
  flags: ReplicaFlags & { readonly json?: boolean },
): Promise<void> {
  const options = readReplicaFlags(flags);
  const { restoreReplica } = await replicaPackage();
  await requireNewDirectory(dir);
  const started = performance.now();
  const elapsed = () => formatDuration(performance.now() - started);
  const status = new StatusLine(terminal, { off: flags.json === true });
  const timer = setInterval(() => status.show(() => `reading the replica: ${elapsed()}`), PROGRESS_MS);
  try {
    const { tables, entries, payloadBytes } = await restoreReplica(url, dir, options);
    await (await openForReading(dir, terminal)).close();
    clearInterval(timer);
    status.clear();
    if (flags.json) {
      const bytes = await directoryBytes(dir);
      await terminal.out.line(toJson({ replica: url, tables, entries, payloadBytes, bytes, directory: dir }));
    } else {
      await terminal.out.line(
        `${terminal.outColors.green('restored')}: ${plural(entries, 'entry', 'entries')} of ${plural(tables, 'table')} from ${url} to ${dir} in ${elapsed()}`,
      );
    }
  } finally {
    clearInterval(timer);
    status.clear();
  }
  await terminal.out.flush();
}
