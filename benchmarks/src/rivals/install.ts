import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const HOME = fileURLToPath(new URL('../../rivals/', import.meta.url));
const STAMP = join(HOME, 'node_modules', '.installed');
/** The same as the workspace is installed with. */
const PNPM = 'pnpm@10.34.9';

/**
 * Installs the rivals as their lockfile says, unless they are there. Whatever fails is told to `say`; a store that is
 * missing afterwards is reported as absent.
 */
export function installRivals(say: (line: string) => void): void {
  const wanted = createHash('sha256')
    .update(readFileSync(join(HOME, 'pnpm-lock.yaml')))
    .update(`${process.platform} ${process.arch} ${process.versions.modules}`)
    .digest('hex');
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === wanted) return;
  say('installing the rivals (benchmarks/rivals) ...');
  const flags = ['--ignore-workspace', '--frozen-lockfile', '--ignore-scripts', '--loglevel=error'];
  const installed = spawnSync('npx', ['-y', PNPM, 'install', ...flags], { cwd: HOME, encoding: 'utf8' });
  if (installed.status !== 0) {
    say(`the rivals could not be installed: ${lastLine(installed)}`);
    return;
  }
  const complaint = compileSqlite(say);
  if (complaint === undefined) writeFileSync(STAMP, wanted);
  else say(`better-sqlite3 will be absent: ${complaint}`);
}

/**
 * better-sqlite3 ships no binary, and its install script would download one. It is compiled here instead, with npm's
 * own node-gyp and the headers that came with the running Node.js. Returns what went wrong, if anything.
 */
function compileSqlite(say: (line: string) => void): string | undefined {
  const directory = join(HOME, 'node_modules', 'better-sqlite3');
  const prefix = dirname(dirname(realpathSync(process.execPath)));
  if (!existsSync(join(prefix, 'include', 'node', 'node.h'))) {
    return `it has to be compiled, and there are no headers of Node.js in ${join(prefix, 'include', 'node')}`;
  }
  const nodeGyp = findNodeGyp(prefix);
  if (nodeGyp === undefined) return 'it has to be compiled, and npm with its node-gyp was not found';
  say('compiling better-sqlite3, a minute or two ...');
  const built = spawnSync(process.execPath, [nodeGyp, 'rebuild', '--release', `--nodedir=${prefix}`], {
    cwd: directory,
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
  });
  return built.status === 0 ? undefined : `compiling it failed: ${lastLine(built)}`;
}

function findNodeGyp(prefix: string): string | undefined {
  const root = spawnSync('npm', ['root', '--global'], { encoding: 'utf8' }).stdout?.trim() ?? '';
  return [root, join(prefix, 'lib', 'node_modules')]
    .map((modules) => join(modules, 'npm', 'node_modules', 'node-gyp', 'bin', 'node-gyp.js'))
    .find((file) => existsSync(file));
}

function lastLine({ stdout, stderr, error }: SpawnSyncReturns<string>): string {
  return error?.message ?? `${stdout}${stderr}`.trim().split('\n').at(-1) ?? '';
}
