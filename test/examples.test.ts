// Every TypeScript example of README.md, of the packages' READMEs and of docs/ compiles under the project's own strict
// settings, and that and every JavaScript example runs to its end in an empty directory: a reader can paste any of them.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { HANG_MS } from './support/patience.js';

const run = promisify(execFile);
const root = fileURLToPath(new URL('..', import.meta.url));
/** Inside this package, so that the examples find Shale's packages as an application does. */
const workspace = join(root, 'test', '.examples');

interface Example {
  readonly from: string;
  readonly name: string;
  readonly language: string;
  readonly source: string;
}

async function markdownFiles(): Promise<string[]> {
  const packages = (await readdir(join(root, 'packages'))).map((name) => join('packages', name, 'README.md'));
  const docs = (await readdir(join(root, 'docs'))).filter((name) => name.endsWith('.md'));
  return ['README.md', ...packages, ...docs.map((name) => join('docs', name))];
}

async function findExamples(): Promise<Example[]> {
  const examples: Example[] = [];
  for (const file of await markdownFiles()) {
    const text = await readFile(join(root, file), 'utf8').catch(() => '');
    for (const match of text.matchAll(/^```(ts|js)\n(.*?)^```$/gms)) {
      const line = text.slice(0, match.index).split('\n').length;
      const name = `${file.replaceAll(/[^a-zA-Z0-9]+/g, '-')}-${line}`;
      const [, language = '', source = ''] = match;
      examples.push({ from: `${file}:${line}`, name, language, source });
    }
  }
  return examples;
}

const examples = await findExamples();

beforeAll(async () => {
  await rm(workspace, { recursive: true, force: true });
  await mkdir(workspace, { recursive: true });
  await mkdir(join(workspace, 'out'));
  for (const { name, language, source } of examples) {
    // JavaScript is run as it stands.
    if (language === 'js') await writeFile(join(workspace, 'out', `${name}.js`), source);
    else await writeFile(join(workspace, `${name}.ts`), `${source}\nexport {};\n`);
  }
  const settings = {
    extends: relative(workspace, join(root, 'tsconfig.base.json')),
    compilerOptions: {
      composite: false,
      declaration: false,
      declarationMap: false,
      isolatedDeclarations: false,
      // An example shows what a call gives, and need not use it.
      noUnusedLocals: false,
      noUnusedParameters: false,
      rootDir: '.',
      outDir: 'out',
      tsBuildInfoFile: null,
    },
    include: ['*.ts'],
  };
  await writeFile(join(workspace, 'tsconfig.json'), JSON.stringify(settings));
  await writeFile(join(workspace, 'package.json'), '{ "type": "module" }');
});

afterAll(async () => {
  await rm(workspace, { recursive: true, force: true });
});

test('there are examples in README.md', () => {
  expect(examples.some((example) => example.from.startsWith('README.md:'))).toBe(true);
});

test('every example compiles under the strict settings', async () => {
  const compiler = join(root, 'node_modules', '.bin', 'tsc');
  const { stdout } = await run(compiler, ['-p', workspace]).catch((error: { stdout?: string }) => ({
    stdout: error.stdout ?? String(error),
  }));
  expect(stdout).toBe('');
});

/** Runs a service as a worker, and once it listens tells it to end, as a process manager does. */
const MANAGER = `import cluster from 'node:cluster';
cluster.setupPrimary({ exec: process.argv[1], execArgv: [] });
const worker = cluster.fork();
worker.on('listening', () => worker.process.kill('SIGINT'));
worker.on('exit', (code) => process.exit(code ?? 1));
`;

test.each(examples)('the example at $from runs to its end', async ({ name, source }) => {
  const directory = await mkdtemp(join(tmpdir(), 'shale-example-'));
  const isService = source.includes('process.once(signal');
  try {
    const manager = isService ? ['--input-type=module', '--eval', MANAGER, '--'] : [];
    await run(process.execPath, [...manager, join(workspace, 'out', `${name}.js`)], {
      cwd: directory,
      timeout: HANG_MS,
      killSignal: 'SIGKILL',
    });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
