import { describe, expect, it } from 'vitest';
import { Chain } from '../../dist/demo/chain.js';
import { Ledger } from '../../dist/demo/ledger.js';
import {
  type Emit,
  parseDiskstats,
  parseLoadavg,
  parseMeminfo,
  parseNetDev,
  parseStat,
  parseVmstat,
} from '../../dist/demo/parse-proc.js';
import { Sampler, sampleOs } from '../../dist/demo/sampler.js';

function collected(parse: (emit: Emit) => void): Record<string, string> {
  const series: Record<string, string> = {};
  parse((name, value) => {
    expect(Number.isFinite(Number(value)), `${name} is ${value}`).toBe(true);
    series[name] = value;
  });
  return series;
}

describe('series of this machine', () => {
  it('come out of the files of /proc', () => {
    expect(
      collected((emit) =>
        parseStat('cpu  1 2 3 4\ncpu0 5 6 7 8 9 10 11 12 0 0\nctxt 99\nintr 7 1 2\n', emit),
      ),
    ).toMatchObject({
      'cpu.user': '1',
      'cpu0.idle': '8',
      'cpu0.steal': '12',
      'kernel.ctxt': '99',
      'kernel.intr': '7',
    });
    expect(collected((emit) => parseMeminfo('MemFree:   12 kB\nActive(anon): 3 kB\n', emit))).toEqual({
      'mem.MemFree': '12',
      'mem.Active_anon_': '3',
    });
    expect(collected((emit) => parseVmstat('nr_free 5\n', emit))).toEqual({ 'vm.nr_free': '5' });
    expect(collected((emit) => parseLoadavg('0.1 0.2 0.3 1/2 3\n', emit))).toEqual({
      'load.1m': '0.1',
      'load.5m': '0.2',
      'load.15m': '0.3',
    });
    expect(
      collected((emit) => parseDiskstats(' 7 0 loop0 1 1\n 8 0 sda 1 2 3 4 5 6 7 8 9 10 11\n', emit)),
    ).toMatchObject({ 'disk.sda.reads': '1', 'disk.sda.io_ms': '10' });
    expect(collected((emit) => parseNetDev('head\n eth0: 1 2 3 4 0 0 0 0 5 6 7 8 0\n', emit))).toMatchObject({
      'net.eth0.rx_bytes': '1',
      'net.eth0.tx_drops': '8',
    });
  });

  it('are many here and now, and every name comes once per sample', () => {
    const sampler = new Sampler();
    const names: string[] = [];
    sampler.sample((name) => names.push(name));
    sampler.close();
    expect(new Set(names).size).toBe(names.length);
    expect(names.length).toBeGreaterThan(5);
  });

  it('come from node:os where there is no /proc', () => {
    expect(Object.keys(collected(sampleOs))).toEqual(
      expect.arrayContaining(['cpu0.user', 'mem.free', 'load.15m']),
    );
  });
});

describe('the chain over entries', () => {
  const chain = (...entries: string[]) => {
    const result = new Chain();
    for (const entry of entries) result.add(Buffer.from(entry));
    return result.digest();
  };

  it('differs when an entry is missing, changed, moved or split', () => {
    const whole = chain('a', 'b', 'c');
    expect(chain('a', 'b', 'c')).toBe(whole);
    for (const other of [chain('a', 'b'), chain('a', 'x', 'c'), chain('a', 'c', 'b'), chain('ab', 'c')])
      expect(other).not.toBe(whole);
  });
});

describe('the ledger', () => {
  it('holds what was acknowledged last', () => {
    const ledger = new Ledger();
    ledger.take({ newTables: ['a', 'b'], acknowledged: [[0, '3', 'x']], entries: 3, loopDelayMs: 1 });
    ledger.take({
      newTables: ['c'],
      acknowledged: [
        [0, '5', 'y'],
        [2, '1', 'z'],
      ],
      entries: 6,
      loopDelayMs: 2,
    });
    expect(ledger.tables).toEqual([
      { name: 'a', last: 5n, chain: 'y' },
      { name: 'c', last: 1n, chain: 'z' },
    ]);
    expect(ledger.acknowledgedEntries).toBe(6n);
  });
});
