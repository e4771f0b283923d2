import type { Wal } from '@shale/engine';
import type { Replica } from '@shale/replica';
import { toJson } from '../output/json.js';
import { StatusLine } from '../output/status-line.js';
import type { Terminal } from '../output/terminal.js';
import { formatCount, plural } from '../output/units.js';
import { printable } from '../read/entry-format.js';

const LOOK_MS = 500;
/** Tables that are told one by one. */
const MOST_TABLES = 10;

/** Says on a terminal how far shipping is behind, and anywhere what keeps it from going on. */
export class ShippingLine implements Disposable {
  readonly #terminal: Terminal;
  readonly #replica: Replica;
  readonly #status: StatusLine;
  readonly #timer: NodeJS.Timeout;
  #told: string | null = null;
  #isLooking = false;

  constructor(terminal: Terminal, replica: Replica, options: { readonly off: boolean }) {
    this.#terminal = terminal;
    this.#replica = replica;
    this.#status = new StatusLine(terminal, options);
    this.#timer = setInterval(() => void this.#look().catch(() => undefined), LOOK_MS);
  }

  /** A line that stays. */
  note(text: string): void {
    this.#status.clear();
    this.#terminal.note(text);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#status.clear();
  }

  async #look(): Promise<void> {
    this.#tellTrouble();
    if (this.#isLooking || !this.#terminal.errIsTTY) return;
    this.#isLooking = true;
    try {
      const { entries, tables } = await this.#replica.lag();
      if (this.#replica.state === 'shipping') this.#status.show(() => `shipping: ${behind(entries, tables)}`);
    } finally {
      this.#isLooking = false;
    }
  }

  #tellTrouble(): void {
    const trouble = this.#replica.trouble?.message ?? null;
    if (trouble === this.#told) return;
    this.note(trouble === null ? `${this.#replica.url}: shipping goes on` : `waiting for ${trouble}`);
    this.#told = trouble;
  }
}

/** Says up to where all is in a replica that was stopped. */
export async function tellShipped(
  terminal: Terminal,
  wal: Wal,
  replica: Replica,
  isJson: boolean,
): Promise<void> {
  let all = 0;
  let entries = 0n;
  let tables = 0;
  const lines: string[] = [];
  for await (const { id, name, first, last } of wal.tables()) {
    const { region, table } = id;
    if (region === null || first > last) continue;
    all++;
    const there = replica.position({ region, table });
    if (there >= last) continue;
    tables++;
    // What was trimmed is not shipped any more.
    entries += last - (there >= first ? there : first - 1n);
    const which = name === undefined ? `region ${region} table ${table}` : printable(Buffer.from(name), 60);
    if (tables <= MOST_TABLES) lines.push(`  ${which}: up to ${formatCount(there)} of ${formatCount(last)}`);
  }
  const { url } = replica;
  const { green, yellow, dim } = terminal.outColors;
  if (isJson) {
    await terminal.out.line(
      toJson({ replica: url, isComplete: tables === 0, tables: all, behind: { entries, tables } }),
    );
  } else if (tables === 0) {
    await terminal.out.line(`${green('shipped')}: all of ${plural(all, 'table')} is in ${url}`);
  } else {
    if (tables > MOST_TABLES)
      lines.push(dim(`  and ${plural(tables - MOST_TABLES, 'more table', 'more tables')}`));
    await terminal.out.line(
      `${yellow('stopped')}: ${behind(entries, tables)}; the same command goes on there`,
    );
    for (const line of lines) await terminal.out.line(line);
  }
  await terminal.out.flush();
}

function behind(entries: bigint, tables: number): string {
  if (tables === 0) return 'all is there';
  return `${plural(entries, 'entry', 'entries')} of ${plural(tables, 'table')} not there yet`;
}
