import { afterAll, beforeAll, expect, test } from 'vitest';
import { Application } from './application.js';
import { APPLICATION } from './typescript-application.js';

const application = new Application();
const VERSIONS = ['5.4.5', '5.9.3', '7.0.2'];

beforeAll(async () => {
  const compilers = VERSIONS.map((version) => `typescript-${version}@npm:typescript@${version}`);
  await application.install('npm', '@types/node@20.19.43', ...compilers);
  application.write('main.mts', APPLICATION);
  application.write('main.cts', APPLICATION);
});

afterAll(() => application.remove());

/** TypeScript 7 has neither Node10 nor modules other than those of Node.js for it. */
const WAYS = VERSIONS.flatMap((version) => [
  [version, 'NodeNext', 'NodeNext'],
  [version, 'Node16', 'Node16'],
  [version, 'ESNext', 'Bundler'],
  ...(version.startsWith('7') ? [] : [[version, 'CommonJS', 'Node10']]),
]);

test.each(WAYS)(
  'TypeScript %s takes it with module %s and moduleResolution %s',
  async (version, module, moduleResolution) => {
    const compilerOptions = {
      strict: true,
      skipLibCheck: false,
      isolatedModules: true,
      target: 'ES2022',
      types: ['node'],
      noEmit: true,
      module,
      moduleResolution,
    };
    application.write('tsconfig.json', JSON.stringify({ compilerOptions, include: ['main.*'] }));
    const compiler = `node_modules/typescript-${version}/bin/tsc`;
    expect(await application.run(process.execPath, compiler, '-p', '.')).toBe('');
  },
);

test('what TypeScript 5.4 makes of it runs, as ES module and as CommonJS', async () => {
  const compiler = 'node_modules/typescript-5.4.5/bin/tsc';
  const compilerOptions = {
    strict: true,
    target: 'ES2022',
    types: ['node'],
    module: 'Node16',
    outDir: 'out',
  };
  application.write('tsconfig.json', JSON.stringify({ compilerOptions, include: ['main.*'] }));
  await application.run(process.execPath, compiler, '-p', '.');
  for (const file of ['main.mjs', 'main.cjs']) {
    application.write(`run-${file}.mjs`, `import { main } from './out/${file}'; await main();`);
    expect(await application.run(process.execPath, `run-${file}.mjs`)).toContain('well');
  }
});
