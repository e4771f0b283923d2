import { Command } from 'commander';
import { CliError } from '../cli-error.js';
import { EXIT } from '../exit-codes.js';
import { toJson } from '../output/json.js';
import { showable } from '../output/showable.js';
import type { Terminal } from '../output/terminal.js';
import { consumersOf } from './consumer-log.js';

interface DropFlags {
  readonly json?: boolean;
}

/** `shale drop-consumer`. */
export function dropConsumerCommand(terminal: Terminal, done: (exitCode: number) => void): Command {
  return new Command('drop-consumer')
    .summary('remove a consumer and its positions for good')
    .description(
      'Removes a consumer and its positions for good; entries stay. A process that has the log open with inspect: true ' +
        'does it, and a consumer that is open there fails with SHALE_FENCED; otherwise the log must not be open for ' +
        'writing elsewhere.',
    )
    .argument('<dir>', 'directory of the log')
    .argument('<consumer>', 'the name of the consumer')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', '\nExample:\n  shale drop-consumer ./data billing')
    .action(async (dir: string, consumer: string, flags: DropFlags) => {
      await using consumers = await consumersOf(dir, terminal, 'change');
      const name = showable(JSON.stringify(consumer));
      if (!(await consumers.drop(consumer))) {
        throw new CliError('CLI_NOT_FOUND', `there is no consumer ${name}`, {
          hint: '`shale consumers` lists what is there.',
        });
      }
      await terminal.out.line(flags.json ? toJson({ dropped: consumer }) : `${name} is dropped`);
      await terminal.out.flush();
      done(EXIT.ok);
    });
}
