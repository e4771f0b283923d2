import type { Command, Option } from 'commander';

/** An option as a shell completes it. */
export interface CompletedOption {
  /** `--table` */
  readonly long: string | undefined;
  /** `-t` */
  readonly short: string | undefined;
  readonly description: string;
  readonly takesValue: boolean;
  /** All values that there are, if these are few. */
  readonly choices: readonly string[];
}

/** A command as a shell completes it. */
export interface CompletedCommand {
  readonly name: string;
  readonly description: string;
  readonly options: readonly CompletedOption[];
  /** What its first argument can be, if that is few. */
  readonly choices: readonly string[];
}

/** What there is to complete: the commands that help lists, with what each takes. */
export function completedCommands(program: Command): readonly CompletedCommand[] {
  const help = program.createHelp();
  return help.visibleCommands(program).map((command) => ({
    name: command.name(),
    description: command.summary() || command.description(),
    options: help.visibleOptions(command).map(completedOption),
    choices: command.registeredArguments[0]?.argChoices ?? [],
  }));
}

function completedOption(option: Option): CompletedOption {
  return {
    long: option.long ?? undefined,
    short: option.short ?? undefined,
    description: option.description,
    takesValue: option.required || option.optional,
    choices: option.argChoices ?? [],
  };
}

/** The names of an option. */
export function namesOf({ long, short }: CompletedOption): readonly string[] {
  return [long, short].filter((name) => name !== undefined);
}

/** A text as a shell takes it for one word whatever is in it. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
