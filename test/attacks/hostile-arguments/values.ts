import type { BytesInput } from '@shale/engine';
import type { Random } from '../../support/random.js';

/** Something to pass, and what must come of it. */
export interface Passed<T> {
  readonly value: T;
  /** The bytes that are written when it is taken; null when it must be refused. */
  readonly bytes: Uint8Array | null;
}

/** What getters and codecs do to the caller's other arguments, and to the WAL, while they are being read. */
export type Mischief = () => void;

class Hostile extends Error {
  override readonly name = 'Hostile';
}

function fail(): never {
  throw new Hostile('made by the attack');
}

/** What cannot even be looked at. */
function untouchable<T extends object>(target: T): T {
  return new Proxy(target, {
    get: fail,
    has: fail,
    ownKeys: fail,
    getPrototypeOf: fail,
    getOwnPropertyDescriptor: fail,
  });
}

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable([], {});
  revoke();
  return proxy;
}

/** The memory of a payload, whatever it lies about itself; null when it has none. */
function memoryOf(payload: unknown): ArrayBuffer | SharedArrayBuffer | null {
  if (payload instanceof ArrayBuffer) return payload;
  for (const { get } of BUFFERS) {
    try {
      return get?.call(payload);
    } catch {
      // It is of another kind.
    }
  }
  return null;
}

const BUFFERS = [Object.getPrototypeOf(Uint8Array.prototype), DataView.prototype].map(
  (prototype) => Object.getOwnPropertyDescriptor(prototype, 'buffer') ?? {},
);

/** Takes the bytes away from whoever has the payload. */
export function detach(payload: unknown): void {
  const buffer = memoryOf(payload);
  if (buffer instanceof ArrayBuffer && buffer.byteLength > 0) {
    structuredClone(buffer, { transfer: [buffer] });
  }
}

/** Writes over the bytes of a payload. */
export function spoil(payload: unknown): void {
  const buffer = memoryOf(payload);
  // Buffers of Node are cut out of memory that others have, too.
  if (buffer === null || payload instanceof Buffer) Uint8Array.prototype.fill.call(payload, 0xee);
  else new Uint8Array(buffer).fill(0xee);
}

function resizable(length: number, most: number): ArrayBuffer & { resize?: (length: number) => void } {
  return Reflect.construct(ArrayBuffer, [length, { maxByteLength: most }]);
}

/** Anything at all, for a place where it does not belong. */
export function nonsense(random: Random): unknown {
  return random.of<() => unknown>([
    () => null,
    () => Number.NaN,
    () => -1,
    () => 2 ** 60,
    () => 1.5,
    () => -1n,
    () => 2n ** 64n,
    () => '',
    () => '\ud800',
    () => 'x'.repeat(600),
    () => true,
    () => Symbol('x'),
    () => fail,
    () => ({}),
    () => Object.create(null),
    () => untouchable({}),
    () => untouchable([]),
    () => revoked(),
    () => new Date(Number.NaN),
    () => ({ [Symbol.toPrimitive]: fail, toString: fail, constructor: untouchable({}) }),
    () => Object.defineProperty({}, 'constructor', { get: fail }),
    () => new Uint16Array(3),
    () => new Float64Array(3),
    () => new Proxy(new Uint8Array(3), {}),
    () => Object.create(Uint8Array.prototype),
  ])();
}

/** A payload that is good, and that the caller may do anything with afterwards. */
export function goodPayload(random: Random, most: number): Passed<BytesInput> {
  const length = random.once(10) ? 0 : random.below(most);
  const fill = random.below(256);
  const within = new Uint8Array(length + 20).fill(fill);
  const value = random.of<() => BytesInput>([
    () => new Uint8Array(length).fill(fill),
    () => Buffer.alloc(length, fill),
    () => within.subarray(7, 7 + length),
    () => new Uint8Array(length).fill(fill).buffer,
    () => new DataView(within.buffer, 7, length),
    () => Object.defineProperty(new DataView(within.buffer, 7, length), 'byteLength', { get: fail }),
    () => Object.setPrototypeOf(new DataView(within.buffer, 7, length), null),
    () => Object.defineProperty(new Uint8Array(length).fill(fill).buffer, 'byteLength', { value: 1e6 }),
    () => Object.defineProperty(new Uint8Array(length).fill(fill), 'length', { value: random.below(1e6) }),
    () => Object.defineProperty(new Uint8Array(length).fill(fill), 'byteLength', { get: fail }),
    () => Object.setPrototypeOf(new Uint8Array(length).fill(fill), null),
    () => new Uint8Array(new SharedArrayBuffer(length)).fill(fill),
    () => new Uint8Array(resizable(length, length + 10)).fill(fill),
  ])();
  return { value, bytes: Buffer.alloc(length, fill) };
}

/** A payload that must be refused, whatever it stands among. */
export function badPayload(random: Random): Passed<unknown> {
  const value = random.of<() => unknown>([
    () => {
      const payload = new Uint8Array(1 + random.below(5000));
      detach(payload);
      return payload;
    },
    () => {
      const buffer = resizable(64, 64);
      const payload = new Uint8Array(buffer, 32, 16);
      buffer.resize?.(8);
      return payload;
    },
    () => {
      const buffer = new ArrayBuffer(1 + random.below(500));
      const view = new DataView(buffer, 1);
      structuredClone(buffer, { transfer: [buffer] });
      return random.of<unknown>([buffer, view]);
    },
    () => {
      const buffer = resizable(64, 64);
      const view = new DataView(buffer, 32, 16);
      buffer.resize?.(8);
      return view;
    },
    () => nonsense(random),
  ])();
  return { value, bytes: null };
}

/** An array with getters that make mischief while it is read. */
export function busyArray<T>(random: Random, items: readonly T[], mischief: Mischief): T[] {
  const array = [...items];
  const at = random.below(array.length);
  const item = array[at];
  if (random.once(2)) {
    return Object.defineProperty(array, at, {
      get: () => {
        mischief();
        return item;
      },
    });
  }
  return new Proxy(array, {
    get: (target, key) => {
      if (key === String(at)) mischief();
      return Reflect.get(target, key);
    },
  });
}

/** An array that must be refused. */
export function badArray(random: Random, items: readonly unknown[]): unknown {
  return random.of<() => unknown>([
    () => untouchable([...items]),
    () => revoked(),
    () => new Proxy([...items], { get: (_, key) => (key === 'length' ? Number.MAX_SAFE_INTEGER : items[0]) }),
    () => new Proxy([...items], { get: (_, key) => (key === 'length' ? Number.NaN : items[0]) }),
    () => Object.defineProperty([...items, 0], items.length, { get: fail }),
    () => Object.assign({}, items),
    () => new Set(items),
    () => 'text',
    () => null,
  ])();
}

/** Options that must be refused. */
export function badOptions(random: Random, known: readonly string[]): unknown {
  const key = known[random.below(known.length)] ?? 'signal';
  return random.of<() => unknown>([
    () => ({ [`${key}x`]: undefined }),
    () => ({ [key.slice(1)]: 1 }),
    () => Object.create({ misspelt: true }),
    () => ({
      get [key]() {
        return fail();
      },
    }),
    () => untouchable({}),
    () => revoked(),
    () => 'text',
    () => null,
    () => 5,
    () => ({ [key]: untouchable({}) }),
    () => ({ [key]: Symbol('x') }),
  ])();
}
