import type { CompletedCommand, CompletedOption } from './tree.js';

/** The completion for fish, to be sourced. */
export function fishCompletion(commands: readonly CompletedCommand[]): string {
  const names = commands.map(
    ({ name, description }) =>
      `complete -c shale -n __fish_use_subcommand -f -a ${name} -d ${text(description)}`,
  );
  return `# Completion of shale for fish: shale completion fish | source
${[...names, ...commands.flatMap(ofCommand)].join('\n')}
`;
}

function ofCommand({ name, options, choices }: CompletedCommand): string[] {
  const condition = `-n '__fish_seen_subcommand_from ${name}'`;
  const values = choices.length > 0 ? [`complete -c shale ${condition} -f -a '${choices.join(' ')}'`] : [];
  return [...values, ...options.map((option) => `complete -c shale ${condition} ${ofOption(option)}`)];
}

function ofOption({ long, short, description, takesValue, choices }: CompletedOption): string {
  return [
    ...(long === undefined ? [] : [`-l ${long.slice(2)}`]),
    ...(short === undefined ? [] : [`-s ${short.slice(1)}`]),
    ...(takesValue ? ['-r'] : []),
    ...(choices.length > 0 ? [`-f -a '${choices.join(' ')}'`] : []),
    `-d ${text(description)}`,
  ].join(' ');
}

/** Fish escapes a quote and a backslash in quotes with a backslash. */
function text(description: string): string {
  return `'${description.replace(/['\\]/g, '\\$&')}'`;
}
