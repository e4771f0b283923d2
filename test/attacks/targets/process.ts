// The process of the attack on targets: two logs, and calls as they are ordered, several at a time.
import { createInterface } from 'node:readline';
import { WalError } from '@shale/engine';
import { type Log, listBackups, openLog, restoreBackup } from '@shale/storage';
import type { Order, Outcome, Said } from './orders.js';

const ID = { region: 1n, table: 1n };
const BATCH = Array.from({ length: 20 }, () => new Uint8Array(2000));

const [backups = '', ...paths] = process.argv.slice(2);
const logs = await Promise.all(paths.map((path) => openLog(path)));
const entries = () => logs.map((log) => Number(log.lastSequence(ID)));

function say(said: Said): void {
  process.stdout.write(`${JSON.stringify(said)}\n`);
}

async function carryOut(log: Log, { call, to, keep }: Order): Promise<Outcome> {
  try {
    if (call === 'backup') return { id: (await log.backup(to, { keep })).id };
    if (call === 'checkpoint') await log.checkpoint(to);
    else {
      const own = (await listBackups(backups)).backups.findLast(({ logPath }) => logPath === log.path)?.log;
      await restoreBackup(backups, to, { log: own ?? '' });
    }
    return { id: 0 };
  } catch (error) {
    if (error instanceof WalError) return { code: error.code };
    throw error;
  }
}

say({ say: 'opened', entries: entries() });
for await (const line of createInterface({ input: process.stdin })) {
  const orders = JSON.parse(line) as Order[];
  for (const log of logs) {
    log.append(ID, BATCH, { sync: false });
    await log.flush();
    log.append(ID, BATCH, { sync: false });
  }
  const before = entries();
  const running = orders.map((order) => carryOut(logs[order.log] as Log, order));
  say({ say: 'begun', entries: before });
  say({ say: 'done', outcomes: await Promise.all(running) });
}
for (const log of logs) await log.close();
