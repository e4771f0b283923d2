import { closeSync, openSync, readSync, writeFileSync, writeSync } from 'node:fs';

/**
 * Calls that a rule can choose. `open` is any opening, `create` one that makes a file, `sync` is fsync and fdatasync.
 */
export type CallKind =
  | 'open'
  | 'create'
  | 'read'
  | 'write'
  | 'sync'
  | 'truncate'
  | 'allocate'
  | 'rename'
  | 'unlink'
  | 'link'
  | 'mkdir'
  | 'rmdir'
  | 'rangeSync';

/** Files that a rule can choose, by what RocksDB uses them for. `current` is CURRENT and what becomes it. */
export type FileKind =
  | 'log'
  | 'table'
  | 'manifest'
  | 'current'
  | 'directory'
  | 'info'
  | 'watermark'
  | 'other';

/** An error that the operating system would report. */
export type DiskError = 'EIO' | 'ENOSPC' | 'EINTR' | 'EDQUOT' | 'EROFS' | 'EACCES' | 'EMFILE' | 'ENOMEM';

/** What becomes of a chosen call. */
export type Fault =
  /** It does nothing and reports the error, after a while if `microseconds` says so. */
  | { readonly kind: 'fail'; readonly error: DiskError; readonly microseconds?: number }
  /** A write writes half of what it was asked to. */
  | { readonly kind: 'shorten' }
  /** It waits so long, and is done then. */
  | { readonly kind: 'delay'; readonly microseconds: number }
  /** It waits until the rules are replaced, and is then judged by the new ones. */
  | { readonly kind: 'hold' }
  /** A sync does nothing and reports success: a disk that lies. */
  | { readonly kind: 'leaveOut' };

/** Chooses calls and says what becomes of them. */
export interface Rule {
  readonly calls: readonly CallKind[];
  /** Default: all. */
  readonly files?: readonly FileKind[];
  /** Acts from this matching call on, from 1; default 1. Counting starts when the rules are set. */
  readonly from?: number;
  /** Acts on so many of them; default all. */
  readonly count?: number;
  /** Only calls of threads that compact: RocksDB's and those of passes. Default: of all threads. */
  readonly by?: 'compaction';
  /** Chooses only once the rule at this index has acted. */
  readonly after?: number;
  /** Before it acts, waits until the rule at this index has acted, or the rules are replaced. */
  readonly until?: number;
  readonly fault: Fault;
}

// The numbers of native/disk.c.
const CALLS: Readonly<Record<CallKind, number>> = {
  create: 0,
  read: 1,
  write: 2,
  sync: 3,
  truncate: 5,
  allocate: 6,
  rename: 7,
  unlink: 8,
  link: 9,
  mkdir: 10,
  rmdir: 11,
  rangeSync: 13,
  open: 14,
};
const FILES: Readonly<Record<FileKind, number>> = {
  log: 1,
  table: 2,
  manifest: 4,
  current: 8,
  directory: 16,
  info: 32,
  other: 64,
  watermark: 128,
};
const ERRORS: Readonly<Record<DiskError, number>> = {
  EIO: 5,
  ENOSPC: 28,
  EINTR: 4,
  EDQUOT: 122,
  EROFS: 30,
  EACCES: 13,
  EMFILE: 24,
  ENOMEM: 12,
};
const FAULTS: Readonly<Record<Fault['kind'], number>> = {
  fail: 1,
  shorten: 2,
  delay: 3,
  leaveOut: 4,
  hold: 5,
};

const SIZE = 1024;
const HEADER = 64;
const VERSION_AT = 24;
const RULE = 64;
const MOST_RULES = 15;
const NO_LIMIT = 2n ** 64n - 1n;

/**
 * What the interposer is told, and what it counts, in a file that it has mapped: a change takes effect with the next
 * call of the watched process, and may be made from any process.
 */
export class DiskControl {
  readonly path: string;

  /** Makes the file, without limit and rules; or uses the one that is there, as a watched process does for itself. */
  constructor(path: string, options: { readonly existing?: boolean } = {}) {
    this.path = path;
    if (options.existing) return;
    const empty = Buffer.alloc(SIZE);
    empty.writeBigUInt64LE(NO_LIMIT, 0);
    writeFileSync(path, empty);
  }

  /** Bytes by which the watched files may grow in all, counted from the start; null: no limit. */
  setLimit(bytes: number | null): void {
    const value = Buffer.alloc(8);
    value.writeBigUInt64LE(bytes === null ? NO_LIMIT : BigInt(bytes));
    this.#write(value, 0);
  }

  /** Bytes by which the watched files have grown so far, less what was removed. */
  get used(): number {
    return Number(this.#read(8, 8).readBigUInt64LE());
  }

  /** Calls refused for want of room. */
  get refused(): number {
    return Number(this.#read(16, 8).readBigUInt64LE());
  }

  /** Replaces the rules, at most 15, and restarts the counts. The first rule that matches a call decides. */
  setRules(rules: readonly Rule[]): void {
    if (rules.length > MOST_RULES) throw new RangeError(`at most ${MOST_RULES} rules`);
    const bytes = Buffer.alloc(MOST_RULES * RULE);
    rules.forEach((rule, index) => {
      const at = index * RULE;
      const files = rule.files === undefined ? 255 : rule.files.reduce((bits, file) => bits | FILES[file], 0);
      bytes.writeUInt32LE(
        rule.calls.reduce((bits, call) => bits | (1 << CALLS[call]), 0),
        at,
      );
      bytes.writeUInt32LE(files, at + 4);
      bytes.writeBigUInt64LE(BigInt(rule.from ?? 1), at + 8);
      bytes.writeBigUInt64LE(rule.count === undefined ? NO_LIMIT : BigInt(rule.count), at + 16);
      bytes.writeUInt32LE(FAULTS[rule.fault.kind], at + 24);
      if (rule.fault.kind === 'fail') bytes.writeInt32LE(ERRORS[rule.fault.error], at + 28);
      if ('microseconds' in rule.fault) bytes.writeBigUInt64LE(BigInt(rule.fault.microseconds ?? 0), at + 32);
      bytes.writeUInt8(rule.by === undefined ? 0 : 1, at + 56);
      bytes.writeUInt8(rule.after === undefined ? 0 : rule.after + 1, at + 57);
      bytes.writeUInt8(rule.until === undefined ? 0 : rule.until + 1, at + 58);
    });
    this.#write(bytes, HEADER);
    const version = this.#read(VERSION_AT, 8);
    version.writeBigUInt64LE(version.readBigUInt64LE() + 1n);
    this.#write(version, VERSION_AT);
  }

  /** How many calls a rule has chosen from, and how many it has acted on. */
  counts(rule: number): { readonly seen: number; readonly hits: number } {
    const bytes = this.#read(HEADER + rule * RULE + 40, 16);
    return { seen: Number(bytes.readBigUInt64LE(0)), hits: Number(bytes.readBigUInt64LE(8)) };
  }

  #write(bytes: Buffer, at: number): void {
    const fd = openSync(this.path, 'r+');
    try {
      writeSync(fd, bytes, 0, bytes.length, at);
    } finally {
      closeSync(fd);
    }
  }

  #read(at: number, length: number): Buffer {
    const fd = openSync(this.path, 'r');
    try {
      const bytes = Buffer.alloc(length);
      readSync(fd, bytes, 0, length, at);
      return bytes;
    } finally {
      closeSync(fd);
    }
  }
}
