/** What a POSIX shell takes as it stands, wherever it stands. */
const PLAIN = /^[\w@%+=:,./-]+$/;
/** What would not reach the terminal as it is (`showable`), or would end the line. */
const ACTING = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u;

/** A command line that a shell takes apart into exactly these words. */
export function shellCommand(words: readonly string[]): string {
  return words.map(shellWord).join(' ');
}

/** One word, quoted where a shell would make something else of it. */
export function shellWord(word: string): string {
  if (PLAIN.test(word)) return word;
  if (ACTING.test(word)) return escaped(word);
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/** A path that is not taken for an option. */
export function pathWord(path: string): string {
  return path.startsWith('-') && path !== '-' ? `./${path}` : path;
}

/**
 * Quoted so that only printable ASCII is left of what a terminal would act on: `$'…'`, as bash, zsh and ksh read it.
 */
function escaped(word: string): string {
  let text = '';
  for (const character of word) {
    if (character === "'" || character === '\\') text += `\\${character}`;
    else if (ACTING.test(character)) {
      for (const byte of Buffer.from(character)) text += `\\${byte.toString(8).padStart(3, '0')}`;
    } else text += character;
  }
  return `$'${text}'`;
}
