/*
 * `npm run fuzz -- [target ...] [--minutes N] [--seed S] [--save] [--only FILE]`: feeds changed inputs to what takes
 * bytes from outside, and keeps those that reach new code. All targets share the minutes. `--save` adds what was found
 * to the corpus in the repository; `--only` feeds one file to one target.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { keep } from './corpus.js';
import { runTarget } from './run.js';
import { TARGETS } from './targets/index.js';

/** More inputs than these, or longer ones, are not added to the corpus. */
const MOST_SAVED = 40;
const MOST_SAVED_BYTES = 2048;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string' },
    save: { type: 'boolean', default: false },
    only: { type: 'string' },
  },
});
/** The addon's part, which is C++ and has a fuzzer of its own. */
const NATIVE = 'native-write';
const known = [...TARGETS.map(({ name }) => name), NATIVE];
const unknown = positionals.find((name) => !known.includes(name));
if (unknown !== undefined) {
  console.error(`there is no target ${unknown}: there are ${known.join(', ')}`);
  process.exit(2);
}
const names = positionals.length > 0 ? positionals : known;
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
const milliseconds = (Number(values.minutes) * 60_000) / names.length;

for (const target of names) {
  if (target === NATIVE) {
    fuzzNative();
    continue;
  }
  try {
    const only = values.only === undefined ? {} : { only: new Uint8Array(readFileSync(values.only)) };
    const report = await runTarget({ target, seed, inputs: Number.POSITIVE_INFINITY, milliseconds, ...only });
    const { inputs, places, interesting } = report;
    console.log(
      `${target}: ${inputs} inputs, ${places} places reached, ${interesting.length} inputs reached new ones`,
    );
    if (!values.save) continue;
    const small = interesting.filter((input) => input.length <= MOST_SAVED_BYTES);
    for (const input of small.slice(0, MOST_SAVED)) keep(target, input);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    console.error(`The seed was ${seed}.`);
    process.exitCode = 1;
  }
}

function fuzzNative(): void {
  const script = fileURLToPath(
    new URL('../../../packages/rocksdb/test/fuzz/fuzz-native.mjs', import.meta.url),
  );
  const seconds = `--seconds=${Math.ceil(milliseconds / 1000)}`;
  const { status } = spawnSync(process.execPath, [script, seconds, `--seed=${seed}`], { stdio: 'inherit' });
  if (status !== 0) process.exitCode = 1;
}
