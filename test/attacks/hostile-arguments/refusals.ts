import { codeOf } from './ledger.js';

/** What may refuse a call whose arguments are good. */
const EXCUSES = new Set(['SHALE_OVERLOADED', 'SHALE_TOO_LARGE', 'SHALE_CLOSED']);
/** What refuses one whose arguments are not. */
export const REFUSALS: ReadonlySet<string> = new Set([
  'SHALE_PAYLOAD',
  'SHALE_INVALID_ARGUMENT',
  'SHALE_TOO_LARGE',
]);
/** What may end a read whose arguments are good. */
export const READ_ENDS: ReadonlySet<string> = new Set(['SHALE_TRIMMED', 'SHALE_CLOSED']);
/** Whether what came of a good call is the caller's own doing, or that of the WAL's bounds. */
export function isExcused(error: unknown): boolean {
  return (error instanceof Error && error.message === 'given up') || EXCUSES.has(codeOf(error));
}

/** Passes over what an argument or a closed WAL is refused with. */
export function passRefusal(error: unknown): void {
  const code = codeOf(error);
  if (REFUSALS.has(code) || code === 'SHALE_CLOSED' || code === 'SHALE_LOCKED') return;
  throw new Error(`a call was refused as ${code}`, { cause: error });
}

/** What a call is refused with. */
export async function requireRefusal(call: Promise<unknown>): Promise<void> {
  await call.then(() => {
    throw new Error('a call was taken, and must be refused');
  }, passRefusal);
}
