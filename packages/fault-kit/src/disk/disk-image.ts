import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Files with their bytes, and directories with null, by path relative to the root. */
export type DiskImage = ReadonlyMap<string, Uint8Array | null>;

/** What lies below a directory. */
export function readImage(root: string): DiskImage {
  const image = new Map<string, Uint8Array | null>();
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    image.set(path.slice(root.length + 1), entry.isDirectory() ? null : readFileSync(path));
  }
  return image;
}

/** Writes an image below a directory, which is made. */
export function writeImage(image: DiskImage, root: string): void {
  mkdirSync(root, { recursive: true });
  for (const [path, bytes] of image) {
    const target = join(root, path);
    mkdirSync(bytes === null ? target : dirname(target), { recursive: true });
    if (bytes !== null) writeFileSync(target, bytes);
  }
}

/** Where two images differ, one line each; none if they are the same. */
export function differences(a: DiskImage, b: DiskImage): string[] {
  const lines: string[] = [];
  for (const path of new Set([...a.keys(), ...b.keys()])) {
    const left = a.get(path);
    const right = b.get(path);
    if (left === undefined) lines.push(`${path} is only in the second`);
    else if (right === undefined) lines.push(`${path} is only in the first`);
    else if ((left === null) !== (right === null)) lines.push(`${path} is a directory in one`);
    else if (left !== null && right !== null && Buffer.compare(left, right) !== 0) {
      lines.push(
        `${path} has ${left.length} and ${right.length} bytes, different from byte ${firstDifference(left, right)}`,
      );
    }
  }
  return lines;
}

function firstDifference(a: Uint8Array, b: Uint8Array): number {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at++;
  return at;
}
