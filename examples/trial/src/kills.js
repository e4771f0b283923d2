// Kills the service at random moments under load, and compares what is stored with what it acknowledged.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { compare } from './compare.js';
import { makeHiccups } from './hiccups.js';
import { Producers } from './producers.js';
import { Service } from './service.js';

/** A kill comes at a random moment within so many batches. */
const BATCHES = 1000;
/** Every so many kills one comes while the service starts, within so many milliseconds. */
const AT_START = { every: 4, withinMs: 500 };

/**
 * @param {object} options
 * @param {import('./postgres.js').Postgres} options.postgres a new one
 * @param {number} options.kills of the service; PostgreSQL is crashed once, halfway
 * @param {(line: string) => void} [options.say]
 */
export async function runKills({ postgres, kills, say = () => {} }) {
  await makeHiccups(postgres);
  const directory = mkdtempSync(join(tmpdir(), 'shale-ingest-'));
  const settings = { LOG_DIRECTORY: directory, DATABASE_URL: postgres.url, KEEP_BATCHES: '100' };
  const producers = new Producers(16);
  let service = new Service(settings);
  try {
    for (let kill = 1; kill <= kills; kill++) {
      if (kill % AT_START.every === 0) {
        await sleep(Math.random() * AT_START.withinMs);
      } else {
        producers.sendTo(await service.listening);
        await someBatches(producers, service);
      }
      service.requireRunning();
      if (kill === Math.ceil(kills / 2)) await postgres.crash();
      await service.end('SIGKILL');
      producers.sendTo(null);
      const { batches, acknowledgedEvents } = producers;
      say(`kill ${kill}: ${batches.length} batches sent, ${acknowledgedEvents} events acknowledged`);
      service = new Service(settings);
    }
    producers.sendTo(await service.listening);
    await someBatches(producers, service);
    await producers.stop();
    await allIsStored(service);
    const how = await service.end('SIGTERM');
    const wrong = await compare(postgres, producers.batches);
    if (how !== 0) wrong.push(`told to end, the service ended with ${how}`);
    return { batches: producers.batches, acknowledgedEvents: producers.acknowledgedEvents, wrong };
  } finally {
    await service.end('SIGKILL');
    await producers.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** @param {Producers} producers @param {Service} service */
async function someBatches(producers, service) {
  const enough = producers.batches.length + Math.random() * BATCHES;
  while (producers.batches.length < enough) {
    service.requireRunning();
    await sleep(Math.random() * 10);
  }
}

/** Resolves when the service says that nothing waits in the log. @param {Service} service */
async function allIsStored(service) {
  for (;;) {
    service.requireRunning();
    const metrics = await (await fetch(`${await service.listening}/metrics`)).text();
    if (/^ingest_batches_behind 0$/m.test(metrics)) return;
    await sleep(50);
  }
}
