import { Command } from 'commander';
import { CliError } from '../cli-error.js';
import { writeMetrics } from '../demo/writer.js';

/** The process that `shale demo` starts in order to kill it. Not for people. */
export function demoWriterCommand(): Command {
  return new Command('demo-writer').argument('<dir>').action(async (dir: string) => {
    if (!process.send) throw new CliError('CLI_USAGE', 'this is for `shale demo`');
    // Without its parent it has no reason to go on.
    process.on('disconnect', () => process.exit(1));
    await writeMetrics(dir, (report) => process.send?.(report));
  });
}
