/** The chunks of an input, and the offset behind the last one that came. */
export class Counted implements AsyncIterable<Buffer> {
  readonly #chunks: AsyncIterable<Buffer>;
  #end: number;

  constructor(chunks: AsyncIterable<Buffer>, from: number) {
    this.#chunks = chunks;
    this.#end = from;
  }

  get end(): number {
    return this.#end;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer, void, undefined> {
    for await (const chunk of this.#chunks) {
      this.#end += chunk.length;
      yield chunk;
    }
  }
}
