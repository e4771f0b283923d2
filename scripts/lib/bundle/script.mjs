import { rolldown } from 'rolldown';
import { isForeign } from './compiled.mjs';

/**
 * A script for browsers, of a compiled module and what it imports. Throws when something in it is of others.
 *
 * @param {string} input
 */
export async function bundleScript(input) {
  const made = await rolldown({
    input,
    platform: 'browser',
    checks: { bundlerTimings: false },
    onLog(level, log) {
      if (level === 'warn') throw new Error(log.message);
    },
  });
  const { output } = await made.generate({ format: 'iife', codeSplitting: false });
  await made.close();
  const [{ code, imports, moduleIds }] = output;
  const foreign = [...imports, ...moduleIds.filter(isForeign)];
  if (foreign.length > 0) throw new Error(`${input} must not need ${foreign.join(', ')}`);
  return code;
}
