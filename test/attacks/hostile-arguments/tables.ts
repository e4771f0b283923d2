import type { Table, Wal } from '@shale/engine';
import type { Random } from '../../support/random.js';
import { Ledger } from './ledger.js';

/** A table of the attack, and what it must hold. */
export interface Target {
  readonly key: string;
  readonly id: (typeof IDS)[number]['id'];
  readonly ledger: Ledger;
  readonly table: Table;
}

const IDS = [
  { key: '1/1', id: { region: 1n, table: 1n } },
  { key: '1/2', id: { region: 1n, table: 2n } },
  { key: '1/3', id: { region: 1n, table: 3n } },
  { key: 'a', id: 'a' },
  { key: 'b', id: 'b' },
  { key: 'c', id: 'c' },
] as const;

/** The tables that the attack uses, and the model of each, which lives as long as the directory. */
export class Tables {
  readonly #ledgers: ReadonlyMap<string, Ledger> = new Map(IDS.map(({ key }) => [key, new Ledger()]));

  of(wal: Wal): Target[] {
    return IDS.map(({ key, id }) => {
      const ledger = this.#ledgers.get(key);
      if (ledger === undefined) throw new Error(`${key} has no ledger`);
      return { key, id, ledger, table: wal.table(id) };
    });
  }

  /** One of them. */
  pick(wal: Wal, random: Random): Target {
    const tables = this.of(wal);
    const target = tables[random.below(tables.length)];
    if (target === undefined) throw new Error('there is no table');
    return target;
  }
}
