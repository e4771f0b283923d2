import { isNamedTable, type LogKeyPrefix, type TableId } from '@shale/codec';
import { type ShardBy, shardOf } from './routing.js';

/** How to route in one WAL. */
export interface Routing {
  readonly instance: number;
  readonly shards: number;
  readonly shardBy: ShardBy;
}

/**
 * Where a table is, computed once per table and used by every append to it. It is what the table's keys begin with,
 * too: an application may ask for its table at each append, so there is little to make.
 */
export interface Address extends LogKeyPrefix {
  readonly id: TableId;
  readonly shard: number;
}

/**
 * What the append path knows of a table. Tables with an id have their address from the start; tables with a name get
 * it from the catalog, and lose it when they are dropped.
 */
export class TableRef {
  address: Address | null;
  readonly name: string | null;
  /** Whether it was asked for by an id that belongs to a name, which can be read and nothing else. */
  readonly isReserved: boolean;
  /** The frame that this table is in already, and its index there. */
  frameSerial = 0;
  frameIndex = 0;

  constructor(address: Address | null, name: string | null) {
    this.address = address;
    this.name = name;
    this.isReserved = name === null && address !== null && isNamedTable(address.id);
  }

  /** One that keeps the address of now: itself, unless it has a name, which may lose it. */
  pinned(): TableRef {
    return this.name === null ? this : new TableRef(this.address, this.name);
  }
}

/** Computes where a table is. */
export function addressOf(id: TableId, routing: Routing): Address {
  const { region, table } = id;
  const shard = shardOf(region, table, routing.shards, routing.shardBy);
  return { id, instance: routing.instance, region, table, shard };
}
