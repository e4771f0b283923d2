import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { inject } from 'vitest';
import { HANG_MS } from '../support/patience.js';

const execute = promisify(execFile);
/** What an application of the library alone installs; the others are the command. */
const NEEDED = /^shale-(codec|rocksdb(?:-linux-\w+-gnu)?|storage|engine)-\d.*\.tgz$/;
const PNPM = 'pnpm@10.34.9';

/** What the package managers, test runners and scripts around this process have said is not for the application. */
export function environment(): NodeJS.ProcessEnv {
  const foreign =
    /^(?:npm_|VITEST|NODE_PATH$|NODE_OPTIONS$|NODE_ENV$|TEST$|DEV$|PROD$|MODE$|BASE_URL$|SSR$|SHALE_)/i;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)));
}

/** An application of somebody else: a directory outside of the checkout, with the packages installed as published. */
export class Application {
  readonly directory: string;

  constructor() {
    this.directory = realpathSync(mkdtempSync(join(tmpdir(), 'shale-application-')));
    this.write('package.json', '{ "name": "application", "version": "1.0.0", "private": true }');
  }

  /** Installs Shale, and other packages beside it: `name@version`. */
  async install(manager: 'npm' | 'pnpm', ...others: string[]): Promise<void> {
    const directory = inject('packed');
    const names = readdirSync(directory).filter((file) => NEEDED.test(file));
    const packed = names.map((file) => join(directory, file));
    if (manager === 'npm') {
      const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'];
      await this.run('npm', 'install', ...quiet, ...packed, ...others);
      return;
    }
    // pnpm takes what the packages depend on from the registry, where they are not yet.
    const overrides = Object.fromEntries(
      names.map((file) => [NEEDED.exec(file)?.[1] ?? '', `file:${join(directory, file)}`]),
    );
    const lines = Object.entries(overrides).map(([name, file]) => `  '@shale/${name}': '${file}'`);
    this.write('pnpm-workspace.yaml', `overrides:\n${lines.join('\n')}\n`);
    const engine = packed.find((file) => file.includes('shale-engine-')) ?? '';
    await this.run('npx', '-y', PNPM, 'add', '--prefer-offline', '--ignore-scripts', engine, ...others);
  }

  /** Writes a file; the path is relative to the application. */
  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.directory, path)), { recursive: true });
    writeFileSync(join(this.directory, path), text);
  }

  /** Runs a program in the application, and returns what it printed. Throws with all of its output when it fails. */
  async run(command: string, ...args: string[]): Promise<string> {
    return await this.runIn('.', command, ...args);
  }

  /** The same with a tool that is installed in the application. */
  async tool(name: string, ...args: string[]): Promise<string> {
    return await this.run(join(this.directory, 'node_modules', '.bin', name), ...args);
  }

  /** The same in a directory of the application. */
  async runIn(directory: string, command: string, ...args: string[]): Promise<string> {
    const options = {
      cwd: join(this.directory, directory),
      env: environment(),
      timeout: HANG_MS,
      killSignal: 'SIGKILL' as const,
      maxBuffer: 64 * 2 ** 20,
    };
    try {
      return (await execute(command, args, options)).stdout;
    } catch (error) {
      const { stdout = '', stderr = '' } = error as { readonly stdout?: string; readonly stderr?: string };
      throw new Error(`${command} ${args.join(' ')} failed\n${stdout}\n${stderr}`, { cause: error });
    }
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** Appends, reads back, and prints how many entries there are. It is a body of a function, for ES modules and CommonJS. */
export const PROGRAM = `
  const wal = await openWal('data', { shards: 1 });
  const table = wal.table('t');
  await table.appendBatch([Buffer.from('a'), Buffer.from('b')]);
  let entries = 0;
  for await (const { payload } of table.read()) entries += payload.length;
  console.log('entries ' + entries);
  await wal.close();`;

/** The program as an ES module. */
export const ES_MODULE = `import { openWal } from '@shale/engine';
async function main() {${PROGRAM}
}
main();
`;

/** The program as CommonJS. */
export const COMMON_JS = ES_MODULE.replace(
  "import { openWal } from '@shale/engine'",
  "const { openWal } = require('@shale/engine')",
);
