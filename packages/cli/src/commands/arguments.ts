import { U64_MAX } from '@shale/codec';
import { InvalidArgumentError } from 'commander';

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

/** One ASCII character between fields; `tab` and `\t` name the tab. */
export function parseDelimiter(text: string): string {
  const delimiter = text === 'tab' || text === '\\t' ? '\t' : text;
  if (delimiter.length !== 1 || delimiter.charCodeAt(0) > 126 || '"\r\n'.includes(delimiter)) {
    throw new InvalidArgumentError('It must be one ASCII character other than a quote or a line end.');
  }
  return delimiter;
}

/** How often to do something: a whole number from 1 to 1000. */
export function parseRounds(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || value > 1000) {
    throw new InvalidArgumentError('It must be a whole number from 1 to 1000.');
  }
  return value;
}
