import type { Random } from '../../support/random.js';
import type { RepairImage } from './history.js';

/** Some files of an image, damaged. */
export interface RepairCase {
  /** What was done, so that it can be done again by hand. */
  readonly name: string;
  /** The files that are other than in the image; null: it is missing. */
  readonly changed: ReadonlyMap<string, Buffer | null>;
}

/** One way to damage a file; undefined when the file has no such part. */
type Way = (bytes: Buffer, random: Random) => { what: string; bytes: Buffer | null } | undefined;

const FOOTER = 53;

const lost: Way = () => ({ what: 'lost', bytes: null });
const cut: Way = (bytes, random) => {
  const length = random.below(bytes.length);
  return { what: `cut to ${length} of ${bytes.length} bytes`, bytes: Buffer.from(bytes.subarray(0, length)) };
};
const zeroed: Way = (bytes, random) => {
  if (random.once(3)) return { what: 'full of zeros', bytes: Buffer.alloc(bytes.length) };
  const from = random.below(bytes.length);
  const size = Math.min(random.of([16, 512, 4096]), bytes.length - from);
  return { what: `${size} zeros from ${from}`, bytes: withZeros(bytes, from, size) };
};
const flipped: Way = (bytes, random) => {
  const at = random.below(bytes.length);
  const copy = Buffer.from(bytes);
  copy.writeUInt8(copy.readUInt8(at) ^ (1 << random.below(8)), at);
  return { what: `a bit of byte ${at} of ${bytes.length} flipped`, bytes: copy };
};
const withoutFooter: Way = (bytes, random) => {
  const at = Math.max(0, bytes.length - FOOTER);
  return random.once(2)
    ? { what: 'without its footer', bytes: Buffer.from(bytes.subarray(0, at)) }
    : { what: 'with zeros for a footer', bytes: withZeros(bytes, at, bytes.length - at) };
};

/** Zeros in one of the parts of a table file that are not entries. */
function withoutBlock(wanted: 'index' | 'metaindex' | 'rocksdb.range_del' | 'rocksdb.properties'): Way {
  return (bytes) => {
    const block = blocksOf(bytes).get(wanted);
    if (block === undefined) return undefined;
    return { what: `without its ${wanted}`, bytes: withZeros(bytes, block.offset, block.size) };
  };
}

const ANY: readonly [Way, ...Way[]] = [lost, cut, zeroed, flipped];
const OF_TABLE_FILES: readonly [Way, ...Way[]] = [
  ...ANY,
  withoutFooter,
  withoutBlock('index'),
  withoutBlock('metaindex'),
  withoutBlock('rocksdb.range_del'),
  withoutBlock('rocksdb.properties'),
];

/** Every file that is needed by itself in every way; then as many cases with several files as are asked for. */
export function* repairCases(image: RepairImage, random: Random, several: number): Generator<RepairCase> {
  const names = [...image.files.keys()].filter((name) => name !== 'WRITER' && !name.startsWith('OPTIONS'));
  const needed = names.filter((name) => !image.flushed.has(name));
  yield { name: 'nothing', changed: new Map() };
  for (const name of needed) {
    for (const way of waysOf(name)) {
      const one = damaged(image, name, way, random);
      if (one !== undefined) yield one;
    }
  }
  for (let i = 0; i < several; i++) {
    const changed = new Map<string, Buffer | null>();
    const told: string[] = [];
    const victims = random.once(2) ? headAndLog(needed, random) : [];
    while (victims.length < 2 || random.once(4)) victims.push(pick(random.once(3) ? names : needed, random));
    for (const name of new Set(victims)) {
      const one = damaged(image, name, random.of(waysOf(name)), random);
      if (one === undefined) continue;
      told.push(one.name);
      for (const [file, bytes] of one.changed) changed.set(file, bytes);
    }
    yield { name: told.join(', '), changed };
  }
}

/** What leads to the files, and the newest log: the worst that two losses can do. */
function headAndLog(names: readonly string[], random: Random): string[] {
  const heads = names.filter((name) => name === 'CURRENT' || name.startsWith('MANIFEST-'));
  const log = names.filter((name) => name.endsWith('.log')).at(-1);
  return log === undefined ? [pick(heads, random)] : [pick(heads, random), log];
}

function waysOf(name: string): readonly [Way, ...Way[]] {
  return name.endsWith('.sst') ? OF_TABLE_FILES : ANY;
}

function damaged(image: RepairImage, name: string, way: Way, random: Random): RepairCase | undefined {
  const whole = image.files.get(name);
  // Nothing can be taken from an empty file but itself.
  if (whole === undefined || (whole.length === 0 && way !== lost)) return undefined;
  const done = way(whole, random);
  if (done === undefined) return undefined;
  return { name: `${name} ${done.what}`, changed: new Map([[name, done.bytes]]) };
}

function withZeros(bytes: Buffer, from: number, size: number): Buffer {
  const copy = Buffer.from(bytes);
  copy.fill(0, from, from + size);
  return copy;
}

interface Block {
  readonly offset: number;
  readonly size: number;
}

/** Where the parts of a table file are, as its footer and its metaindex say. */
function blocksOf(bytes: Buffer): Map<string, Block> {
  const blocks = new Map<string, Block>();
  let at = bytes.length - FOOTER + 1;
  const number = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes.readUInt8(at++);
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  const handle = (): Block => ({ offset: number(), size: number() });
  const metaindex = handle();
  blocks.set('metaindex', metaindex);
  blocks.set('index', handle());
  const end = metaindex.offset + metaindex.size;
  const restarts = bytes.readUInt32LE(end - 4);
  at = metaindex.offset;
  let key = '';
  while (at < end - 4 - restarts * 4) {
    const [shared, rest, size] = [number(), number(), number()];
    key = key.slice(0, shared) + bytes.toString('latin1', at, at + rest);
    at += rest;
    const value = at;
    blocks.set(key, handle());
    at = value + size;
  }
  return blocks;
}

function pick(names: readonly string[], random: Random): string {
  const name = names[random.below(names.length)];
  if (name === undefined) throw new Error('there are no files');
  return name;
}
