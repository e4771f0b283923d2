import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Application, COMMON_JS, ES_MODULE } from './application.js';

const application = new Application();

beforeAll(async () => {
  application.write('main.mjs', ES_MODULE);
  application.write('main.cjs', COMMON_JS);
  await application.install(
    'npm',
    'esbuild@0.28.2',
    'postject@1.0.0-alpha.6',
    'rollup@4.68.8',
    'vite@6.4.6',
    'webpack@5.113.0',
    'webpack-cli@7.3.1',
  );
});

afterAll(() => application.remove());

/** Runs a bundle, or an executable, of the application beside its node_modules. */
async function runs(file: string): Promise<void> {
  const command = file.startsWith('/') ? [file] : [process.execPath, file];
  expect(await application.run('env', ...command)).toMatch(/^entries \d+\n$/);
}

/** What is external in an ES module cannot be required there, so of CommonJS there is none with the one line. */
test.each([
  ['main.mjs', 'esm', 'mjs', 'the one line'],
  ['main.mjs', 'cjs', 'cjs', 'the one line'],
  ['main.cjs', 'cjs', 'cjs', 'the one line'],
  ['main.mjs', 'esm', 'mjs', 'everything in the bundle'],
  ['main.mjs', 'cjs', 'cjs', 'everything in the bundle'],
  ['main.cjs', 'cjs', 'cjs', 'everything in the bundle'],
  ['main.cjs', 'esm', 'mjs', 'everything in the bundle'],
])(
  'esbuild makes of %s a bundle of the form %s (.%s) that runs, with %s',
  async (entry, format, extension, how) => {
    const out = `out/esbuild-${entry}-${how.length}.${extension}`;
    const external = how === 'the one line' ? ['--external:@shale/engine'] : [];
    const options = [
      '--bundle',
      '--platform=node',
      `--format=${format}`,
      `--outfile=${out}`,
      '--log-level=error',
    ];
    await application.tool('esbuild', entry, ...options, ...external);
    await runs(out);
  },
);

test('a bundle that is taken away from the packages says what is missing', async () => {
  await application.tool(
    'esbuild',
    'main.mjs',
    '--bundle',
    '--platform=node',
    '--format=esm',
    '--outfile=out/away.mjs',
  );
  const away = mkdtempSync(join(tmpdir(), 'shale-away-'));
  try {
    cpSync(join(application.directory, 'out/away.mjs'), join(away, 'away.mjs'));
    await expect(
      application.run('sh', '-c', `cd ${away} && exec ${process.execPath} away.mjs`),
    ).rejects.toThrow('SHALE_UNSUPPORTED');
  } finally {
    rmSync(away, { recursive: true });
  }
});

test('a single executable application runs where it finds the packages', async () => {
  const options = [
    '--bundle',
    '--platform=node',
    '--format=cjs',
    '--outfile=out/single.cjs',
    '--log-level=error',
  ];
  await application.tool('esbuild', 'main.cjs', ...options);
  application.write('single.json', '{ "main": "out/single.cjs", "output": "out/single.blob" }');
  await application.run(process.execPath, '--experimental-sea-config', 'single.json');
  const executable = join(application.directory, 'single');
  cpSync(process.execPath, executable);
  const fuse = ['--sentinel-fuse', 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2'];
  await application.tool('postject', executable, 'NODE_SEA_BLOB', 'out/single.blob', ...fuse);
  await runs(executable);
  const away = mkdtempSync(join(tmpdir(), 'shale-away-'));
  try {
    cpSync(executable, join(away, 'single'));
    await expect(application.run('sh', '-c', `cd ${away} && exec ./single`)).rejects.toThrow(
      'SHALE_UNSUPPORTED',
    );
  } finally {
    rmSync(away, { recursive: true });
  }
});

test('Rollup runs with the one line', async () => {
  application.write(
    'rollup.config.mjs',
    `export default { input: 'main.mjs', output: { file: 'out/rollup.mjs' }, external: ['@shale/engine'] };`,
  );
  await application.tool('rollup', '-c', '--silent');
  await runs('out/rollup.mjs');
});

test.each([
  ['the one line', `external: ['@shale/engine']`],
  ['everything in the bundle', 'noExternal: true'],
])('Vite builds for the server, with %s', async (name, ssr) => {
  application.write(
    'vite.config.mjs',
    `export default { logLevel: 'error', ssr: { target: 'node', ${ssr} },
      build: { ssr: 'main.mjs', outDir: 'out/vite-${name.length}', target: 'node20', rollupOptions: { output: { entryFileNames: 'main.mjs' } } } };`,
  );
  await application.tool('vite', 'build');
  await runs(`out/vite-${name.length}/main.mjs`);
});

test.each([
  ['the one line', `{ '@shale/engine': 'commonjs @shale/engine' }`],
  ['everything in the bundle', '{}'],
])('webpack runs, with %s', async (name, externals) => {
  for (const entry of ['main.mjs', 'main.cjs']) {
    const out = `webpack-${entry}-${name.length}.cjs`;
    application.write(
      'webpack.config.cjs',
      `module.exports = { mode: 'production', target: 'node', entry: './${entry}', externals: ${externals},
        output: { path: __dirname + '/out', filename: '${out}' } };`,
    );
    await application.tool('webpack', '-c', 'webpack.config.cjs');
    await runs(`out/${out}`);
  }
});
