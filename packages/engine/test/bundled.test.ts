// A bundler puts the code of this package into a file of the application. The code of the threads, Piscina and the addon
// stay where the package is installed, and are found from there.
import { execFile } from 'node:child_process';
import { cp, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { rolldown } from 'rolldown';
import { expect, test } from 'vitest';
import { HANG_MS } from '../../../test/support/patience.js';
import { temporary } from './support.js';

const run = promisify(execFile);
const engine = fileURLToPath(new URL('..', import.meta.url));
const SOURCE = `
import { openWal } from '@shale/engine';

async function main() {
  const wal = await openWal('data', { shards: 1 });
  console.log(await wal.table('t').append(Buffer.from('a')));
  await wal.close();
}
main().catch((error) => console.log(error.code, error.message));
`;

/** An application that depends on this package alone, as pnpm installs it. */
async function application(): Promise<string> {
  const place = await temporary();
  await mkdir(join(place, 'node_modules', '@shale'), { recursive: true });
  await symlink(engine, join(place, 'node_modules', '@shale', 'engine'));
  await writeFile(join(place, 'app.mjs'), SOURCE);
  return place;
}

async function output(cwd: string, file: string): Promise<string> {
  // What runs the tests has told where to look for packages.
  const { SHALE_ROCKSDB_ADDON: _addon, NODE_PATH: _path, ...env } = process.env;
  const { stdout } = await run(process.execPath, [file], {
    cwd,
    env,
    timeout: HANG_MS,
    killSignal: 'SIGKILL',
  });
  return stdout;
}

test.each(['esm', 'cjs'] as const)(
  'a bundle in the form %s runs beside the package, and says without it what is missing',
  async (format) => {
    const place = await application();
    const name = format === 'esm' ? 'bundle.mjs' : 'bundle.cjs';
    const bundle = await rolldown({
      input: join(place, 'app.mjs'),
      cwd: place,
      platform: 'node',
      // As esbuild leaves it in CommonJS.
      transform: format === 'esm' ? {} : { define: { 'import.meta.url': 'undefined' } },
    });
    await bundle.write({ format, file: join(place, name), codeSplitting: false });
    await bundle.close();
    expect(await output(place, name)).toBe('1n\n');
    const away = await temporary();
    await cp(join(place, name), join(away, name));
    expect(await output(away, name)).toMatch(/^SHALE_UNSUPPORTED the package @shale\/engine.* external/);
  },
);
