import type { Measures } from '../report/measures.js';
import type { CaseSpec } from '../report/spec.js';
import { runAppend } from './append.js';
import type { CaseContext } from './context.js';
import { runRead } from './read.js';
import { runRecovery } from './recovery.js';
import { runTrim } from './trim.js';

/** Runs one case in this process. */
export function runCase(spec: CaseSpec, context: CaseContext): Promise<Measures> {
  switch (spec.kind) {
    case 'append':
      return runAppend(spec, context);
    case 'read':
      return runRead(spec, context);
    case 'recovery':
      return runRecovery(spec, context);
    case 'trim':
      return runTrim(spec, context);
  }
}
