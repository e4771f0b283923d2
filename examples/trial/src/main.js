// main.js [--kills 10], main.js bench [--connections 64] [--events 10] [--seconds 5] [--rounds 3]: starts a PostgreSQL of its
// own, and then kills the service under load and compares, or measures it.
import { parseArgs } from 'node:util';
import { bench } from './bench.js';
import { runKills } from './kills.js';
import { Postgres } from './postgres.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    kills: { type: 'string', default: '10' },
    connections: { type: 'string', default: '64' },
    events: { type: 'string', default: '10' },
    seconds: { type: 'string', default: '5' },
    rounds: { type: 'string', default: '3' },
  },
});

/** @param {Postgres} postgres */
async function kill(postgres) {
  const { batches, acknowledgedEvents, wrong } = await runKills({
    postgres,
    kills: Number(values.kills),
    say: console.log,
  });
  const count = (/** @type {string} */ outcome) =>
    batches.filter((batch) => batch.outcome === outcome).length;
  console.log(
    `${batches.length} batches: ${count('acknowledged')} acknowledged (${acknowledgedEvents} events), ` +
      `${count('refused')} refused, ${count('unknown')} without an answer.`,
  );
  for (const line of wrong.slice(0, 20)) console.log(`WRONG: ${line}`);
  if (wrong.length > 0) process.exitCode = 1;
  else console.log('Everything that was acknowledged is in PostgreSQL once, and nothing twice.');
}

const postgres = await Postgres.create();
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    void postgres.remove().finally(() => process.exit(1));
  });
}
try {
  if (positionals[0] === 'bench') {
    const { connections, events, seconds, rounds } = values;
    const load = { connections: Number(connections), events: Number(events), seconds: Number(seconds) };
    console.log(await bench(postgres, load, Number(rounds)));
  } else {
    await kill(postgres);
  }
} finally {
  await postgres.remove();
}
