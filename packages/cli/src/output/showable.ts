/*
 * Names, payloads and messages can hold anything; terminals act on control characters, and characters that turn the
 * direction of writing show a text as another one.
 */

const ACTING = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;
// A colour as picocolors writes it, or a character that a terminal acts on.
const COLOUR_OR_ACTING = /(\p{Cc}\[[\d;]{1,12}m)|[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;
const ESCAPE = '\u001b';

/** Text of others without characters that a terminal acts on: they become U+FFFD, line ends and tabs become signs. */
export function showable(text: string): string {
  return text.replace(ACTING, (character) =>
    character === '\n' ? '\u240a' : character === '\t' ? ' ' : '\ufffd',
  );
}

/** The last line of defence for whole lines of output: colours, line ends and tabs stay. */
export function withoutActing(line: string): string {
  return line.replace(COLOUR_OR_ACTING, (found, colour: string | undefined) =>
    colour?.startsWith(ESCAPE) || found === '\n' || found === '\t' ? found : '\ufffd',
  );
}

/** JSON in which those characters, which may stand in it as they are, are escaped; it means the same. */
export function escapeActing(json: string): string {
  return json.replace(ACTING, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
