import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openWal } from '@shale/engine';
import { describe, expect, it } from 'vitest';
import { ok, scratch, shale, start, until } from '../support/shale.js';

const dir = scratch();
const { SHALE_CLI_KILLS = '5' } = process.env;
const KILLS = Number(SHALE_CLI_KILLS);
const LINES = 80_000;
const HOSTS = 40;

/** What the command complains of. That the end of the log was torn is news, after a kill, and no complaint. */
function complaints(stderr: string): string[] {
  return stderr
    .split('\n')
    .filter((line) => line.startsWith('shale:') && !line.includes('an unfinished end was dropped'));
}

describe('kill -9 at any moment', () => {
  it.each(['sync', 'os'] as const)(
    `(${KILLS} times, durability %s): --resume completes the ingest, every line once and in order`,
    async (durability) => {
      const data = join(dir, durability);
      const input = join(dir, `${durability}.ndjson`);
      const lines = Array.from({ length: LINES }, (_, i) => {
        // Hosts come and go, so that tables are met all along the way.
        const host = (i * 7919) % (1 + Math.floor((i * HOSTS) / LINES));
        return i % 997 === 0
          ? `malformed ${i}`
          : `{"host":"h${host}","i":${i},"pad":"${'x'.repeat(i % 90)}"}`;
      });
      writeFileSync(input, `${lines.join('\n')}\n`);
      // A table with entries of its own, before the ingest.
      await ok(['ingest', data, '-', '--table', 'h0'], { input: 'before\n' });

      let resumed = 0;
      for (let i = 0; i < KILLS; i += 1) {
        const resume = i === 0 ? [] : ['--resume'];
        const running = start([
          'ingest',
          data,
          input,
          '--table-by',
          'host',
          '--durability',
          durability,
          ...resume,
        ]);
        // Not before it writes: the start-up is long, and the moments of interest come after it.
        const begun = () => /rejected:|going on|nothing to resume/.test(running.stderr);
        await Promise.race([running.ended, until(begun, 'the beginning')]);
        // The first kill comes at once, for on a fast machine all may be in within the second.
        await Promise.race([running.ended, sleep(i === 0 ? 0 : Math.random() ** 2 * 1000)]);
        running.child.kill('SIGKILL');
        const { signal, stderr } = await running.ended;
        expect(complaints(stderr)).toEqual([]);
        if (signal !== 'SIGKILL') break;
        resumed += 1;
      }
      const { code, stdout, stderr } = await shale([
        'ingest',
        data,
        input,
        '--table-by',
        'host',
        '--resume',
        '--json',
      ]);
      expect(complaints(stderr)).toEqual([]);
      const bad = lines.filter((line) => line.startsWith('malformed'));
      expect([code, JSON.parse(stdout)]).toMatchObject([
        1,
        { outcome: 'complete', lines: LINES, entries: LINES - bad.length, rejected: bad.length },
      ]);
      expect(resumed).toBeGreaterThan(0);

      const byHost = new Map<string, string[]>([['h0', ['before']]]);
      for (const line of lines) {
        const host = /"host":"(\w+)"/.exec(line)?.[1];
        if (host === undefined) continue;
        const known = byHost.get(host) ?? [];
        known.push(line);
        byHost.set(host, known);
      }
      // Read in this process: a command per table would take most of the test's time.
      const wal = await openWal(data, { readOnly: true });
      for (const [host, expected] of byHost) {
        const found: string[] = [];
        for await (const { payload } of wal.table(host).read()) found.push(Buffer.from(payload).toString());
        // Compared as one string: a diff of a hundred thousand lines helps nobody.
        expect(found.join('\n') === expected.join('\n'), `table ${host}`).toBe(true);
      }
      await wal.close();
      const { rejectFile } = JSON.parse(stdout) as { rejectFile: string };
      const kept = readFileSync(rejectFile, 'utf8')
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { text: string }).text);
      expect(kept).toEqual(bad);
      expect((await shale(['verify', data])).code).toBe(0);
    },
  );
});
