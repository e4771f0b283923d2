import { type TableId, WalError } from '@shale/codec';

/** Names that are asked about at a time: few enough that a thread has the answer soon. */
const NAMES_AT_ONCE = 512;

interface Question {
  readonly name: string;
  readonly resolve: (id: TableId | null) => void;
  readonly reject: (error: unknown) => void;
}

/** Asks about names, those together that are wanted together, one request after the other. */
export class Questions {
  readonly #ask: (names: string[]) => Promise<readonly (TableId | null)[]>;
  #waiting: Question[] = [];
  #isAsking = false;

  /** @param ask resolves with an answer for each name, in their order */
  constructor(ask: (names: string[]) => Promise<readonly (TableId | null)[]>) {
    this.#ask = ask;
  }

  /** The table of a name. */
  about(name: string): Promise<TableId | null> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ name, resolve, reject });
      if (!this.#isAsking) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#isAsking = true;
    // Questions of the same turn share one task.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const waiting = this.#waiting;
      this.#waiting = [];
      for (let at = 0; at < waiting.length; at += NAMES_AT_ONCE) {
        await this.#answer(waiting.slice(at, at + NAMES_AT_ONCE));
      }
    }
    this.#isAsking = false;
  }

  async #answer(questions: readonly Question[]): Promise<void> {
    try {
      const ids = await this.#ask(questions.map(({ name }) => name));
      if (ids.length !== questions.length) {
        throw new WalError('SHALE_INTERNAL', `${ids.length} answers about ${questions.length} names`);
      }
      for (const [index, { resolve }] of questions.entries()) resolve(ids[index] ?? null);
    } catch (error) {
      for (const { reject } of questions) reject(error);
    }
  }
}
