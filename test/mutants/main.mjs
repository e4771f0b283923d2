// `npm run mutants -- [name ...] [--list]`: breaks Shale in one way after the other, in a copy of this checkout, and
// shows for each which named test notices. One that nobody notices is a failure.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../scripts/lib/paths.mjs';
import { fail, SetupError } from '../../scripts/lib/say.mjs';
import { setup } from '../../scripts/setup.mjs';
import { MutantCopy } from './copy.mjs';
import { MUTANTS } from './mutants.mjs';

const args = process.argv.slice(2);

/** The mutants that were asked for. */
function chosen() {
  const names = args.filter((argument) => !argument.startsWith('--'));
  const unknown = names.find((name) => !MUTANTS.some((mutant) => mutant.name === name));
  if (unknown !== undefined)
    throw new SetupError(`there is no mutant ${unknown}: see npm run mutants -- --list`);
  return names.length === 0 ? MUTANTS : MUTANTS.filter(({ name }) => names.includes(name));
}

/** @param {import('./mutants.mjs').Mutant} mutant */
function killersOf({ name, killers }) {
  const missing = killers.filter((file) => !existsSync(join(root, file)));
  if (missing.length > 0)
    throw new SetupError(`mutant ${name} names tests that are not there: ${missing.join(', ')}`);
  return killers;
}

/** A test that fails anyway notices nothing. @param {MutantCopy} copy @param {string[]} files */
async function requireSound(copy, files) {
  await copy.build();
  for (const file of files) {
    const { failed, output } = await copy.run(file);
    if (failed.length > 0)
      throw new SetupError(`${file} fails with nothing broken: ${failed.join('; ')}\n${output}`);
  }
}

async function main() {
  const mutants = chosen();
  if (args.includes('--list')) {
    for (const { name, removes } of mutants) console.log(`${name}: ${removes}`);
    return;
  }
  await setup();
  const copy = new MutantCopy();
  let survivors = 0;
  try {
    await requireSound(copy, [...new Set(mutants.flatMap(killersOf))]);
    for (const mutant of mutants) {
      const began = performance.now();
      /** @type {string[]} */
      let noticed = [];
      try {
        await copy.with(mutant, async () => {
          for (const file of mutant.killers) {
            const { failed } = await copy.run(file);
            noticed = failed.map((test) => `${file}: ${test}`);
            if (noticed.length > 0) break;
          }
        });
      } catch (error) {
        // It no longer fits the code; the others still may.
        if (!(error instanceof SetupError)) throw error;
        console.log(error.message);
      }
      const seconds = ((performance.now() - began) / 1000).toFixed(0);
      if (noticed.length === 0) survivors++;
      console.log(
        `${noticed.length > 0 ? 'noticed ' : 'SURVIVED'} ${mutant.name} (${seconds} s), without ${mutant.removes}`,
      );
      for (const test of noticed.slice(0, 3)) console.log(`           ${test}`);
      if (noticed.length > 3) console.log(`           and ${noticed.length - 3} more`);
    }
  } finally {
    copy.remove();
  }
  console.log(`${mutants.length - survivors} noticed, ${survivors} survived`);
  if (survivors > 0) process.exitCode = 1;
}

await main().catch(fail);
