import type { SeekTo } from '@shale/engine';
import { Command, InvalidArgumentError } from 'commander';
import { EXIT } from '../exit-codes.js';
import { toJson } from '../output/json.js';
import { showable } from '../output/showable.js';
import type { Terminal } from '../output/terminal.js';
import { formatCount } from '../output/units.js';
import { parseU64 } from './arguments.js';
import { consumersOf } from './consumer-log.js';

interface SeekFlags {
  readonly to: SeekTo;
  readonly region?: bigint;
  readonly json?: boolean;
}

/** `shale seek`. */
export function seekCommand(terminal: Terminal, done: (exitCode: number) => void): Command {
  return new Command('seek')
    .summary('move the position of a consumer in a table')
    .description(
      'Moves the position of a consumer in a table: to the first entry that there is, behind the last one, or behind a ' +
        'sequence. A process that has the log open with inspect: true does it, and a consumer that is open there goes on ' +
        'where it was moved to; otherwise the log must not be open for writing elsewhere.',
    )
    .argument('<dir>', 'directory of the log')
    .argument('<consumer>', 'the name of the consumer')
    .argument('<table>', "a table's name, or with --region its number")
    .requiredOption('--to <where>', 'the last sequence that counts as done with, start or end', parseTo)
    .option('--region <id>', 'region of a table that is told by numbers', parseU64)
    .option('--json', 'print the result as JSON')
    .addHelpText('after', '\nExample:\n  shale seek ./data billing orders --to start')
    .action(async (dir: string, consumer: string, table: string, flags: SeekFlags) => {
      await using consumers = await consumersOf(dir, terminal, 'change');
      const position = await consumers.seek(consumer, { table, region: flags.region }, flags.to);
      const name = showable(JSON.stringify(consumer));
      await terminal.out.line(
        flags.json
          ? toJson({ consumer, table, region: flags.region ?? null, position })
          : `${name} goes on behind ${formatCount(position)}`,
      );
      await terminal.out.flush();
      done(EXIT.ok);
    });
}

function parseTo(text: string): SeekTo {
  if (text === 'start' || text === 'end') return text;
  if (!/^\d{1,20}$/.test(text)) throw new InvalidArgumentError('It must be a sequence, start or end.');
  return { after: parseU64(text) };
}
