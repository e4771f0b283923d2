// What is compressed comes out as it was, whatever the pieces it comes in; what is damaged or ends too early is told.
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type Compression, compressionOf } from '../../dist/ingest/compression.js';
import { decompressed } from '../../dist/ingest/decompress.js';

const TEXT = Array.from({ length: 12 }, (_, i) => `{"host":"web-${i + 1}","v":${(i + 1) * 7}}\n`).join('');
/** The same text, compressed with a checksum and without one. */
const CHECKED = Buffer.from(
  'KLUv/WQiAJ0CAKLDDBGg7V5t6IP/sB/9SiLGBBXAPGDy2fc/epwYZMpBvWwKKYe/hL9gdlKoQS/Uipr0ucZUBhaoEJDe/wzA4wEQXBY3wQciHz9obNxTsMUYNacUqdhF6Q==',
  'base64',
);
const UNCHECKED = Buffer.from(
  'KLUv/WAiAE0DAGQDeyJob3N0Ijoid2ViLTEiLCJ2Ijo3fQoyMTQzMjE0ODUzNTY0Mjc5ODU2OTYzMTAwMTE4NH0KFgB2y6RuCOhGHNE625qsgd7AIEBHMDDQBWQXdAQDA72BQUA/kDHQGxjEzo5gYPWYYg==',
  'base64',
);
const SKIPPED = Buffer.from('5a2a4d180400000061626364', 'hex');
/** A frame of one block that stands as it is, and one of a byte that is repeated. */
const RAW = Buffer.from('28b52ffd200319000061620a', 'hex');
const REPEATED = Buffer.from('28b52ffd20052b00000a', 'hex');

async function* cut(bytes: Buffer, size: number): AsyncGenerator<Buffer, void, undefined> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function textOf(
  bytes: Buffer,
  compression: Compression,
  size = 1 << 20,
  isCut = false,
): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of decompressed(cut(bytes, size), compression, () => isCut)) parts.push(part);
  return Buffer.concat(parts).toString();
}

const INPUTS: readonly (readonly [string, Compression, Buffer, string])[] = [
  ['gzip', 'gzip', gzipSync(TEXT), TEXT],
  [
    'gzip, two parts and zeros behind',
    'gzip',
    Buffer.concat([gzipSync(TEXT), gzipSync('x\n'), Buffer.alloc(9)]),
    `${TEXT}x\n`,
  ],
  ['gzip of nothing', 'gzip', gzipSync(''), ''],
  ['brotli', 'brotli', brotliCompressSync(TEXT), TEXT],
  ['zstd with a checksum', 'zstd', CHECKED, TEXT],
  ['zstd without one', 'zstd', UNCHECKED, TEXT],
  [
    'zstd, several frames and what is to be skipped',
    'zstd',
    Buffer.concat([SKIPPED, CHECKED, SKIPPED, RAW, UNCHECKED, REPEATED, SKIPPED]),
    `${TEXT}ab\n${TEXT}\n\n\n\n\n`,
  ],
];

describe('a compressed input', () => {
  it.each(INPUTS)(
    '(%s) comes out as it was, whatever its pieces',
    async (_what, compression, bytes, text) => {
      for (const size of [1, 2, 3, 17, 1 << 20]) expect(await textOf(bytes, compression, size)).toBe(text);
    },
  );

  it.each(INPUTS)(
    '(%s) that ends too early is told, but not where it was stopped',
    async (_what, compression, bytes) => {
      const whole = bytes.subarray(0, bytes.length - (compression === 'gzip' ? 9 : 1));
      await expect(textOf(whole.subarray(0, -1), compression)).rejects.toMatchObject({ code: 'CLI_INPUT' });
      await textOf(whole.subarray(0, -1), compression, 5, true);
    },
  );

  it('takes the memory of some blocks, however much text a small part of it stands for', async () => {
    const blocks = 4000;
    // Each is a byte that is repeated 128 KiB times, in four bytes.
    const block = Buffer.alloc(4);
    block.writeUInt32LE(('a'.charCodeAt(0) << 24) | (131_072 << 3) | (1 << 1));
    const many = Buffer.concat([Buffer.from('28b52ffd0038', 'hex'), Buffer.alloc(4 * blocks, block)]);
    const before = process.memoryUsage().external;
    for await (const part of decompressed(cut(many, many.length), 'zstd', () => true)) {
      expect(part.length).toBeGreaterThan(0);
      break;
    }
    expect(process.memoryUsage().external - before).toBeLessThan(16 << 20);
  });

  it('that is damaged is told: gzip and zstd by their checksums', async () => {
    for (const [compression, bytes] of [
      ['gzip', gzipSync(TEXT)],
      ['zstd', CHECKED],
    ] as const) {
      for (let at = 4; at < bytes.length; at += 1) {
        const other = Buffer.from(bytes);
        other[at] = (other[at] ?? 0) ^ 4;
        const text = await textOf(other, compression).catch((error: { code?: string }) => error.code);
        // The header has bytes that mean nothing, such as the time of a file.
        expect([TEXT, 'CLI_INPUT']).toContain(text);
      }
    }
  });

  it.each([
    ['gzip', gzipSync(TEXT)],
    ['brotli', brotliCompressSync(TEXT)],
    ['zstd', CHECKED],
  ] as const)('(%s) with something else behind it is told', async (compression, bytes) => {
    for (const size of [3, 1 << 20]) {
      const joined = Buffer.concat([bytes, Buffer.from('plain text\n')]);
      await expect(textOf(joined, compression, size)).rejects.toMatchObject({ code: 'CLI_INPUT' });
    }
  });

  it('that asks for more than 128 MiB to look back at is refused', async () => {
    await expect(textOf(Buffer.from('28b52ffd00900100000000', 'hex'), 'zstd')).rejects.toThrow(/window/);
  });
});

describe('how an input is compressed', () => {
  const inPipe = (program: string) => `${program} x | shale`;
  const found = (head: Buffer, said?: Compression | 'none') => compressionOf(said, head, inPipe);

  it('is told by its first bytes, or said', () => {
    expect(found(gzipSync(TEXT))).toBe('gzip');
    expect(found(CHECKED)).toBe('zstd');
    expect(found(SKIPPED)).toBe('zstd');
    expect(found(Buffer.from(TEXT))).toBeUndefined();
    expect(found(Buffer.alloc(0))).toBeUndefined();
    expect(found(gzipSync(TEXT), 'none')).toBeUndefined();
    expect(found(Buffer.from(TEXT), 'brotli')).toBe('brotli');
  });

  it.each([
    ['xz', 'fd377a585a0000'],
    ['bzip2', '425a6836314159265359'],
    ['lz4', '04224d18'],
    ['unzip', '504b0304'],
  ])('is refused where it is for %s, with a command that takes it', (name, head) => {
    expect(() => found(Buffer.from(head, 'hex'))).toThrow(new RegExp(`${name} decompresses it`));
  });
});
