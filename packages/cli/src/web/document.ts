import { createHash } from 'node:crypto';

/** The page as it is served: it loads nothing, and runs and draws by nothing but its own script and style. */
export interface PageDocument {
  readonly html: string;
  /** The Content-Security-Policy that it has. */
  readonly policy: string;
}

/** Reads the policy from a page that has one script and one style, both in it. */
export function documentOf(html: string): PageDocument {
  const policy = [
    "default-src 'none'",
    `script-src '${hashOf(html, 'script')}'`,
    `style-src '${hashOf(html, 'style')}'`,
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ');
  return { html, policy };
}

function hashOf(html: string, element: 'script' | 'style'): string {
  const text = html.split(`<${element}>`)[1]?.split(`</${element}>`)[0];
  if (text === undefined) throw new Error(`the page has no ${element}`);
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
