/** One figure held against its bar. */
export interface Finding {
  readonly what: string;
  readonly measured: string;
  readonly bar: string;
  readonly holds: boolean;
}

/** A promise about performance or space that one command checks on the machine it runs on. */
export interface PromiseBar {
  readonly name: string;
  readonly about: string;
  /** Whether it takes so long that it runs only when it is named. Default: false. */
  readonly isLong?: boolean;
  run(): Promise<readonly Finding[]>;
}

const MIB = 1024 * 1024;

/** A byte count in MiB with one decimal. */
export function mib(bytes: number): string {
  return `${(bytes / MIB).toFixed(1)} MiB`;
}
