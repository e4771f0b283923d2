import { type CompletedCommand, namesOf } from './tree.js';

/** The completion for bash, to be sourced. */
export function bashCompletion(commands: readonly CompletedCommand[]): string {
  return `# Completion of shale for bash: source <(shale completion bash)
_shale() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} command=\${COMP_WORDS[1]} values='' files=''
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W ${JSON.stringify(commands.map(({ name }) => name).join(' '))} -- "$word"))
    return
  fi
  case $command in
${commands.map(ofCommand).join('\n')}
  esac
  if [ -n "$values" ]; then COMPREPLY=($(compgen -W "$values" -- "$word"))
  elif [ -n "$files" ]; then mapfile -t COMPREPLY < <(compgen -f -- "$word"); compopt -o filenames 2>/dev/null
  fi
}
complete -F _shale shale
`;
}

function ofCommand({ name, options, choices }: CompletedCommand): string {
  const withChoices = options.filter((option) => option.choices.length > 0);
  const others = options.filter((option) => option.takesValue && option.choices.length === 0);
  const names = options.flatMap(namesOf).join(' ');
  const cases = [
    ...withChoices.map(
      (option) => `        ${namesOf(option).join('|')}) values='${option.choices.join(' ')}' ;;`,
    ),
    ...(others.length > 0 ? [`        ${others.flatMap(namesOf).join('|')}) files=yes ;;`] : []),
    `        *) case $word in -*) values='${names}' ;; *) ${choices.length > 0 ? `values='${choices.join(' ')}'` : 'files=yes'} ;; esac ;;`,
  ];
  return `    ${name})\n      case $before in\n${cases.join('\n')}\n      esac ;;`;
}
