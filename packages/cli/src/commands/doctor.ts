import { Command } from 'commander';
import type { Check, CheckState } from '../doctor/check.js';
import { examine } from '../doctor/doctor.js';
import { EXIT } from '../exit-codes.js';
import { toJson } from '../output/json.js';
import { StatusLine } from '../output/status-line.js';
import type { Terminal } from '../output/terminal.js';
import { plural } from '../output/units.js';
import { printable } from '../read/entry-format.js';

interface DoctorFlags {
  readonly json?: boolean;
  readonly strict?: boolean;
}

/** Wide enough for the longest name of a check. */
const NAME_WIDTH = 18;

/** `shale doctor`. */
export function doctorCommand(terminal: Terminal, done: (exitCode: number) => void): Command {
  return new Command('doctor')
    .summary('check the machine that a log is on')
    .description(
      'Checks what a log in a directory depends on: the cost of a sync, file system and mount options, space, limits, ' +
        'memory, processor, kernel, Node.js, RocksDB, and the log itself. It writes a small file for two seconds at most, and ' +
        'removes it. Exits with 1 when something is bad; with --strict, also when something is a warning.',
    )
    .argument('[dir]', 'directory of the log, there or not yet', '.')
    .option('--strict', 'warnings count as bad')
    .option('--json', 'one JSON object per check')
    .action(async (dir: string, flags: DoctorFlags) => {
      done(await doctor(terminal, dir, flags));
    });
}

async function doctor(terminal: Terminal, dir: string, flags: DoctorFlags): Promise<number> {
  const status = new StatusLine(terminal, { off: flags.json === true });
  const counts: Record<CheckState, number> = { ok: 0, warn: 0, bad: 0 };
  for await (const check of examine(dir)) {
    counts[check.state] += 1;
    status.clear();
    if (flags.json) await terminal.out.line(toJson(check));
    else await print(terminal, check);
    await terminal.out.flush();
    status.show(() => 'measuring ...');
  }
  status.clear();
  if (!flags.json) {
    const { green, yellow, red } = terminal.outColors;
    const verdict =
      counts.bad > 0
        ? red(`${plural(counts.bad, 'thing')} bad, ${plural(counts.warn, 'warning')}`)
        : counts.warn > 0
          ? yellow(plural(counts.warn, 'warning'))
          : green('all well');
    await terminal.out.line(verdict);
    await terminal.out.flush();
  }
  return counts.bad > 0 || (flags.strict && counts.warn > 0) ? EXIT.findings : EXIT.ok;
}

async function print(terminal: Terminal, { name, state, found, advice }: Check): Promise<void> {
  const { green, yellow, red, dim } = terminal.outColors;
  const mark = { ok: green('ok  '), warn: yellow('warn'), bad: red('bad ') }[state];
  await terminal.out.line(`${mark}  ${name.padEnd(NAME_WIDTH)}  ${printable(Buffer.from(found), 300)}`);
  if (advice !== undefined) await terminal.out.line(dim(`      ${printable(Buffer.from(advice), 500)}`));
}
