import { WalError } from '@shale/codec';

/**
 * What keeps an open WAL from writing:
 *
 * ```text
 * well ──► full | starved ──► well   the disk is full, or there were no file descriptors or no memory; resume() ends it
 *   └───────┬────────┘
 *           └──► poisoned | failed   until it is opened again: a sync failed, or a shard could not be restarted
 * ```
 */
export type HealthState = 'well' | 'full' | 'starved' | 'poisoned' | 'failed';

/** Latches the first error after which nothing may be acknowledged. */
export class Health {
  #state: HealthState = 'well';
  #error: WalError | null = null;
  readonly #onTrouble: (error: WalError) => void;
  readonly #onChange: (state: HealthState, error: WalError | null) => void;

  /**
   * @param onTrouble called at each step away from `well`, with the error that everything queued gets
   * @param onChange called after each step
   */
  constructor(
    onTrouble: (error: WalError) => void,
    onChange: (state: HealthState, error: WalError | null) => void,
  ) {
    this.#onTrouble = onTrouble;
    this.#onChange = onChange;
  }

  get state(): HealthState {
    return this.#state;
  }

  /** The error that every write gets now, or null. */
  get error(): WalError | null {
    return this.#error;
  }

  /** Looks at the error of a write; latches if it says that later writes must not be acknowledged. */
  notice(error: WalError): void {
    if (error.code === 'SHALE_POISONED') this.#latch('poisoned', error);
    else if (this.#state !== 'well') return;
    else if (error.code === 'SHALE_NO_SPACE') this.#latch('full', error);
    else if (error.code === 'SHALE_NO_RESOURCES') this.#latch('starved', error);
  }

  /** Says more of a full disk, while it is full. */
  explain(explain: (error: WalError) => WalError): void {
    if (this.#state === 'full' && this.#error !== null) this.#error = explain(this.#error);
  }

  /** A shard is gone for good. */
  fail(error: WalError): void {
    this.#latch('failed', error);
  }

  /** There is room again, or what was short. Throws what made the WAL unusable, if resuming cannot end it. */
  resumed(): void {
    if (this.#state === 'poisoned' || this.#state === 'failed')
      throw this.#error ?? new WalError('SHALE_INTERNAL', '');
    if (this.#state === 'well') return;
    this.#state = 'well';
    this.#error = null;
    this.#onChange('well', null);
  }

  #latch(state: HealthState, error: WalError): void {
    if (this.#state === 'poisoned' || this.#state === 'failed') return;
    this.#state = state;
    this.#error = error;
    this.#onTrouble(error);
    this.#onChange(state, error);
  }
}
