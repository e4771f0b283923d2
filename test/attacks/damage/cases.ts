import type { Random } from '../../support/random.js';
import type { Image } from './image.js';
import { logsOf } from './image.js';
import { randomBytes } from './random-bytes.js';

/** One way to damage an image. */
export interface DamageCase {
  /** What was done, so that it can be done again by hand. */
  readonly name: string;
  /** What kind of file it is about. */
  readonly about: 'log' | 'table' | 'manifest' | 'current' | 'watermark';
  /** The files that are other than in the image; null: it is missing. */
  readonly changed: ReadonlyMap<string, Buffer | null>;
}

type About = DamageCase['about'];

const SECTORS = [512, 4096];

/**
 * The cases about a log: `dense` is over how many of its last bytes nothing is left out, `sampled` how many of the
 * rest.
 */
export function* logCases(
  image: Image,
  random: Random,
  amount: { truncations: number; flips: number; sampled: number },
): Generator<DamageCase> {
  const names = logsOf(image);
  const live = names.at(-1);
  if (live === undefined) throw new Error('the image has no log');
  const bytes = fileOf(image, live);
  for (let length = Math.max(0, bytes.length - amount.truncations); length < bytes.length; length++) {
    yield truncated('log', live, bytes, length);
  }
  for (let at = Math.max(0, bytes.length - amount.flips); at < bytes.length; at++) {
    for (let bit = 0; bit < 8; bit++) yield flipped('log', live, bytes, at, bit);
  }
  for (const name of names) {
    const file = fileOf(image, name);
    for (let i = 0; i < amount.sampled; i++) {
      yield flipped('log', name, file, random.below(file.length), random.below(8));
      yield truncated('log', name, file, random.below(file.length));
    }
    yield* sectorCases('log', name, file, random, amount.sampled);
    yield { name: `${name} missing`, about: 'log', changed: new Map([[name, null]]) };
    yield truncated('log', name, file, 0);
    for (const other of names) {
      if (other === name) continue;
      const swapped = new Map([
        [name, fileOf(image, other)],
        [other, file],
      ]);
      yield { name: `${name} swapped with ${other}`, about: 'log', changed: swapped };
      yield { name: `${name} as ${other}`, about: 'log', changed: new Map([[other, file]]) };
    }
  }
}

/** The live log as it was some time ago. */
export function olderLog(image: Image, older: Image): DamageCase | undefined {
  const live = logsOf(image).at(-1);
  const bytes = live === undefined ? undefined : older.files.get(live);
  if (live === undefined || bytes === undefined) return undefined;
  return { name: `${live} as it was before`, about: 'log', changed: new Map([[live, bytes]]) };
}

/** The cases about every other file. */
export function* otherCases(image: Image, random: Random, sampled: number): Generator<DamageCase> {
  for (const [name, bytes] of image.files) {
    const about = aboutOf(name);
    if (about === undefined || about === 'log') continue;
    yield { name: `${name} missing`, about, changed: new Map([[name, null]]) };
    yield truncated(about, name, bytes, 0);
    yield changed(about, `${name} full of garbage`, name, randomBytes(random, bytes.length));
    yield changed(about, `${name} full of zeros`, name, Buffer.alloc(bytes.length));
    // Small files and the manifest wholly, table files here and there.
    const all = bytes.length * 8 <= sampled * 4;
    for (let i = 0; i < (all ? bytes.length * 8 : sampled); i++) {
      const at = all ? i >> 3 : random.below(bytes.length);
      yield flipped(about, name, bytes, at, all ? i & 7 : random.below(8));
    }
    const lengths = bytes.length <= sampled * 10 ? bytes.length : sampled;
    for (let i = 0; i < lengths; i++) {
      yield truncated(about, name, bytes, lengths === bytes.length ? i : random.below(bytes.length));
    }
    yield* sectorCases(about, name, bytes, random, Math.min(sampled, 20));
  }
}

function* sectorCases(
  about: About,
  name: string,
  bytes: Buffer,
  random: Random,
  count: number,
): Generator<DamageCase> {
  for (const size of SECTORS) {
    const sectors = Math.ceil(bytes.length / size);
    for (let i = 0; i < Math.min(count, sectors); i++) {
      const sector = sectors <= count ? i : random.below(sectors);
      const from = sector * size;
      const to = Math.min(from + size, bytes.length);
      const whole = `${name}, ${to - from} bytes from ${from}`;
      yield changed(about, `${whole} zeroed`, name, withBytes(bytes, from, Buffer.alloc(to - from)));
      yield changed(about, `${whole} garbage`, name, withBytes(bytes, from, randomBytes(random, to - from)));
      const twice = Buffer.concat([bytes.subarray(0, to), bytes.subarray(from)]);
      yield changed(about, `${whole} doubled`, name, twice);
      if (from >= size) {
        // The sector before it was written here: a misdirected write.
        const before = Buffer.from(bytes.subarray(from - size, from - size + (to - from)));
        yield changed(about, `${whole} as the sector before`, name, withBytes(bytes, from, before));
      }
      yield changed(
        about,
        `${whole} gone`,
        name,
        Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]),
      );
    }
  }
}

function aboutOf(name: string): About | undefined {
  if (name.endsWith('.log')) return 'log';
  if (name.endsWith('.sst')) return 'table';
  if (name.startsWith('MANIFEST-')) return 'manifest';
  if (name === 'CURRENT') return 'current';
  if (name === 'WATERMARK') return 'watermark';
  return undefined;
}

function truncated(about: About, name: string, bytes: Buffer, length: number): DamageCase {
  return changed(about, `${name} cut to ${length} of ${bytes.length} bytes`, name, bytes.subarray(0, length));
}

function flipped(about: About, name: string, bytes: Buffer, at: number, bit: number): DamageCase {
  const copy = Buffer.from(bytes);
  copy.writeUInt8(copy.readUInt8(at) ^ (1 << bit), at);
  return changed(about, `${name}, bit ${bit} of byte ${at} of ${bytes.length} flipped`, name, copy);
}

function changed(about: About, what: string, name: string, bytes: Buffer): DamageCase {
  return { name: what, about, changed: new Map([[name, bytes]]) };
}

function withBytes(bytes: Buffer, at: number, piece: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  piece.copy(copy, at);
  return copy;
}

function fileOf(image: Image, name: string): Buffer {
  const bytes = image.files.get(name);
  if (bytes === undefined) throw new Error(`the image has no ${name}`);
  return bytes;
}
