// What waits for entries keeps its process running until they come: it is all that a process may have to do.
import { describe, expect, it } from 'vitest';
import { inAnotherProcess } from './processes.js';
import { temporary } from './support.js';

/** Ends with the word when it has got what comes later; a timer that keeps nothing running brings it about. */
const WAITS: readonly (readonly [string, string])[] = [
  ['a follow', `for await (const _ of wal.table('t').follow()) break;`],
  ['a follow of all tables', `for await (const _ of wal.follow()) break;`],
  ['a follow as a stream', `for await (const _ of Readable.from(wal.table('t').follow())) break;`],
  [
    'a consumer',
    `const consumer = await wal.consumer('c', { tables: wal.table('t') });
     for await (const _ of consumer) break;`,
  ],
  ['whoever waits for stable storage', `await wal.table('t').durable(1n);`],
];

describe('a process that has nothing else to do keeps running', () => {
  it.each(WAITS)('while %s waits, until that has come', async (_what, wait) => {
    expect(await run('wal.table("t").append(new Uint8Array(1))', wait)).toEqual({
      code: 0,
      output: 'got it\n',
    });
  });

  it.each(WAITS)('while %s waits, until the log is closed', async (_what, wait) => {
    expect(await run('wal.close()', `try { ${wait} } catch {}`)).toEqual({ code: 0, output: 'got it\n' });
  });
});

async function run(later: string, wait: string): Promise<{ code: number | null; output: string }> {
  const { code, output } = await inAnotherProcess(`
    import { Readable } from 'node:stream';
    const wal = await openWal(${JSON.stringify(await temporary())}, { syncWithinMs: 0 });
    setTimeout(async () => { await ${later}; }, 20).unref();
    ${wait}
    console.log('got it');`);
  return { code, output };
}
