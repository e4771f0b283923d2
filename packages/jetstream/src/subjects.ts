import { type TableId, toU64 } from '@shale/codec';

/** The stream of a partition. */
export function streamOf(name: string, partition: number): string {
  return `${name}_${partition}`;
}

/** What a stream takes. */
export function subjectsOf(name: string, partition: number): string {
  return `${name}.${partition}.>`;
}

/** Where its owners are. */
export function ownerSubject(name: string, partition: number): string {
  return `${name}.${partition}.o`;
}

/** Where the entries of a table are. */
export function tableSubject(name: string, partition: number, { region, table }: TableId): string {
  return `${name}.${partition}.t.${region}.${table}`;
}

/** Where the name of a table is. */
export function nameSubject(name: string, partition: number, { region, table }: TableId): string {
  return `${name}.${partition}.n.${region}.${table}`;
}

/** What a subject of a partition is of; null for one that no replica has. */
export type SubjectParts = { readonly of: 'owner' } | { readonly of: 'table' | 'name'; readonly id: TableId };

const DIGITS = /^(?:0|[1-9]\d{0,19})$/;

/** Takes a subject apart. */
export function partsOf(subject: string): SubjectParts | null {
  const [, , what, region = '', table = '', ...rest] = subject.split('.');
  if (what === 'o') return { of: 'owner' };
  if ((what !== 't' && what !== 'n') || rest.length > 0 || !DIGITS.test(region) || !DIGITS.test(table))
    return null;
  try {
    const id = { region: toU64('region', BigInt(region)), table: toU64('table', BigInt(table)) };
    return { of: what === 't' ? 'table' : 'name', id };
  } catch {
    return null;
  }
}

/** The partition of a region: all its tables are in one. */
export function partitionOf(region: bigint, partitions: number): number {
  // The multiplier of a Fibonacci hash: regions with consecutive ids spread evenly.
  const mixed = BigInt.asUintN(64, region * 0x9e3779b97f4a7c15n) >> 32n;
  return Number((mixed * BigInt(partitions)) >> 32n);
}
