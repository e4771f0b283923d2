import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import type { Source } from './clients.js';
import type { AppendOp, Op, TrimOp } from './history.js';

/** What a line of a journal says. */
interface Line {
  readonly op: Op;
  readonly isMade: boolean;
}

/**
 * What one of several threads or processes does and sees, in a file that outlives it: the system has each line when its call
 * returns. The clock is the machine's.
 */
export class JournalSource implements Source {
  readonly client: number;
  readonly #file: string;

  constructor(file: string, client: number) {
    this.#file = file;
    this.client = client;
  }

  now(): number {
    return Number(process.hrtime.bigint());
  }

  note(op: Op, isMade: boolean): void {
    const json = JSON.stringify({ op, isMade } satisfies Line, (_, value: unknown) => {
      if (value === Number.POSITIVE_INFINITY) return { infinite: true };
      return typeof value === 'bigint' ? { u64: String(value) } : value;
    });
    appendFileSync(this.#file, `${json}\n`);
  }
}

/** What a journal has: of what was being made at the end it is not known what came of it. */
export function readJournal(file: string): Op[] {
  if (!existsSync(file)) return [];
  const made: Op[] = [];
  const begun = new Map<string, Op>();
  for (const text of readFileSync(file, 'utf8').split('\n')) {
    // A line that was not written to its end is of a call that was not made, or not answered.
    const line = parse(text);
    if (line === null) continue;
    const { op, isMade } = line;
    if (isMade) made.push(op);
    if (op.kind === 'append' || op.kind === 'trim') {
      if (isMade) begun.delete(keyOf(op));
      else begun.set(keyOf(op), op);
    }
  }
  return [...made.filter((op) => op.kind !== 'append' || op.outcome !== 'refused'), ...begun.values()];
}

function keyOf(op: AppendOp | TrimOp): string {
  return op.kind === 'append' ? `append ${op.unit} ${op.table}` : `trim ${op.invoked} ${op.table}`;
}

function parse(text: string): Line | null {
  try {
    return JSON.parse(text, (_, value: unknown) => {
      if (typeof value !== 'object' || value === null) return value;
      if ('infinite' in value) return Number.POSITIVE_INFINITY;
      return 'u64' in value ? BigInt(String(value.u64)) : value;
    }) as Line;
  } catch {
    return null;
  }
}
