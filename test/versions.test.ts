// What this version makes of a log that a later one has left, with something in it that this one does not know.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeRequirementValue, requirementKey, WalError } from '@shale/codec';
import { openWal } from '@shale/engine';
import { attachDatabase, openDatabase } from '@shale/rocksdb';
import { openLog, repairDatabase, restoreBackup } from '@shale/storage';
import { beforeEach, describe, expect, test } from 'vitest';
import { crc32c } from './support/crc32c.js';
import { temporary } from './support/temporary.js';

const id = { region: 1n, table: 1n };
let folder: string;
let path: string;

beforeEach(async () => {
  folder = temporary('versions');
  path = join(folder, 'log');
  await using log = await openLog(path);
  log.append(id, [Buffer.from('one'), Buffer.from('two')]);
});

async function refusal(attempt: Promise<unknown>): Promise<WalError> {
  const error = await attempt.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(WalError);
  return error as WalError;
}

async function read(readOnly: boolean): Promise<string[]> {
  await using log = await openLog(path, { readOnly });
  return [...log.read(id)].map(({ payload }) => Buffer.from(payload).toString());
}

async function repair(to: string, keepFiles: boolean): Promise<void> {
  for await (const event of repairDatabase(path, to, { keepFiles })) void event;
}

/** Writes the requirement as a later version would, or removes it. */
async function change(name: string, value: Uint8Array | null): Promise<void> {
  const db = await openDatabase(path, {});
  const key = requirementKey(name);
  db.change([value === null ? { remove: key } : { put: key, value }], { sync: true });
  await db.close();
}

describe('a requirement that this version does not know', () => {
  test('for reading: nobody opens the log, and the version to use is named', async () => {
    await change('time-marks', encodeRequirementValue(true, '1.20.3'));
    for (const readOnly of [false, true]) {
      const error = await refusal(openLog(path, { readOnly }));
      expect(error).toMatchObject({
        code: 'SHALE_UNSUPPORTED',
        path,
        details: { requirement: 'time-marks', since: '1.20.3' },
      });
      expect(error.message).toMatch(/does not know \(time-marks\): use Shale 1\.20\.3 or later;/);
      expect((await refusal(openWal(path, { readOnly }))).message).toBe(error.message);
    }
    await change('time-marks', null);
    expect(await read(false)).toEqual(['one', 'two']);
  });

  test('for writing: the log can be read only', async () => {
    await change('positions', encodeRequirementValue(false, '1.2.0'));
    const error = await refusal(openLog(path));
    expect(error.message).toMatch(
      /\(positions\): use Shale 1\.2\.0 or later, or only read it \(readOnly: true\);/,
    );
    expect(await read(true)).toEqual(['one', 'two']);
  });

  test('of a shape that only a later version knows: nobody opens the log', async () => {
    await change('positions', Uint8Array.of(1, 1));
    for (const readOnly of [false, true]) {
      const error = await refusal(openLog(path, { readOnly }));
      expect(error.message).toContain('does not know (positions): use a later version of Shale;');
    }
  });

  test('goes with backups and checkpoints', async () => {
    const log = await openLog(path);
    const db = attachDatabase(path);
    db.put(requirementKey('positions'), encodeRequirementValue(true, '1.2.0'), { sync: true });
    await db.close();
    await log.checkpoint(join(folder, 'checkpoint'));
    await log.backup(join(folder, 'backups'));
    await log.close();
    await restoreBackup(join(folder, 'backups'), join(folder, 'restored'));
    for (const copy of ['checkpoint', 'restored']) {
      const error = await refusal(openLog(join(folder, copy)));
      expect(error, copy).toMatchObject({ code: 'SHALE_UNSUPPORTED', details: { requirement: 'positions' } });
    }
  });

  test.each([false, true])('is not repaired away (keepFiles: %s)', async (keepFiles) => {
    await change('positions', encodeRequirementValue(false, '1.2.0'));
    const error = await refusal(repair(join(folder, 'repaired'), keepFiles));
    expect(error).toMatchObject({ code: 'SHALE_UNSUPPORTED', details: { requirement: 'positions' } });
    expect(readdirSync(folder)).toEqual(['log']);
  });
});

test('a watermark of a later version is refused by everyone, and left as it is', async () => {
  const file = join(path, 'WATERMARK');
  const bytes = readFileSync(file);
  for (const place of [0, 4096]) {
    bytes.writeUInt32LE(2, place + 8);
    bytes.writeUInt32LE(crc32c(bytes.subarray(place, place + 92)), place + 92);
  }
  writeFileSync(file, bytes);
  const before = readdirSync(path).sort();
  const attempts = [
    () => openLog(path),
    () => openLog(path, { recovery: 'salvage' }),
    () => openLog(path, { readOnly: true }),
    () => repair(join(folder, 'repaired'), false),
  ];
  for (const attempt of attempts) {
    const error = await refusal(attempt());
    expect(error.code).toBe('SHALE_UNSUPPORTED');
    expect(error.message).toMatch(
      /WATERMARK has version 2, and this version of Shale knows version 1 of it: a later version .* Use that one$/,
    );
  }
  expect(readFileSync(file)).toEqual(bytes);
  expect(readdirSync(path).sort()).toEqual(before);
});
