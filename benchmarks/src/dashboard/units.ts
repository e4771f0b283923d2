interface Unit {
  /** From the largest to the smallest: from where on each is used, and what it is written behind the number. */
  readonly steps: readonly (readonly [number, string])[];
}

const THOUSANDS = [
  [1e9, 'B'],
  [1e6, 'M'],
  [1e3, 'K'],
  [1, ''],
] as const;

/** Units of Grafana, by its names for them. */
const UNITS: Readonly<Record<string, Unit>> = {
  short: { steps: THOUSANDS },
  ops: { steps: THOUSANDS.map(([size, name]) => [size, `${name} ops/s`]) },
  bytes: { steps: ['GiB', 'MiB', 'KiB', 'B'].map((name, i) => [1024 ** (3 - i), ` ${name}`]) },
  Bps: { steps: ['GB/s', 'MB/s', 'kB/s', 'B/s'].map((name, i) => [1000 ** (3 - i), ` ${name}`]) },
  s: { steps: ['s', 'ms', 'µs'].map((name, i) => [1000 ** -i, ` ${name}`]) },
  percentunit: { steps: [[0.01, '%']] },
};

/** A value with its unit, short enough for an axis. Throws for a unit that is not known. */
export function withUnit(unit: string, value: number): string {
  if (value === 0) return '0';
  const [size, name] = stepFor(unit, value);
  return `${Number((value / size).toPrecision(3))}${name}`;
}

/** Ticks from zero up to a value, round in the unit that it is written in; the last is the value or above it. */
export function ticksTo(unit: string, top: number): number[] {
  const [size] = stepFor(unit, top);
  const rough = top / size / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step =
    ([1, 2, 2.5, 5].map((factor) => factor * power).find((one) => one >= rough) ?? 10 * power) * size;
  return Array.from({ length: Math.ceil(top / step - 1e-9) + 1 }, (_, i) => i * step);
}

function stepFor(unit: string, value: number): readonly [number, string] {
  const steps = UNITS[unit]?.steps;
  const step = steps?.find(([size]) => Math.abs(value) >= size) ?? steps?.at(-1);
  if (step === undefined) throw new Error(`nothing is known of the unit ${unit}`);
  return step;
}
