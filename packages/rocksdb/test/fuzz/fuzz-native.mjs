// Fuzzes the addon's reading of the buffers of a bulk write under the address sanitizer: with libFuzzer, guided
// by coverage, where clang++ brings it, otherwise with a small driver and whatever compiler builds the addon.
//
//   node test/fuzz/fuzz-native.mjs [--seconds=N] [--runs=N] [--seed=N]
//
// Goes on for so many seconds, or runs (default 10000). Environment: FUZZ_CXX, a clang++ with libFuzzer.
import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { BuildFailure, execute, findCompiler, sourceFolder } from '../../scripts/toolchain.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const folder = join(here, '..', '..', 'build', 'fuzz');
const { values } = parseArgs({
  options: {
    seconds: { type: 'string' },
    runs: { type: 'string' },
    seed: { type: 'string', default: String(randomInt(2 ** 31)) },
  },
});
const target = join(here, 'write_target.cc');
const flags = ['-std=c++17', '-O1', '-g', '-fno-omit-frame-pointer', '-Wall', '-Wextra', `-I${sourceFolder}`];

/** One run and its entries, as the engine sends them; and two, of which one is stepped over and one goes down. */
function seeds() {
  const run = (count, flagBits, first) => {
    const bytes = Buffer.alloc(32);
    bytes[0] = 1;
    bytes[18] = flagBits;
    bytes.writeUInt32LE(count, 20);
    bytes.writeBigUInt64LE(first, 24);
    return bytes;
  };
  const input = (runs, lengths) => {
    const head = Buffer.alloc(4);
    head.writeUInt16LE(runs.length * 32, 0);
    head.writeUInt16LE(lengths.length * 4, 2);
    const numbers = Buffer.from(Uint32Array.from(lengths).buffer);
    return Buffer.concat([head, ...runs, numbers, Buffer.alloc(lengths.reduce((sum, one) => sum + one, 0))]);
  };
  return [
    input([], []),
    input([run(3, 0, 7n)], [1, 5, 2]),
    input([run(2, 1, 0n), run(2, 2, 1n), run(1, 0, 2n ** 64n - 1n)], [3, 1, 1, 9, 4]),
  ];
}

/** Builds with libFuzzer; undefined when there is none. */
async function buildGuided() {
  const output = join(folder, 'write-guided');
  for (const command of process.env.FUZZ_CXX ? [process.env.FUZZ_CXX] : ['clang++', 'clang++-14']) {
    if (spawnSync(command, ['--version']).status !== 0) continue;
    try {
      await execute({ command, args: [] }, [...flags, '-fsanitize=fuzzer,address', target, '-o', output]);
      return output;
    } catch (error) {
      // A clang without its runtime libraries, as Debian's is unless libclang-rt-dev is there.
      if (!(error instanceof BuildFailure) || process.env.FUZZ_CXX) throw error;
    }
  }
  return undefined;
}

/** Builds with the small driver; without the sanitizer where the compiler has no library for it. */
async function buildStandalone() {
  const output = join(folder, 'write-standalone');
  const compiler = findCompiler();
  const args = [...flags, target, join(here, 'standalone.cc'), '-o', output];
  try {
    await execute(compiler, ['-fsanitize=address', ...args]);
    return { program: output, note: 'not guided (no libFuzzer here)' };
  } catch (error) {
    if (!(error instanceof BuildFailure)) throw error;
    await execute(compiler, args);
    return { program: output, note: 'not guided, and without a sanitizer: none is here' };
  }
}

function run(program, args) {
  const { status, signal, stdout, stderr } = spawnSync(program, args, {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  if (status === 0) return `${stdout}${stderr}`;
  console.error(`${stdout}${stderr}`.slice(-8000));
  console.error(
    `It ended with ${signal ?? status}. The seed was ${values.seed}: ${[program, ...args].join(' ')}`,
  );
  process.exitCode = 1;
  return '';
}

const corpus = join(folder, 'write-corpus');
mkdirSync(corpus, { recursive: true });
for (const [i, seed] of seeds().entries()) writeFileSync(join(corpus, `seed-${i}`), seed);
const files = readdirSync(corpus).map((name) => join(corpus, name));
const seconds = values.seconds === undefined ? undefined : Number(values.seconds);
const guided = values.runs === undefined || seconds !== undefined ? await buildGuided() : undefined;
if (guided !== undefined) {
  const limit = seconds === undefined ? '-runs=10000' : `-max_total_time=${seconds}`;
  const output = run(guided, [
    corpus,
    limit,
    `-seed=${values.seed}`,
    '-max_len=4096',
    `-artifact_prefix=${folder}/`,
  ]);
  const done = /Done (\d+) runs/.exec(output)?.[1];
  if (done !== undefined)
    console.log(`native-write: ${done} inputs, guided by libFuzzer, seed ${values.seed}`);
} else {
  const { program, note } = await buildStandalone();
  const until = performance.now() + (seconds ?? 0) * 1000;
  const runs = Number(values.runs ?? 10_000);
  let inputs = 0;
  let seed = Number(values.seed);
  do {
    if (run(program, [String(runs), String(seed++), ...files]) === '') break;
    inputs += runs;
  } while (performance.now() < until);
  console.log(`native-write: ${inputs} inputs, ${note}, seed ${values.seed}`);
}
