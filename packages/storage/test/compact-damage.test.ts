import { randomBytes } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { codeOf, directory, open } from './support.js';

test('whoever is told that a compaction cannot read a file finds that file among the damaged ones at once', async () => {
  for (let round = 0; round < 3; round++) {
    const path = await directory();
    const log = await open(path);
    const payloads = Array.from({ length: 100 }, () => randomBytes(1000));
    log.append({ region: 1n, table: 2n }, payloads, { sync: false });
    await log.flush();
    const [file = expect.fail()] = (await readdir(path)).filter((name) => name.endsWith('.sst'));
    const bytes = await readFile(join(path, file));
    const found = bytes.indexOf(payloads[50]?.subarray(0, 100) ?? expect.fail());
    bytes.writeUInt8(~bytes.readUInt8(found + 50) & 0xff, found + 50);
    await writeFile(join(path, file), bytes);
    for (let again = 0; again < 2; again++) {
      const { code, damaged } = await log.compact().then(
        () => expect.fail('it must reject'),
        (error: unknown) => ({
          code: codeOf(() => {
            throw error;
          }),
          damaged: log.damagedFiles(),
        }),
      );
      expect({ code, damaged }).toMatchObject({ code: 'SHALE_CORRUPT', damaged: [{ file }] });
    }
    expect(log.append({ region: 1n, table: 2n }, [new Uint8Array(1)]).first).toBe(101n);
  }
});
