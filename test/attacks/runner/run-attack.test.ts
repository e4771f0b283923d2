// What surrounds the attacks: failures are kept and can be repeated, and a site that lost something is found out.
import { spawnSync } from 'node:child_process';
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { metaKey, tableRange } from '@shale/codec';
import { openDatabase } from '@shale/rocksdb';
import { expect, test } from 'vitest';
import type { Attack } from '../../dist/attacks/parts/attack.js';
import { CrashSite } from '../../dist/attacks/parts/crash-site.js';
import { AttackFailed, runAttack } from '../../dist/attacks/runner/run-attack.js';

function attack(run: Attack['run']): Attack {
  return { name: 'test', summary: 'a test', unit: 'tests', longCount: 1, run };
}

/** What an attack failed with, and its directory, which goes afterwards. */
async function failing(
  run: Attack['run'],
  look: (failure: AttackFailed, directory: string) => Promise<void>,
) {
  let directory = '';
  const failed = runAttack(
    attack(async (context) => {
      directory = context.directory;
      return await run(context);
    }),
    { seed: 77, count: 3 },
  );
  const failure = await failed.then(
    () => null,
    (error: unknown) => error,
  );
  try {
    if (!(failure instanceof AttackFailed)) throw new Error(`it did not fail, but came to ${failure}`);
    await look(failure, directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

test('an attack that fails says how to repeat it, and keeps its directory', async () => {
  await failing(
    async ({ directory }) => {
      await writeFile(join(directory, 'left'), 'here');
      throw new Error('an entry is lost');
    },
    async (failure, directory) => {
      expect(failure.message).toContain('an entry is lost');
      expect(failure.message).toContain('npm run attack -- test --count 3 --seed 77');
      expect(failure.message).toContain(directory);
      expect(await readFile(join(directory, 'left'), 'utf8')).toBe('here');
      expect(await readFile(join(directory, 'failure.txt'), 'utf8')).toContain(failure.message);
    },
  );
});

test('an attack that succeeds leaves nothing behind', async () => {
  let directory = '';
  const figures = await runAttack(
    attack(async (context) => {
      directory = context.directory;
      return { done: context.count };
    }),
    { seed: 1, count: 3 },
  );
  expect(figures).toEqual({ done: 3 });
  await expect(stat(directory)).rejects.toThrow('ENOENT');
});

test('a database that loses what a killed process acknowledged fails its check, and is kept as it was', async () => {
  await failing(
    async ({ directory }) => {
      const site = new CrashSite(directory);
      for (let run = 0; run < 2; run++) {
        const workload = site.start({
          mix: { trim: 0, read: 0 },
          regions: 1,
          tables: 1,
          named: 0,
          inFlight: 8,
        });
        await workload.opened;
        while (((await workload.stats())?.acknowledged ?? 0) < 50) expect(workload.isAlive).toBe(true);
        await workload.kill();
        if (run === 1) {
          const database = await openDatabase(site.path);
          const { lower, upper } = tableRange(0, { region: 1n, table: 1000n });
          database.drop(lower, upper, metaKey(0, 1000n), { sync: true });
          await database.close();
        }
        await site.check();
      }
      return {};
    },
    async (failure, directory) => {
      expect(failure.message).toMatch(/lost: table 1\/1000, sequence 1 /);
      expect(await stat(join(directory, 'journal-2'))).toBeDefined();
      expect(await stat(join(directory, 'before-check', 'CURRENT'))).toBeDefined();
      await expect(stat(join(directory, 'journal-1'))).rejects.toThrow('ENOENT');
    },
  );
});

test('the command lists every attack, and refuses a count that makes no sense', () => {
  const main = fileURLToPath(new URL('../../dist/attacks/runner/main.js', import.meta.url));
  const run = (...args: string[]) => spawnSync(process.execPath, [main, ...args], { encoding: 'utf8' });
  const { stdout } = run('--help');
  for (const name of ['kill', 'worker', 'soak']) expect(stdout).toContain(name);
  const refused = run('kill', '--count', '0');
  expect(refused.status).toBe(1);
  expect(refused.stderr).toContain('It must be more than 0.');
});
