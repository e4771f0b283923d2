import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** `test/fuzz`, seen from where this is compiled to. */
const FOLDER = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'fuzz');

/** The inputs that are kept for a target, smallest first. */
export function readCorpus(target: string): Uint8Array[] {
  const folder = join(FOLDER, 'corpus', target);
  if (!existsSync(folder)) return [];
  const inputs = readdirSync(folder)
    .sort()
    .map((name) => new Uint8Array(readFileSync(join(folder, name))));
  return inputs.sort((a, b) => a.length - b.length);
}

/** Keeps an input in the corpus of a target. */
export function keep(target: string, input: Uint8Array): void {
  write(join(FOLDER, 'corpus', target), input);
}

/** Puts an input that broke something where it is not committed, and gives its path. */
export function keepFailure(target: string, input: Uint8Array): string {
  return write(join(FOLDER, 'failures', target), input);
}

function write(folder: string, input: Uint8Array): string {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, createHash('sha256').update(input).digest('hex').slice(0, 12));
  writeFileSync(path, input);
  return path;
}
