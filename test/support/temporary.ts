import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach } from 'vitest';

const ofTest: string[] = [];
const ofFile: string[] = [];

// Hooks run last to first: those of a test that imports this close what it has opened before.
afterEach(() => remove(ofTest));
afterAll(() => remove(ofFile));

/** A new directory, removed after the test. */
export function temporary(name: string): string {
  return make(name, ofTest);
}

/** A new directory for all tests of a file, removed after the last. */
export function temporaryOfFile(name: string): string {
  return make(name, ofFile);
}

function make(name: string, list: string[]): string {
  const path = realpathSync(mkdtempSync(join(tmpdir(), `shale-${name}-`)));
  list.push(path);
  return path;
}

function remove(list: string[]): void {
  for (const path of list.splice(0)) rmSync(path, { recursive: true, force: true });
}
