import { onTestFinished } from 'vitest';
import { ShardThread } from '../dist/shard/shard-thread.js';

type Attach = (thread: ShardThread, attach: () => Promise<unknown>) => Promise<unknown>;

/** Lets `attach` decide what comes of every attempt of a new thread to attach, until the test is over. */
export function interceptStarts(attach: Attach): void {
  const { run } = ShardThread.prototype;
  function intercepted(this: ShardThread, ...args: Parameters<typeof run>): Promise<unknown> {
    const ask = (): Promise<unknown> => run.apply(this, args);
    return args[0].kind === 'attach' ? attach(this, ask) : ask();
  }
  Object.assign(ShardThread.prototype, { run: intercepted });
  onTestFinished(() => void Object.assign(ShardThread.prototype, { run }));
}

/**
 * Makes the next `count` attempts to start a thread fail, as when there is no memory for one. `failed` resolves when
 * `notable` of them have failed; default: all.
 */
export function failStarts(
  count: number,
  notable: number = count,
): { readonly failed: Promise<void>; attempts(): number } {
  let attempts = 0;
  let note = (): void => {};
  const failed = new Promise<void>((resolve) => {
    note = resolve;
  });
  interceptStarts((_, attach) => {
    attempts++;
    if (attempts > count) return attach();
    if (attempts === notable) note();
    return Promise.reject(new Error(`start ${attempts} fails`));
  });
  return { failed, attempts: () => attempts };
}
