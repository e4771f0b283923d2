// What is wrong with a page, as far as text tells.

const VOID = new Set(['meta', 'link', 'br', 'img', 'input']);

/** Every tag is closed by its own end, in order; text and attributes hold no bare `<` or `&`. */
export function complaints(markup: string): string[] {
  const open: string[] = [];
  const found: string[] = [];
  const text = markup.replace(/^<!doctype html>/, '').replace(/<style>[\s\S]*?<\/style>/g, '');
  const rest = text.replace(
    /<(\/?)([a-zA-Z][\w-]*)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>/g,
    (_, end, name, __, self) => {
      if (end === '') {
        if (self === '' && !VOID.has(name)) open.push(name);
      } else if (open.pop() !== name) found.push(`</${name}>`);
      return '';
    },
  );
  if (/[<>]/.test(rest)) found.push(`bare: ${/.{0,40}[<>].{0,40}/.exec(rest)?.[0]}`);
  if (/&(?!\w+;|#\d+;)/.test(text)) found.push('bare &');
  return [...found, ...open.map((name) => `<${name}> is left open`)];
}

/** What a browser would fetch. */
export function requests(markup: string): string[] {
  const links = markup.matchAll(/(?:src|href|url|action|data)\s*[=(]\s*["']?([^"')\s>]+)/gi);
  return Array.from(links, ([, target]) => target ?? '').filter((target) => !target.startsWith('#'));
}
