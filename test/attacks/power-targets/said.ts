/** What makes a directory out of another one. */
export type Making = 'checkpoint' | 'backup' | 'restore' | 'repair';

/** What the process says, a line each, in a file that is recorded with the disk. */
export type Said =
  /** Entries up to this sequence are durable. */
  | { readonly say: 'acknowledged'; readonly last: number }
  /** A call begins; what it makes must have entries up to `least`. */
  | {
      readonly say: 'begun';
      readonly number: number;
      readonly making: Making;
      readonly to: string;
      readonly least: number;
      readonly keep: number;
    }
  /** It has resolved. `id`: of the backup. */
  | { readonly say: 'done'; readonly number: number; readonly id: number };
