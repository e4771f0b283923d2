import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openWal, type WalOptions } from '@shale/engine';

/** Inverts a few bytes of a file. */
export function flip(path: string, at: number, count = 8): void {
  const bytes = readFileSync(path);
  for (let i = at; i < at + count; i++) bytes.writeUInt8(bytes.readUInt8(i) ^ 0xff, i);
  writeFileSync(path, bytes);
}

/** Names of the files in a directory that end so. */
export function filesOf(directory: string, end: string): string[] {
  return readdirSync(directory)
    .filter((name) => name.endsWith(end))
    .sort();
}

/** Inverts bytes where a text stands in a table file; returns the file's name. */
export function damageAt(directory: string, text: string): string {
  for (const name of filesOf(directory, '.sst')) {
    const at = readFileSync(join(directory, name)).indexOf(text);
    if (at === -1) continue;
    flip(join(directory, name), at);
    return name;
  }
  throw new Error(`no table file has ${text}`);
}

/** Payloads that tell table and sequence. */
export function payloadsOf(table: string, from: number, to: number): Buffer[] {
  return Array.from({ length: to - from + 1 }, (_, i) =>
    Buffer.from(`${table} entry ${from + i} ${'x'.repeat(60)}`),
  );
}

/** Fills tables of a log, each with so many entries, and writes them to a table file. */
export async function filled(
  directory: string,
  tables: Readonly<Record<string, number>>,
  options: WalOptions & { readonly keepInLog?: boolean } = {},
): Promise<void> {
  const { keepInLog, ...walOptions } = options;
  const wal = await openWal(directory, walOptions);
  for (const [name, count] of Object.entries(tables)) {
    await wal.table(name).appendBatch(payloadsOf(name, 1, count));
  }
  if (!keepInLog) await wal.flush();
  await wal.close();
}
