// Holds the floors of the addon: what a file in native/ includes is on its own floor or below, nothing below napi/
// knows Node, and no two files include each other, not even by way of others.
//
//   node scripts/floors.mjs [folder]
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

import { filesIn, sourceFolder } from './toolchain.mjs';

/** From the lowest to the highest. memtable and recovery are beside each other: neither includes the other. */
export const floors = [['core'], ['memtable', 'recovery'], ['database'], ['napi'], ['calls']];
const heightOf = (name) => floors.findIndex((rooms) => rooms.includes(name));
/** What the native tests link: a library that knows no Node. */
export const isBelowNode = (floor) => heightOf(floor) < heightOf('napi');
const nodeHeaders = /^(node_api|js_native_api|node|uv|v8)\b/;

/** What is wrong with the includes in a folder, a line for each; none if all is well. */
export function complaintsAbout(folder) {
  const files = new Map(
    ['.h', '.cc'].flatMap((ending) =>
      filesIn(folder, ending).map((path) => [relative(folder, path), includesOf(path)]),
    ),
  );
  const complaints = [];
  for (const [file, includes] of files) {
    const height = heightOf(dirname(file));
    if (height < 0) complaints.push(`${file}: is on no floor (${floors.flat().join(', ')})`);
    for (const { name, own } of includes) {
      if (!own) {
        if (nodeHeaders.test(name) && isBelowNode(dirname(file)))
          complaints.push(`${file}: includes <${name}> below napi/`);
      } else if (!existsSync(join(folder, name)) || heightOf(dirname(name)) < 0) {
        complaints.push(`${file}: includes "${name}"; say "floor/file.h"`);
      } else if (heightOf(dirname(name)) > height) {
        complaints.push(`${file}: includes "${name}" from a higher floor`);
      } else if (heightOf(dirname(name)) === height && dirname(name) !== dirname(file)) {
        complaints.push(`${file}: includes "${name}" from beside its floor`);
      }
    }
  }
  return [...complaints, ...circlesIn(files)];
}

function includesOf(path) {
  const lines = readFileSync(path, 'utf8').matchAll(/^\s*#\s*include\s*(["<])([^">]+)[">]/gm);
  return [...lines].map(([, mark, name]) => ({ name, own: mark === '"' }));
}

function circlesIn(files) {
  const done = new Set();
  const circles = [];
  const visit = (file, way) => {
    const start = way.indexOf(file);
    if (start >= 0) circles.push(`includes in a circle: ${[...way.slice(start), file].join(' -> ')}`);
    if (start >= 0 || done.has(file)) return;
    for (const { name } of files.get(file) ?? []) visit(name, [...way, file]);
    done.add(file);
  };
  for (const file of files.keys()) visit(file, []);
  return circles;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const complaints = complaintsAbout(process.argv[2] ?? sourceFolder);
  for (const complaint of complaints) console.error(complaint);
  process.exitCode = complaints.length === 0 ? 0 : 1;
}
