import type { Table, Wal } from '@shale/engine';
import { CliError } from '../cli-error.js';

/** How a command names a table: by its name, or with `--region` by its numeric ids. */
export interface TableArgument {
  readonly table: string;
  readonly region: bigint | undefined;
}

/** The table that the arguments name. Fails when it was never written. */
export async function findTable(wal: Wal, { table, region }: TableArgument): Promise<Table> {
  if (region === undefined) {
    const found = wal.table(table);
    if ((await found.lastSequence()) > 0n) return found;
    const hint = /^\d+$/.test(table)
      ? 'A table without a name is told by its ids: --region <id>.'
      : '`shale tables` lists what is there.';
    throw new CliError('CLI_NOT_FOUND', `there is no table named ${JSON.stringify(table)}`, { hint });
  }
  if (!/^\d{1,20}$/.test(table)) {
    throw new CliError('CLI_USAGE', `with --region the table is a number, not ${JSON.stringify(table)}`);
  }
  const found = wal.table({ region, table: BigInt(table) });
  if ((await found.lastSequence()) > 0n) return found;
  throw new CliError('CLI_NOT_FOUND', `table ${table} of region ${region} was never written`, {
    hint: '`shale tables` lists what is there.',
  });
}
