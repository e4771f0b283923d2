import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Their files are a few lines and take longest. */
const LONG = /\/attacks\/|\/conformance-|\/fuzz\//;

/**
 * Runs what takes longest first, so that the end of a run does not wait for one of them. Where nothing is known from
 * runs before, vitest goes by the size of files.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification): boolean => LONG.test(moduleId);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}
