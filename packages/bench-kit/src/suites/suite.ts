import type { CaseSpec } from '../report/spec.js';

/** A case, and whether the other stores take part in it. */
export interface SuiteCase {
  readonly spec: CaseSpec;
  readonly rivals: boolean;
}

/** A named list of cases, and how long each is measured. */
export interface Suite {
  readonly name: string;
  readonly about: string;
  readonly rounds: number;
  readonly seconds: number;
  readonly warmUpSeconds: number;
  readonly cases: readonly SuiteCase[];
}
