import { Argument, Command } from 'commander';
import { bashCompletion } from '../completion/bash.js';
import { fishCompletion } from '../completion/fish.js';
import { type CompletedCommand, completedCommands } from '../completion/tree.js';
import { zshCompletion } from '../completion/zsh.js';
import { EXIT } from '../exit-codes.js';
import type { Terminal } from '../output/terminal.js';

type Shell = 'bash' | 'zsh' | 'fish';

const SCRIPTS: Readonly<Record<Shell, (commands: readonly CompletedCommand[]) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

/** `shale completion`. `program` has all commands when it is called. */
export function completionCommand(
  terminal: Terminal,
  program: Command,
  done: (exitCode: number) => void,
): Command {
  return new Command('completion')
    .summary('print what makes a shell complete commands and options')
    .description(
      'Prints a script that makes bash, zsh or fish complete the commands, options and their values.',
    )
    .addArgument(new Argument('<shell>', 'which shell').choices(Object.keys(SCRIPTS)))
    .addHelpText(
      'after',
      `
Examples:
  source <(shale completion bash)      # in ~/.bashrc; zsh in ~/.zshrc, behind compinit
  shale completion fish > ~/.config/fish/completions/shale.fish`,
    )
    .action(async (shell: Shell) => {
      await terminal.out.write(SCRIPTS[shell](completedCommands(program)));
      await terminal.out.flush();
      done(EXIT.ok);
    });
}
