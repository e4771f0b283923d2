// Measures POST of the service beside the same service with other places to put what it takes: each a process of its own,
// and so is the client.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Service } from './service.js';

const pathOf = (/** @type {string} */ file) => fileURLToPath(new URL(file, import.meta.url));

/** An address where nobody listens. */
const AWAY = 'postgres://nobody@127.0.0.1:1/nothing';

const VARIANTS = [
  { name: 'a file, group commit', program: pathOf('./rivals/file.js'), stores: false },
  { name: 'Shale, PostgreSQL away', program: undefined, stores: false },
  { name: 'Shale, storing in PostgreSQL meanwhile', program: undefined, stores: true },
  { name: 'PostgreSQL directly', program: pathOf('./rivals/direct.js'), stores: true },
];

/**
 * @typedef {{ connections: number, events: number, seconds: number }} Load
 * @typedef {{ requests: number, p50: number, p99: number, failed: number }} Outcome a second, milliseconds, in all
 */

/**
 * A table in Markdown: medians of rounds in which all variants take their turns.
 *
 * @param {import('./postgres.js').Postgres} postgres @param {Load} load @param {number} rounds
 */
export async function bench(postgres, load, rounds) {
  /** @type {Outcome[][]} */
  const outcomes = VARIANTS.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, variant] of VARIANTS.entries()) outcomes[i]?.push(await measure(postgres, variant, load));
  }
  const rows = VARIANTS.map(({ name }, i) => {
    const of = (/** @type {keyof Outcome} */ key) =>
      median((outcomes[i] ?? []).map((outcome) => outcome[key]));
    const events = Math.round((of('requests') * load.events) / 100) / 10;
    return `| ${name} | ${events} k/s | ${of('p50')} ms | ${of('p99')} ms |`;
  });
  const failed = outcomes.flat().reduce((sum, outcome) => sum + outcome.failed, 0);
  return [
    `| ${load.connections} connections, ${load.events} events a batch | events | p50 | p99 |`,
    '|---|---:|---:|---:|',
    ...rows,
    ...(failed > 0 ? [`${failed} requests failed.`] : []),
  ].join('\n');
}

/** @param {import('./postgres.js').Postgres} postgres @param {typeof VARIANTS[number]} variant @param {Load} load */
async function measure(postgres, { program, stores }, load) {
  await postgres.query('DROP TABLE IF EXISTS events, positions, direct_events');
  const directory = mkdtempSync(join(tmpdir(), 'shale-ingest-'));
  const settings = { LOG_DIRECTORY: directory, DATABASE_URL: stores ? postgres.url : AWAY };
  const service = new Service(settings, program);
  try {
    const url = await service.listening;
    await runClient(url, { ...load, seconds: 2 }); // until it is warm
    return await runClient(url, load);
  } finally {
    await service.end('SIGKILL');
    rmSync(directory, { recursive: true, force: true });
  }
}

/** @param {string} url @param {Load} load @returns {Promise<Outcome>} */
async function runClient(url, load) {
  const args = [pathOf('./client.js'), url, JSON.stringify(load)];
  const client = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  client.stdout.on('data', (chunk) => {
    text += chunk;
  });
  await new Promise((resolve) => client.once('close', resolve));
  return JSON.parse(text);
}

/** @param {number[]} numbers */
function median(numbers) {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}
