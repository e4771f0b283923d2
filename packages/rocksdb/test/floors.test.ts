// The floors of the addon's sources (scripts/floors.mjs). A check that sees nothing says nothing, so each rule is
// broken here, in a copy.
import { spawnSync } from 'node:child_process';
import { appendFileSync, cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { temporaryFolder } from './support/temporary.js';

const packageFolder = dirname(dirname(fileURLToPath(import.meta.url)));

function complaintsAbout(folder: string): string[] {
  const script = join(packageFolder, 'scripts', 'floors.mjs');
  const { stderr, status } = spawnSync(process.execPath, [script, folder], { encoding: 'utf8' });
  expect(status).toBe(stderr === '' ? 0 : 1);
  return stderr.split('\n').filter((line) => line !== '');
}

function copy(): string {
  const folder = temporaryFolder();
  cpSync(join(packageFolder, 'native'), folder, { recursive: true });
  return folder;
}

test('what a file includes is on its own floor or below', () => {
  expect(complaintsAbout(join(packageFolder, 'native'))).toEqual([]);
});

test.each([
  ['core/errors.cc', '#include "napi/entry.h"', 'from a higher floor'],
  ['database/health.h', '#include "calls/calls.h"', 'from a higher floor'],
  ['recovery/manifest.cc', '#include "memtable/log_memtable.h"', 'from beside its floor'],
  ['database/registry.cc', '#include <node_api.h>', 'includes <node_api.h> below napi/'],
  ['database/registry.cc', '#  include <node_api.h>', 'includes <node_api.h> below napi/'],
  ['calls/write.cc', '#include "../core/errors.h"', 'say "floor/file.h"'],
  ['calls/write.cc', '#include "operation.h"', 'say "floor/file.h"'],
  ['core/errors.h', '#include "core/directories.h"\n#include "core/input_file.h"', undefined],
  ['core/errors.h', '#include "core/errors.h"', 'in a circle: core/errors.h -> core/errors.h'],
])('it complains in %s of %s', (file, include, complaint) => {
  const folder = copy();
  appendFileSync(join(folder, file), `\n${include}\n`);
  const complaints = complaintsAbout(folder);
  if (complaint === undefined) expect(complaints).toEqual([]);
  else expect(complaints.join('\n')).toContain(complaint);
});

test('it complains of a file on no floor, and of a circle by way of others', () => {
  const folder = copy();
  mkdirSync(join(folder, 'shed'));
  writeFileSync(join(folder, 'shed', 'bicycle.h'), '');
  appendFileSync(join(folder, 'core', 'format.h'), '\n#include "core/table_keys.h"\n');
  expect(complaintsAbout(folder).sort()).toEqual([
    'includes in a circle: core/format.h -> core/table_keys.h -> core/format.h',
    'shed/bicycle.h: is on no floor (core, memtable, recovery, database, napi, calls)',
  ]);
});
