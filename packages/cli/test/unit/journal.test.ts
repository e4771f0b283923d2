import { describe, expect, it } from 'vitest';
import {
  type CheckpointRecord,
  foldJournal,
  type JournaledOptions,
  type JournalState,
  NO_PROGRESS,
  type StartRecord,
} from '../../dist/ingest/journal-records.js';
import { type Intent, planRun } from '../../dist/ingest/resume-plan.js';

const OPTIONS: JournaledOptions = {
  format: 'ndjson',
  tableBy: 'host',
  raw: false,
  delimiter: ',',
  lossless: false,
  maxLineBytes: 100,
};
const START: StartRecord = {
  kind: 'start',
  version: 1,
  name: 'in',
  source: 'file',
  startedAt: 0,
  options: OPTIONS,
  rejectFile: '/r',
};
const checkpoint = (
  line: number,
  moved: readonly number[],
  state: CheckpointRecord['state'] = 'running',
): CheckpointRecord => ({
  kind: 'checkpoint',
  state,
  progress: { ...NO_PROGRESS, line, offset: line * 10 },
  fingerprint: { head: '', tail: '' },
  moved,
});

describe('a journal', () => {
  it('is nothing without a start', () => {
    expect(foldJournal([])).toBeUndefined();
  });

  it('adds up to the last position and where each table stood there', () => {
    const state = foldJournal([
      START,
      { kind: 'tables', from: 0, names: ['a', 'b'], bases: [0n, 7n] },
      checkpoint(10, [0, 4, 1, 6]),
      { kind: 'tables', from: 2, names: ['c'], bases: [1n] },
      checkpoint(20, [1, 9]),
      { kind: 'tables', from: 3, names: ['d'], bases: [0n] },
    ]);
    expect(state?.checkpoint?.progress.line).toBe(20);
    expect(state?.tables).toEqual([
      { name: 'a', base: 0n, count: 4 },
      { name: 'b', base: 7n, count: 9 },
      { name: 'c', base: 1n, count: 0 },
      { name: 'd', base: 0n, count: 0 },
    ]);
  });

  it('forgets what was before a start', () => {
    const state = foldJournal([
      START,
      { kind: 'tables', from: 0, names: ['a'], bases: [0n] },
      checkpoint(10, [0, 4]),
      START,
    ]);
    expect(state).toEqual({ start: START, tables: [], checkpoint: undefined });
  });

  it('that contradicts itself is corrupt', () => {
    const gap = [START, { kind: 'tables', from: 1, names: ['a'], bases: [0n] }] as const;
    expect(() => foldJournal(gap)).toThrow(expect.objectContaining({ code: 'SHALE_CORRUPT' }));
    expect(() => foldJournal([START, checkpoint(1, [0, 1])])).toThrow(
      expect.objectContaining({ code: 'SHALE_CORRUPT' }),
    );
  });
});

describe('the way to begin', () => {
  const NOTHING: Intent = { resume: false, restart: false, again: false };
  const context = { input: 'in', source: 'file', given: {}, otherUnfinished: [], resumeCommand: '' } as const;
  const unfinished: JournalState = { start: START, tables: [], checkpoint: checkpoint(5, []) };
  const stopped: JournalState = { start: START, tables: [], checkpoint: checkpoint(5, [], 'stopped') };
  const young: JournalState = {
    start: START,
    tables: [{ name: 'a', base: 0n, count: 0 }],
    checkpoint: undefined,
  };
  const stillborn: JournalState = { start: START, tables: [], checkpoint: checkpoint(0, []) };
  const complete: JournalState = { start: START, tables: [], checkpoint: checkpoint(5, [], 'complete') };
  const plan = (state: JournalState | undefined, intent: Partial<Intent>, more: object = {}) =>
    planRun(state, { ...NOTHING, ...intent }, { ...context, ...more }).kind;

  it('is at line 1 for an input that was never ingested, with --resume too', () => {
    expect([plan(undefined, {}), plan(undefined, { resume: true })]).toEqual(['fresh', 'fresh']);
  });

  it('is refused with --resume when other ingests are unfinished: the input may have another name now', () => {
    expect(() => plan(undefined, { resume: true }, { otherUnfinished: ['x'] })).toThrow(
      /no ingest of in to resume/,
    );
  });

  it('is at line 1 again when the run before wrote nothing, with its options or with other ones', () => {
    expect([plan(stillborn, {}), plan(stillborn, { resume: true }, { given: { tableBy: 'cpu' } })]).toEqual([
      'fresh',
      'fresh',
    ]);
    expect(planRun(stillborn, { ...NOTHING, resume: true }, context)).toEqual({
      kind: 'resume',
      from: stillborn,
    });
  });

  it.each([unfinished, stopped, young])('of an unfinished ingest has to be chosen', (state) => {
    expect(() => plan(state, {})).toThrow(expect.objectContaining({ code: 'CLI_INGEST_UNFINISHED' }));
    expect(() => plan(state, { again: true })).toThrow(
      expect.objectContaining({ code: 'CLI_INGEST_UNFINISHED' }),
    );
    expect([plan(state, { resume: true }), plan(state, { restart: true })]).toEqual(['resume', 'fresh']);
  });

  it('of a finished file has to be chosen, and of a pipe is new', () => {
    expect(() => plan(complete, {})).toThrow(expect.objectContaining({ code: 'CLI_INGEST_FINISHED' }));
    expect([plan(complete, { resume: true }), plan(complete, { again: true })]).toEqual(['resume', 'fresh']);
    expect(plan(complete, {}, { source: 'stream' })).toBe('fresh');
  });

  it('is refused when options differ from the beginning', () => {
    expect(plan(unfinished, { resume: true }, { given: { tableBy: 'host' } })).toBe('resume');
    expect(() => plan(unfinished, { resume: true }, { given: { tableBy: 'cpu' } })).toThrow(
      /--table-by host, not cpu/,
    );
  });

  it('takes one choice at a time', () => {
    expect(() => plan(unfinished, { resume: true, restart: true })).toThrow(/at most one/);
  });
});
