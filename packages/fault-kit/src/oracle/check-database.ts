import type { Wal } from '@shale/engine';
import { tableKey, tableOf } from '../table-key.js';
import { checkAtomicity } from './check-atomicity.js';
import type { AppendSubmit, Part } from './entries.js';
import { describeFinding, type Finding } from './finding.js';
import type { Ledger } from './ledger.js';
import { type Death, TableCheck, type TableVerdict } from './table-check.js';

/** How to check. */
export interface CheckOptions {
  /** How the last process ended, and so what must be there; see {@link Death}. Default `'process'`. */
  readonly death?: Death;
}

/** What a check found. */
export interface OracleReport {
  /** What is wrong; empty when everything is as it must be. */
  readonly findings: readonly Finding[];
  /** Tables compared. */
  readonly tables: number;
  /** Entries read and compared, byte for byte. */
  readonly entries: number;
  /** Acknowledged entries that are there, or were trimmed by request. */
  readonly kept: number;
  /** Appends that are in and were never answered. */
  readonly unanswered: number;
  /** @internal What there is, for `settle`. */
  readonly verdicts: readonly TableVerdict[];
}

/**
 * Compares a reopened database with what its journals say. Reads every table that a journal names and lists all tables;
 * changes nothing, neither in the database nor in the ledger.
 */
export async function checkDatabase(
  wal: Wal,
  ledger: Ledger,
  options: CheckOptions = {},
): Promise<OracleReport> {
  const death = options.death ?? 'process';
  const findings: Finding[] = [];
  const verdicts: TableVerdict[] = [];
  let entries = 0;
  for (const state of ledger.tables.values()) {
    // An unanswered drop may have been done or not: it is enough if the table is right one way.
    const checks = [null, ...state.drops].map((drop) => new TableCheck(state, ledger.seeds, death, drop));
    const table = tableOf(wal, state.record);
    try {
      const first = await table.firstSequence();
      const last = await table.lastSequence();
      for (const check of checks) check.begin(first, last);
      for await (const chunk of table.read().chunks()) {
        for (let i = 0; i < chunk.length; i++) {
          const { sequence, payload } = chunk.at(i);
          for (const check of checks) check.entry(sequence, payload);
          entries++;
        }
      }
    } catch (error) {
      for (const check of checks) check.unreadable(error);
    }
    const ways = checks.map((check) => check.end());
    const right = ways.find((way) => way.findings.length === 0) ?? ways[0];
    if (right !== undefined) verdicts.push(right);
  }
  for (const verdict of verdicts) findings.push(...verdict.findings);
  findings.push(...checkAtomicity(verdicts), ...(await foreignTables(wal, ledger)));
  const submits = new Set<AppendSubmit>();
  let kept = 0;
  for (const { present } of verdicts) {
    for (const [part, fate] of present) {
      if (fate !== 'in') continue;
      if (part.submit.outcome === 'acked') kept += part.record.count;
      else submits.add(part.submit);
    }
  }
  return { findings, tables: verdicts.length, entries, kept, unanswered: submits.size, verdicts };
}

/**
 * Lets the ledger take what a clean check found for granted: what is in stays in, at its sequence; what is not in is
 * gone for good. Keeps the ledger small over many restarts. Only after a check of a database that was opened for
 * writing, which makes what it finds durable. Throws an Error when the report has findings.
 */
export function settle(ledger: Ledger, report: OracleReport): void {
  if (report.findings.length > 0) throw new Error(explain(report));
  for (const { table, first, last, present, sequences } of report.verdicts) {
    const kept: Part[] = [];
    for (const part of table.parts) {
      const start = sequences.get(part);
      if (present.get(part) === 'in' && start !== undefined && start + BigInt(part.record.count) > first) {
        part.first = start;
        part.found = true;
        kept.push(part);
      }
    }
    table.parts = kept;
    table.trims = [];
    table.drops = [];
    table.settledLast = last;
    table.settledTrim = first > 0n ? first - 1n : 0n;
  }
  ledger.retainParts();
}

/** Throws an Error that tells every finding of a report, if it has any. */
export function assertClean(report: OracleReport): void {
  if (report.findings.length > 0) throw new Error(explain(report));
}

const MOST = 20;

function explain({ findings }: OracleReport): string {
  const lines = findings.slice(0, MOST).map(describeFinding);
  if (findings.length > MOST) lines.push(`and ${findings.length - MOST} more`);
  return `the database is not what its journals say:\n${lines.join('\n')}`;
}

/** Tables that no journal names. */
async function foreignTables(wal: Wal, ledger: Ledger): Promise<Finding[]> {
  const findings: Finding[] = [];
  const ids = new Set(Array.from(ledger.tables.values(), ({ record }) => record.table));
  try {
    for await (const { id, name, last } of wal.tables()) {
      if (id.region === null && name === undefined && ids.has(String(id.table))) continue;
      const record =
        name === undefined ? { region: String(id.region ?? ''), table: String(id.table) } : { name };
      const key = tableKey(record);
      if (ledger.tables.has(key)) continue;
      findings.push({
        kind: 'foreign',
        table: key,
        expected: 'no such table',
        found: `one with a last sequence of ${last}`,
      });
    }
  } catch (error) {
    findings.push({ kind: 'unreadable', table: '*', expected: 'a list of all tables', found: String(error) });
  }
  return findings;
}
