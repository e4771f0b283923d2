import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ended, start } from '../../scripts/lib/child.mjs';
import { root } from '../../scripts/lib/paths.mjs';
import { SetupError } from '../../scripts/lib/say.mjs';

/** @typedef {import('./mutants.mjs').Mutant} Mutant */
/** @typedef {{ failed: string[], output: string }} Outcome the full names of tests that failed */

/** No test file takes longer, whatever was broken. */
const PATIENCE_MS = 10 * 60_000;

/** A copy of this checkout, as it is now and built, in which things can be broken. */
export class MutantCopy {
  /** Where it is. */
  directory = mkdtempSync(join(tmpdir(), 'shale-mutants-'));

  constructor() {
    const listed = execFileSync('git', ['ls-files', '-z', '-co', '--exclude-standard'], {
      cwd: root,
      encoding: 'utf8',
    });
    const tops = new Set(listed.split('\0').filter((file) => existsSync(join(root, file)) && file !== ''));
    for (const file of tops) cpSync(join(root, file), join(this.directory, file));
    // What a mutant leaves without a use is not what it is about.
    const config = join(this.directory, 'tsconfig.base.json');
    writeFileSync(config, readFileSync(config, 'utf8').replace(/"(noUnused\w+)": true/g, '"$1": false'));
    // What has been built, and the links between the packages, which are relative.
    for (const folder of ['packages', 'examples', '.'].flatMap((parent) => foldersOf(parent))) {
      for (const made of ['build', 'dist', 'node_modules']) this.#take(join(folder, made));
    }
    // What was installed is not copied. Links that name packages of this checkout have to name those of the copy.
    mkdirSync(join(this.directory, 'node_modules'));
    for (const name of readdirSync(join(root, 'node_modules'))) {
      if (name === '@shale' || name === '.cache') this.#take(join('node_modules', name));
      else symlinkSync(join(root, 'node_modules', name), join(this.directory, 'node_modules', name));
    }
  }

  /** @param {string} path */
  #take(path) {
    if (!existsSync(join(root, path)) || existsSync(join(this.directory, path))) return;
    cpSync(join(root, path), join(this.directory, path), { recursive: true, verbatimSymlinks: true });
  }

  /**
   * Breaks something, builds, calls `work`, and mends it again.
   *
   * @param {Mutant} mutant
   * @param {() => Promise<void>} work
   */
  async with(mutant, work) {
    /** @type {Map<string, string>} */
    const originals = new Map();
    try {
      for (const { file, from, to } of mutant.edits) {
        const path = join(this.directory, file);
        const text = readFileSync(path, 'utf8');
        if (!originals.has(path)) originals.set(path, text);
        const found = text.split(from).length - 1;
        if (found !== 1) {
          throw new SetupError(
            `mutant ${mutant.name}: what it replaces is ${found} times in ${file}; adapt test/mutants`,
          );
        }
        writeFileSync(
          path,
          text.replace(from, () => to),
        );
      }
      await this.build();
      await work();
    } finally {
      for (const [path, text] of originals) writeFileSync(path, text);
    }
  }

  /** Compiles what has changed. */
  async build() {
    const native = join('packages', 'rocksdb', 'scripts', 'build-native.mjs');
    await this.#must('compiling the addon', process.execPath, [native, '--quiet']);
    await this.#must('compiling TypeScript', join('node_modules', '.bin', 'tsc'), ['-b']);
    const bundle = join('scripts', 'bundle.mjs');
    await this.#must('making the files of threads and command', process.execPath, [bundle]);
  }

  /** Runs a test file. @param {string} file @returns {Promise<Outcome>} */
  async run(file) {
    const report = join(this.directory, 'mutant-report.json');
    rmSync(report, { force: true });
    const vitest = join('node_modules', '.bin', 'vitest');
    const reporters = ['--reporter=json', `--outputFile.json=${report}`];
    const output = await this.#call(vitest, ['run', ...reporters, file]);
    if (!existsSync(report))
      return { failed: [`${file} (it ended before it could report)`], output: output.text };
    /**
     * @type {{ testResults: { status: string, assertionResults: { status: string, fullName: string, failureMessages?:
     * string[] }[] }[] }}
     */
    const { testResults } = JSON.parse(readFileSync(report, 'utf8'));
    const tests = testResults.flatMap(({ assertionResults }) => assertionResults);
    const failed = tests.filter(({ status }) => status === 'failed').map(({ fullName }) => fullName.trim());
    if (failed.length === 0 && output.code !== 0) failed.push(`${file} (it could not be run)`);
    if (tests.length === 0 && failed.length === 0) failed.push(`${file} (it has no tests)`);
    const messages = tests.flatMap(({ failureMessages = [] }) => failureMessages);
    return { failed, output: [...messages, output.text].join('\n') };
  }

  remove() {
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** @param {string} what @param {string} file @param {string[]} args */
  async #must(what, file, args) {
    const { code, text } = await this.#call(file, args);
    if (code !== 0) throw new SetupError(`${what} of the broken copy failed:\n${text}`);
  }

  /** @param {string} file @param {string[]} args @returns {Promise<{ code: number | string, text: string }>} */
  async #call(file, args) {
    const command = file.includes('/') && !file.startsWith('/') ? join(this.directory, file) : file;
    const child = start(command, args, ['ignore', 'pipe', 'pipe'], this.directory);
    let text = '';
    child.stdout?.on('data', (chunk) => (text += chunk));
    child.stderr?.on('data', (chunk) => (text += chunk));
    const patience = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
    const code = await ended(child);
    clearTimeout(patience);
    return { code, text };
  }
}

/** @param {string} parent */
function foldersOf(parent) {
  const entries = readdirSync(join(root, parent), { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(parent, name));
  return names.filter(
    (folder) => existsSync(join(root, folder, 'package.json')) && dirname(folder) === parent,
  );
}
