import { Writable } from 'node:stream';
import { createColors } from 'picocolors';
import { describe, expect, it } from 'vitest';
import { grid } from '../../dist/output/grid.js';
import { toJson } from '../../dist/output/json.js';
import { OutputStream } from '../../dist/output/output-stream.js';
import { wantsColor } from '../../dist/output/terminal.js';
import { formatBytes, formatCount, formatDuration, formatRate, plural } from '../../dist/output/units.js';
import { entryAsJson, entryAsRow, printable } from '../../dist/read/entry-format.js';

describe('JSON output', () => {
  it('writes integers of any size exactly', () => {
    expect(toJson({ a: 18446744073709551615n, b: [1n, null, undefined], c: undefined, d: 'x"' })).toBe(
      '{"a":18446744073709551615,"b":[1,null,null],"d":"x\\""}',
    );
  });

  it('says how a payload is encoded', () => {
    expect(entryAsJson({ sequence: 2n ** 63n, payload: Buffer.from('ü\n') })).toBe(
      '{"sequence":9223372036854775808,"encoding":"utf8","payload":"ü\\n"}',
    );
    expect(entryAsJson({ sequence: 1n, payload: new Uint8Array([0xff, 0]) })).toBe(
      '{"sequence":1,"encoding":"base64","payload":"/wA="}',
    );
  });
});

describe('standard output', () => {
  it('says whose disk is full when it cannot take more', async () => {
    const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    const out = new OutputStream(new Writable({ write: (_chunk, _encoding, done) => done(full) }));
    await out.write('x'.repeat(100_000))?.catch(() => undefined);
    await expect(out.flush()).rejects.toMatchObject({
      code: 'CLI_OUTPUT_FULL',
      exitCode: 10,
      hint: expect.stringContaining('The log is not affected'),
      cause: full,
    });
  });
});

describe('figures for people', () => {
  it('have units and separators', () => {
    expect([0, 1023, 1536, 5e9].map(formatBytes)).toEqual(['0 B', '1023 B', '1.5 KiB', '4.7 GiB']);
    expect([1.5, 412, 8100, 125_000, 12_000_000].map(formatDuration)).toEqual([
      '1.5 ms',
      '412 ms',
      '8.1 s',
      '2 m 05 s',
      '3 h 20 m',
    ]);
    expect([12, 9999, 123_456, 1_240_000, Number.NaN].map(formatRate)).toEqual([
      '12/s',
      '9,999/s',
      '123k/s',
      '1.24 M/s',
      '-',
    ]);
    expect(formatCount(18446744073709551615n)).toBe('18,446,744,073,709,551,615');
    expect([plural(1, 'line'), plural(2n, 'entry', 'entries')]).toEqual(['1 line', '2 entries']);
  });

  it('stand in aligned columns without borders', () => {
    const text = grid(
      [{ title: 'name' }, { title: 'n', align: 'right' }],
      [
        ['a', '1'],
        ['bb', '10'],
      ],
      (head) => head,
    );
    expect(text).toBe('name   n\na      1\nbb    10');
  });
});

describe('entries for people', () => {
  it('cannot control the terminal', () => {
    expect(printable(Buffer.from('a\x1b[31m\tb\nc\u0085'), 80)).toBe('a\ufffd[31m b\u240ac\ufffd');
  });

  it('are cut to the width, and shown in hexadecimal when they are not text', () => {
    expect(printable(Buffer.from('x'.repeat(1000)), 20)).toBe(`${'x'.repeat(19)}…`);
    expect(printable(new Uint8Array([0xff, 1]), 20)).toBe('0xff01');
    expect(
      entryAsRow(
        { sequence: 7n, payload: Buffer.from('p') },
        { width: 80, colors: createColors(false), digits: 3 },
      ),
    ).toBe('  7  p');
  });
});

describe('colours', () => {
  it('are for terminals, unless the environment says otherwise', () => {
    expect(wantsColor({}, true)).toBe(true);
    expect(wantsColor({}, false)).toBe(false);
    expect(wantsColor({ NO_COLOR: '1' }, true)).toBe(false);
    expect(wantsColor({ NO_COLOR: '' }, true)).toBe(true);
    expect(wantsColor({ TERM: 'dumb' }, true)).toBe(false);
    expect(wantsColor({ FORCE_COLOR: '1' }, false)).toBe(true);
    expect(wantsColor({ FORCE_COLOR: '1', NO_COLOR: '1' }, false)).toBe(false);
  });
});

describe('standard output', () => {
  it('tells a closed pipe as such', async () => {
    const stream = new Writable({
      write: (_chunk, _encoding, done) => done(Object.assign(new Error('gone'), { code: 'EPIPE' })),
    });
    const output = new OutputStream(stream);
    await output.write('x');
    await expect(output.flush()).rejects.toThrow(expect.objectContaining({ name: 'ClosedPipeError' }));
    expect(() => output.write('y')).toThrow(expect.objectContaining({ name: 'ClosedPipeError' }));
  });

  it('waits for its reader once enough is waiting', async () => {
    const written: Buffer[] = [];
    const stream = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        written.push(chunk);
        done();
      },
    });
    const output = new OutputStream(stream);
    expect(output.write('a')).toBeUndefined();
    await output.write(Buffer.alloc(100_000));
    expect(written.map((chunk) => chunk.length)).toEqual([100_001]);
  });
});
