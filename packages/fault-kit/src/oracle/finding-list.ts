import { nameOf, type Part } from './entries.js';
import type { Finding, FindingKind } from './finding.js';

/** Findings of one kind and table that are told; more of them only repeat the first. */
const MOST_OF_A_KIND = 5;

/** What is wrong with one table. */
export class FindingList {
  readonly all: Finding[] = [];
  readonly #table: string;
  readonly #counts = new Map<FindingKind, number>();

  constructor(table: string) {
    this.#table = table;
  }

  /** Adds one, about a sequence and a submitted part if it is about one. */
  add(kind: FindingKind, expected: string, found: string, sequence?: bigint, part?: Part): void {
    const count = (this.#counts.get(kind) ?? 0) + 1;
    this.#counts.set(kind, count);
    if (count > MOST_OF_A_KIND) return;
    this.all.push({
      kind,
      table: this.#table,
      ...(sequence === undefined ? {} : { sequence }),
      ...(part === undefined ? {} : { submit: nameOf(part.submit) }),
      expected,
      found,
    });
  }
}
