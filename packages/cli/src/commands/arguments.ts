import { U64_MAX } from '@shale/codec';
import { InvalidArgumentError } from 'commander';
import { CsvError, parse } from 'csv-parse/sync';

/** A sequence or an id: a whole number from 0 to 2^64-1. */
export function parseU64(text: string): bigint {
  if (!/^\d{1,20}$/.test(text)) throw new InvalidArgumentError('It must be a whole number of at least 0.');
  const value = BigInt(text);
  if (value > U64_MAX) throw new InvalidArgumentError(`It must be at most ${U64_MAX}.`);
  return value;
}

/** A count: a whole number from 0 on. */
export function parseCount(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) {
    throw new InvalidArgumentError('It must be a whole number of at least 0.');
  }
  return value;
}

/** A number of seconds above 0. */
export function parseSeconds(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value <= 0 || value > 86_400) {
    throw new InvalidArgumentError('It must be a number of seconds above 0.');
  }
  return value;
}

/** A port of TCP: a whole number from 1 to 65535. */
export function parsePort(text: string): number {
  const value = Number(text);
  if (!/^\d{1,5}$/.test(text) || value < 1 || value > 65_535) {
    throw new InvalidArgumentError('It must be a whole number from 1 to 65535.');
  }
  return value;
}

const UNITS: Record<string, number> = { '': 1, b: 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 };

/** A size in bytes: `4096`, `64k`, `16M`, `16MiB`, `1g`. Units are powers of 1024. */
export function parseBytes(text: string): number {
  const match = /^(\d+)\s*([bkmg]?)(?:i?b)?$/i.exec(text);
  const bytes = match ? Number(match[1]) * (UNITS[match[2]?.toLowerCase() ?? ''] ?? 1) : Number.NaN;
  if (!Number.isSafeInteger(bytes) || bytes < 1 || bytes > 2 ** 30) {
    throw new InvalidArgumentError('It must be a size such as 65536, 64k or 16MiB, of at most 1 GiB.');
  }
  return bytes;
}

const STORED_UNITS: Record<string, bigint> = {
  '': 1n,
  b: 1n,
  k: 2n ** 10n,
  m: 2n ** 20n,
  g: 2n ** 30n,
  t: 2n ** 40n,
};

/** A size of what is stored: as {@link parseBytes}, up to many TiB. */
export function parseStoredBytes(text: string): bigint {
  const match = /^(\d{1,18})\s*([bkmgt]?)(?:i?b)?$/i.exec(text);
  const unit = STORED_UNITS[match?.[2]?.toLowerCase() ?? ''];
  const bytes = match === null || unit === undefined ? U64_MAX : BigInt(match[1] ?? 0) * unit;
  if (bytes >= U64_MAX) throw new InvalidArgumentError('It must be a size such as 65536, 64k, 16MiB or 2t.');
  return bytes;
}

const TIMES: Record<string, number> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** A length of time in milliseconds: `90s`, `10m`, `12h`, `7d`, `500ms`. */
export function parseAge(text: string): number {
  const match = /^(\d{1,15}(?:\.\d{1,3})?)\s*(ms|[smhdw])$/.exec(text);
  const ms =
    match === null ? Number.NaN : Math.round(Number(match[1]) * (TIMES[match[2] ?? ''] ?? Number.NaN));
  if (!Number.isSafeInteger(ms) || ms < 1)
    throw new InvalidArgumentError('It must be a time such as 90s, 10m, 12h or 7d.');
  return ms;
}

/** A moment in milliseconds since 1970: so long ago, as {@link parseAge}, or a time of ISO 8601. */
export function parseMoment(text: string): number {
  if (/^\d{4}-\d{2}-\d{2}/.test(text)) {
    const ms = Date.parse(text);
    if (Number.isFinite(ms) && ms >= 0) return ms;
  } else if (/^\d/.test(text)) {
    return Math.max(0, Date.now() - parseAge(text));
  }
  throw new InvalidArgumentError(
    'It must be how long ago, such as 10m, or a time such as 2026-11-30T18:00:00Z.',
  );
}

/** One ASCII character between fields; `tab` and `\t` name the tab. */
export function parseDelimiter(text: string): string {
  const delimiter = text === 'tab' || text === '\\t' ? '\t' : text;
  if (delimiter.length !== 1 || delimiter.charCodeAt(0) > 126 || '"\r\n'.includes(delimiter)) {
    throw new InvalidArgumentError('It must be one ASCII character other than a quote or a line end.');
  }
  return delimiter;
}

/** One ASCII character around fields; empty for `none`. */
export function parseQuote(text: string): string {
  return text === 'none' ? '' : asciiCharacter(text);
}

/** One ASCII character before a quote. */
export function parseEscape(text: string): string {
  return asciiCharacter(text);
}

function asciiCharacter(text: string): string {
  if (text.length === 1 && text >= ' ' && text <= '~') return text;
  throw new InvalidArgumentError('It must be one ASCII character that can be seen.');
}

/** Names of columns, as a line of CSV has them. */
export function parseColumns(text: string): readonly string[] {
  const names = rowOf(text);
  if (names === undefined || names.includes(''))
    throw new InvalidArgumentError('It must be names with commas between them, such as a,b,c.');
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new InvalidArgumentError(`The name ${twice} is there twice.`);
  return names;
}

function rowOf(text: string): readonly string[] | undefined {
  try {
    const rows: readonly (readonly string[])[] = parse(text);
    return rows.length === 1 ? rows[0] : undefined;
  } catch (error) {
    if (error instanceof CsvError) return undefined;
    throw error;
  }
}

/** How often to do something: a whole number from 1 to 1000. */
export function parseRounds(text: string): number {
  return parseUpTo(1000, text);
}

/** Into how many streams a replica is divided. */
export function parsePartitions(text: string): number {
  return parseUpTo(256, text);
}

/** On how many servers a stream is. */
export function parseReplicas(text: string): number {
  return parseUpTo(5, text);
}

function parseUpTo(most: number, text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || value > most)
    throw new InvalidArgumentError(`It must be a whole number from 1 to ${most}.`);
  return value;
}
