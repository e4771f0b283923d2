/** Does one thing after the other. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  /** Does something when all before is done, however that ended; resolves or rejects as it does. */
  take<T>(call: () => Promise<T>): Promise<T> {
    const done = this.#last.then(call, call);
    this.#last = done.catch(() => undefined);
    return done;
  }
}
