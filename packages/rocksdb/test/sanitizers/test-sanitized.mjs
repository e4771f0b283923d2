// Builds the addon with a sanitizer and runs the stress script and the teardown scenarios under it.
//
//   node test/sanitizers/test-sanitized.mjs address|thread [seconds] [part of a label]
//
// What the sanitizer says about our own code or through it fails the run; what V8 and Node leak does not count.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const [sanitizer = 'address', seconds = '30', only = ''] = process.argv.slice(2);
const compiler = process.env.CXX ?? 'c++';

const built = spawnSync(
  process.execPath,
  [join(root, 'scripts', 'build-native.mjs'), `--sanitize=${sanitizer}`],
  { stdio: 'inherit' },
);
if (built.status !== 0) process.exit(1);

const runtimeName = { address: 'libasan.so', thread: 'libtsan.so' }[sanitizer];
const runtime = spawnSync(compiler, [`-print-file-name=${runtimeName}`], { encoding: 'utf8' }).stdout.trim();
const environment = {
  ...process.env,
  LD_PRELOAD: runtime,
  SHALE_ROCKSDB_ADDON: join(root, 'build', sanitizer, 'shale_rocksdb.node'),
  ASAN_OPTIONS: 'detect_leaks=1:fast_unwind_on_malloc=0:malloc_context_size=25:alloc_dealloc_mismatch=0',
  LSAN_OPTIONS: 'exitcode=0',
  // RocksDB and Node are not instrumented, so only what happens between two places of ours can be seen.
  TSAN_OPTIONS: `exitcode=0:ignore_noninstrumented_modules=1:suppressions=${join(root, 'test', 'sanitizers', 'thread.supp')}`,
};

/**
 * A leak of V8 or Node: they free what belongs to a function when it is collected and what belongs to a promise when it
 * is settled, but neither when a thread ends; and V8 leaves its heap as it is at exit.
 */
function nodesOwn(report) {
  return /^ +#1 \S+ in (v8|node)::/m.test(report) || /napi_create_(function|promise)/.test(report);
}

/** The reports that concern us: those with a frame of the addon in them. */
function concerning(output) {
  const reports = output
    .split(/(?=^(?:Direct leak|Indirect leak|==\d+==ERROR|WARNING: ThreadSanitizer))/m)
    .slice(1);
  return reports.filter((report) => {
    const leak = /^(Direct|Indirect) leak/.test(report);
    if (leak && nodesOwn(report)) return false;
    const race = report.startsWith('WARNING: ThreadSanitizer');
    return leak || race ? /shale_rocksdb|shale::/.test(report) : !/LeakSanitizer/.test(report);
  });
}

function run(label, script, args, statuses) {
  if (!label.includes(only)) return true;
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--expose-gc', join(root, 'test', script), ...args], {
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 300_000,
      killSignal: 'SIGKILL',
    });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    child.on('close', (status, signal) => {
      const reports = concerning(output);
      const ok = statuses.includes(status) && reports.length === 0;
      console.log(`${ok ? 'ok    ' : 'FAILED'} ${label}${ok ? '' : ` (status ${status}, signal ${signal})`}`);
      if (!ok) console.log((reports.join('\n') || output).slice(0, 20_000));
      resolve(ok);
    });
  });
}

const folder = mkdtempSync(join(tmpdir(), 'shale-sanitized-'));
let failures = 0;
const count = (ok) => (failures += ok ? 0 : 1);
try {
  count(
    await run(`stress for ${seconds} s`, 'sanitizers/stress.mjs', [join(folder, 'stress'), seconds], [0]),
  );
  count(
    await run(
      `damaged files for ${seconds} s`,
      'sanitizers/damage.mjs',
      [join(folder, 'damage'), seconds],
      [0],
    ),
  );
  count(await run('garbage collection', 'fixtures/garbage.mjs', [join(folder, 'garbage')], [0]));
  const manners = [
    'terminate',
    'terminate-and-close',
    'close-main',
    'exit',
    'exit-in-calls',
    'throw',
    'unclosed',
  ];
  for (const manner of manners) {
    for (const kind of ['compact', 'fetch', 'mixed']) {
      const path = join(folder, `${manner}-${kind}`);
      count(
        await run(`${manner} while threads ${kind}`, 'fixtures/teardown.mjs', [path, kind, manner], [0, 7]),
      );
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(failures === 0 ? `The ${sanitizer} sanitizer found nothing.` : `${failures} runs failed.`);
process.exitCode = failures === 0 ? 0 : 1;
