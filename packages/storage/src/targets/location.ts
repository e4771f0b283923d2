import { fileURLToPath } from 'node:url';
import { mustBe, type WalError } from '@shale/codec';
import { reasonOf } from '../arguments/caller-error.js';
import { invalid } from '../arguments/refusal.js';

const A_DIRECTORY = 'the path of a directory or a file: URL';
/**
 * `file:/…` and `file:///…`; what begins like one and goes on otherwise is neither a URL of a file nor meant as a path.
 */
const FILE_URL = /^file:/i;
const OTHER_URL = /^([a-z][a-z0-9+.-]*):\/\//i;

/**
 * The path of a directory that a caller has named by its path or by a `file:` URL, an object or text. Whatever is
 * given, it is read once. Throws SHALE_INVALID_ARGUMENT for anything else, also for the text of another URL: those are
 * kept for logs that are not in a directory.
 *
 * @param field the argument, for `details.field`
 */
export function toPath(location: unknown, field: string): string {
  const path = typeof location === 'string' ? ofText(location, field) : ofUrl(location, field);
  if (path === '' || path.includes('\0')) throw mustBe(field, `${A_DIRECTORY}, without zero bytes`, path);
  return path;
}

function ofText(text: string, field: string): string {
  if (FILE_URL.test(text)) {
    if (text.charAt('file:'.length) !== '/')
      throw mustBe(field, `${A_DIRECTORY} with an absolute path in it, such as file:///data`, text);
    return fromUrl(text, field);
  }
  const [, scheme] = OTHER_URL.exec(text) ?? [];
  if (scheme === undefined) return text;
  throw invalid(
    field,
    `${field} must be ${A_DIRECTORY}, got a URL of '${scheme}': URLs like that are kept for logs elsewhere than in a directory, which this version does not have; a directory of such a name is told by ./ before it`,
  );
}

function ofUrl(location: unknown, field: string): string {
  if (!isUrl(location)) throw mustBe(field, A_DIRECTORY, location);
  return fromUrl(location, field);
}

function fromUrl(url: string | URL, field: string): string {
  try {
    return fileURLToPath(url);
  } catch (cause) {
    throw notOfFile(field, cause);
  }
}

function notOfFile(field: string, cause: unknown): WalError {
  return invalid(
    field,
    `${field} must be ${A_DIRECTORY}, and this URL is none of a file here: ${reasonOf(cause)}`,
    cause,
  );
}

/** Also one of another realm, as in tests that run in a context of their own. */
function isUrl(location: unknown): location is URL {
  try {
    return Object.prototype.toString.call(location) === '[object URL]';
  } catch {
    return false;
  }
}
