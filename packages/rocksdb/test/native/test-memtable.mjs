// The model test of the memtable made for logs: random operations on it, on RocksDB's skip list and on a model, beside
// readers and through crashes. Links the floors of the addon below napi/, a library without Node.
//
//   node test/native/test-memtable.mjs [--sanitize=none|address|thread] [--seed=N] [--scale=N] [--rounds=N]
//
// Without --sanitize it runs all three. The seed is random unless given, and is printed; so is how to repeat a round.
// --scale is how much each round does (default 1: some seconds without a sanitizer), --rounds how many there are, each
// with a seed of its own (default 1). Builds into build/memtable what has changed since.
import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { isBelowNode } from '../../scripts/floors.mjs';
import {
  addonSources,
  BuildFailure,
  compileAll,
  digest,
  execute,
  filesIn,
  findCompiler,
  findRocksDB,
  findVersion,
  flagsFor,
  removeOtherObjects,
  sourceFolder,
} from '../../scripts/toolchain.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(dirname(here));
const { values } = parseArgs({
  options: {
    sanitize: { type: 'string' },
    seed: { type: 'string' },
    scale: { type: 'string', default: '1' },
    rounds: { type: 'string', default: '1' },
  },
});

/** Builds the test if anything has changed; gives the path of the program. */
async function build(compiler, rocksdb, version, sanitizer) {
  const { compile } = flagsFor(rocksdb, version, sanitizer);
  // What the test checks with assert() in RocksDB's headers, it checks here.
  const flags = [...compile.filter((flag) => flag !== '-DNDEBUG'), '-g'];
  const link = [...(sanitizer ? [`-fsanitize=${sanitizer}`] : []), ...rocksdb.link, '-pthread'];
  const folder = join(root, 'build', 'memtable', sanitizer ?? 'none');
  const headers = [sourceFolder, here].flatMap((place) => filesIn(place, '.h'));
  const common = digest(
    compiler.command,
    compiler.args,
    compiler.version,
    version.text,
    flags,
    headers.map((path) => readFileSync(path, 'utf8')),
  );
  const sources = filesIn(here, '.cc').map((path) => {
    const name = basename(path);
    const hash = digest(common, readFileSync(path, 'utf8')).slice(0, 16);
    return { name, path, flags, object: join(folder, `${name}.${hash}.o`) };
  });
  const library = addonSources(compiler, rocksdb, version, sanitizer).filter(({ floor }) =>
    isBelowNode(floor),
  );
  await compileAll(compiler, [...library, ...sources], console.error);
  const program = join(folder, 'model-test');
  // Another run may be using the program: it keeps the old file.
  const temporary = `${program}.${process.pid}.tmp`;
  const objects = [...sources, ...library].map((source) => source.object);
  await execute(compiler, [...objects, ...link, '-o', temporary]);
  renameSync(temporary, program);
  removeOtherObjects(sources);
  return program;
}

/** One round; true if all went well. */
function run(program, sanitizer, seed) {
  const folder = mkdtempSync(join(tmpdir(), 'shale-memtable-'));
  const suppressions = join(here, 'tsan.supp');
  try {
    const { status, signal } = spawnSync(program, [folder, String(seed), values.scale], {
      stdio: 'inherit',
      env: { ...process.env, TSAN_OPTIONS: `suppressions=${suppressions} halt_on_error=1` },
    });
    if (status === 0) return true;
    console.error(`\nFailed (${signal ?? `exit code ${status}`}). To repeat it:`);
    const sanitize = `--sanitize=${sanitizer ?? 'none'}`;
    console.error(
      `    pnpm --filter @shale/rocksdb test:memtable ${sanitize} --seed=${seed} --scale=${values.scale}`,
    );
    return false;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function numberOf(name, text) {
  const number = Number(text);
  if (!(number > 0)) throw new BuildFailure(`--${name} must be a number above 0, and is ${text}.`);
  return number;
}

async function main() {
  if (values.sanitize !== undefined && !['none', 'address', 'thread'].includes(values.sanitize)) {
    throw new BuildFailure(`--sanitize must be none, address or thread, and is ${values.sanitize}.`);
  }
  const sanitizers = values.sanitize === undefined ? ['none', 'address', 'thread'] : [values.sanitize];
  const firstSeed = values.seed === undefined ? randomInt(1, 2 ** 31) : numberOf('seed', values.seed);
  numberOf('scale', values.scale);
  const rounds = numberOf('rounds', values.rounds);
  const compiler = findCompiler();
  const rocksdb = findRocksDB();
  const version = findVersion(compiler, rocksdb);
  for (const name of sanitizers) {
    const sanitizer = name === 'none' ? undefined : name;
    const program = await build(compiler, rocksdb, version, sanitizer);
    for (let round = 0; round < rounds; round++) {
      const seed = firstSeed + round;
      console.log(`sanitizer ${name}, seed ${seed}, scale ${values.scale}, RocksDB ${version.text}`);
      if (!run(program, sanitizer, seed)) return 1;
    }
  }
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof BuildFailure ? error.message : error);
  process.exitCode = 2;
}
