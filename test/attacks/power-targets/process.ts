// The process of the attack `power-targets`: a log that grows, and checkpoints, backups, restores and repairs
// meanwhile.
import { openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from '@shale/fault-kit';
import { openLog, repairDatabase, restoreBackup } from '@shale/storage';
import type { Making, Said } from './said.js';

const ID = { region: 1n, table: 1n };
const CALLS = 5;

const [root = '', journal = '', seed = ''] = process.argv.slice(2);
const random = new Random(Number(seed));
const lines = openSync(journal, 'a');
const say = (said: Said): void => {
  writeSync(lines, `${JSON.stringify(said)}\n`);
};

const log = await openLog(join(root, 'db'), {
  rocksdb: { writeBufferSize: 64 * 1024, targetFileSizeBase: 64 * 1024, level0FileNumCompactionTrigger: 3 },
});
let last = 0;
const grow = async (): Promise<void> => {
  for (let i = random.integer(1, 12); i > 0; i--) {
    const count = random.integer(1, 20);
    const payloads = Array.from({ length: count }, (_, at) =>
      Buffer.alloc(random.integer(8, 900), `${last + at + 1} `),
    );
    log.append(ID, payloads, { sync: true });
    last += count;
    say({ say: 'acknowledged', last });
  }
  if (random.chance(0.5)) await log.flush();
};

/** What each call has made that another may start from, with how much is in it. */
const made: { readonly path: string; readonly least: number }[] = [];
let newestBackup = 0;
for (let number = 0; number < CALLS; number++) {
  await grow();
  const possible: Making[] = ['checkpoint', 'backup'];
  if (newestBackup > 0) possible.push('restore', 'restore');
  if (made.length > 0) possible.push('repair', 'repair');
  const making = random.pick(possible);
  const from = making === 'repair' ? random.pick(made) : null;
  const to = making === 'backup' ? 'backups' : random.pick([`made-${number}`, `deep/er/made-${number}`]);
  const least = making === 'restore' ? newestBackup : (from?.least ?? last);
  const keep = making === 'backup' && random.chance(0.3) ? 1 : 0;
  say({ say: 'begun', number, making, to, least, keep });
  const target = join(root, to);
  let id = 0;
  // The log goes on growing meanwhile.
  const growing = grow();
  if (making === 'backup') {
    id = (await log.backup(target, keep === 0 ? {} : { keep })).id;
    newestBackup = least;
  } else {
    if (making === 'checkpoint') await log.checkpoint(target);
    else if (making === 'restore') await restoreBackup(join(root, 'backups'), target);
    else for await (const _ of repairDatabase(from?.path ?? '', target)) void _;
    made.push({ path: target, least });
  }
  say({ say: 'done', number, id });
  await growing;
}
await log.close();
