import { type CompletedCommand, type CompletedOption, namesOf, quoted } from './tree.js';

/** The completion for zsh, to be sourced, or put as `_shale` where zsh looks for functions. */
export function zshCompletion(commands: readonly CompletedCommand[]): string {
  return `#compdef shale
# Completion of shale for zsh: source <(shale completion zsh)
_shale() {
  if (( CURRENT == 2 )); then
    local -a commands
    commands=(
${commands.map(({ name, description }) => `      ${quoted(`${name}:${description}`)}`).join('\n')}
    )
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
${commands.map(ofCommand).join('\n')}
  esac
}
if [ "\${funcstack[1]}" = _shale ]; then _shale "$@"; else compdef _shale shale; fi
`;
}

function ofCommand({ name, options, choices }: CompletedCommand): string {
  const rest = choices.length > 0 ? `'*:value:(${choices.join(' ')})'` : "'*:file:_files'";
  return `    ${name}) _arguments ${[...options.flatMap(ofOption), rest].join(' ')} ;;`;
}

function ofOption(option: CompletedOption): string[] {
  const description = option.description.replace(/[[\]:\\]/g, '\\$&');
  const values = option.choices.length > 0 ? `(${option.choices.join(' ')})` : '_files';
  const value = option.takesValue ? `:value:${values}` : '';
  return namesOf(option).map((each) => quoted(`${each}[${description}]${value}`));
}
