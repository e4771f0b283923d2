/** Where a value stands in a drawing, 0 at its bottom and 1 at its top, and the values that are written beside it. */
export interface Scale {
  readonly heightOf: (value: number) => number;
  readonly marks: readonly number[];
}

/** From 0 to a round number that no value is above. Round is 1, 2 or 5 times a power of ten, of 1024 for bytes. */
export function linear(most: number, base: 1000 | 1024): Scale {
  const top = roundUp(most, base);
  return { heightOf: (value) => Math.max(0, value / top), marks: [top, top / 2] };
}

function roundUp(most: number, base: 1000 | 1024): number {
  if (!(most > 0)) return 1;
  const unit = base === 1000 ? 1 : base ** Math.max(0, Math.floor(Math.log(most) / Math.log(base)));
  const power = 10 ** Math.floor(Math.log10(most / unit));
  const step = [1, 2, 5, 10].find((factor) => factor * power * unit >= most) ?? 10;
  return step * power * unit;
}

/** Powers of ten around the values, at least one apart. Values below the least stand at the bottom. */
export function logarithmic(least: number, most: number): Scale {
  const low = Math.floor(Math.log10(Math.max(least, 0.001)));
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(most, 0.001))));
  const marks = Array.from({ length: high - low + 1 }, (_, i) => 10 ** (high - i));
  return {
    heightOf: (value) => Math.max(0, (Math.log10(Math.max(value, 0.001)) - low) / (high - low)),
    marks,
  };
}
