import type { Readable } from 'node:stream';
import { Command, CommanderError } from 'commander';
import { backupCommand } from './commands/backup.js';
import { benchCommand } from './commands/bench.js';
import { completionCommand } from './commands/completion.js';
import { consumersCommand } from './commands/consumers.js';
import { copyCommand } from './commands/copy.js';
import { demoCommand } from './commands/demo.js';
import { demoWriterCommand } from './commands/demo-writer.js';
import { doctorCommand } from './commands/doctor.js';
import { dropConsumerCommand } from './commands/drop-consumer.js';
import { exportCommand } from './commands/export.js';
import { ingestCommand } from './commands/ingest.js';
import { readCommand } from './commands/read.js';
import { repairCommand } from './commands/repair.js';
import { replicateCommand } from './commands/replicate.js';
import { restoreCommand } from './commands/restore.js';
import { retainCommand } from './commands/retain.js';
import { seekCommand } from './commands/seek.js';
import { statsCommand } from './commands/stats.js';
import { tablesCommand } from './commands/tables.js';
import { tailCommand } from './commands/tail.js';
import { topCommand } from './commands/top.js';
import { trimCommand } from './commands/trim.js';
import { verifyCommand } from './commands/verify.js';
import { EXIT } from './exit-codes.js';
import { reportError } from './output/report-error.js';
import { showable, withoutActing } from './output/showable.js';
import { Terminal } from './output/terminal.js';
import { version } from './package-files.js';

/** The streams that the command talks through. */
export interface Streams {
  readonly stdin: Readable;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
}

/** Runs `shale` with the arguments after its name. Resolves with the exit code; never rejects. */
export async function run(args: readonly string[], streams: Streams): Promise<number> {
  const terminal = new Terminal(streams);
  let exitCode: number = EXIT.ok;
  const program = createProgram(terminal, streams.stdin, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync([...args], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    return reportError(error, terminal, { debug: args.includes('--debug') });
  }
}

function createProgram(terminal: Terminal, stdin: Readable, done: (exitCode: number) => void): Command {
  const { red } = terminal.errColors;
  const program = new Command('shale')
    .description('An embedded write-ahead log: thousands of tables in one RocksDB, from the shell.')
    .version(version(), '-V, --version')
    .addHelpText(
      'after',
      `
Exit codes: 0 done, 1 done but something was found or rejected, 2 wrong usage, 3 refused, 4 not there, 5 locked,
6 corrupt, 7 disk full, 8 I/O, 10 the output's disk full, 12 input unreadable, 9 to 27 one error each,
130 and 143 stopped by Ctrl-C and SIGTERM.

Begin with:
  shale demo`,
    );
  const commands = [
    ingestCommand(terminal, stdin, done),
    readCommand(terminal, done),
    exportCommand(terminal, done),
    tailCommand(terminal, done),
    topCommand(terminal, stdin, done),
    tablesCommand(terminal, done),
    statsCommand(terminal, done),
    trimCommand(terminal, done),
    consumersCommand(terminal, done),
    seekCommand(terminal, done),
    dropConsumerCommand(terminal, done),
    retainCommand(terminal, done),
    verifyCommand(terminal, done),
    repairCommand(terminal, done),
    backupCommand(terminal, done),
    restoreCommand(terminal, done),
    copyCommand(terminal, done),
    replicateCommand(terminal, done),
    doctorCommand(terminal, done),
    demoCommand(terminal, done),
    benchCommand(terminal, done),
    completionCommand(terminal, program, done),
  ];
  for (const command of commands) program.addCommand(command);
  program.addCommand(demoWriterCommand(), { hidden: true });
  for (const command of [program, ...program.commands]) {
    command
      .exitOverride()
      .option('--debug', 'show the stack of an error')
      .showHelpAfterError(`Try: ${command === program ? 'shale' : `shale ${command.name()}`} --help`)
      .configureOutput({
        writeErr: (text) => terminal.stderr.write(withoutActing(text)),
        outputError: (text, write) =>
          write(
            showable(inOneLine(text))
              .replace(/^error:/, red('shale:'))
              .concat('\n'),
          ),
      });
  }
  return program;
}

/** What is said of a wrong usage, with the suggestion at its end, which stands in a line of its own. */
function inOneLine(text: string): string {
  return text.trimEnd().replace(/\n(?=\(Did you mean .*\)$)/, ' ');
}
