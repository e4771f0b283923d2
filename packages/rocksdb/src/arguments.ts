/** Node's own codes for a caller's mistakes; the addon uses the same. */

export function typeError(name: string, expectation: string): TypeError {
  const error = new TypeError(`The "${name}" argument must be ${expectation}`);
  return Object.assign(error, { code: 'ERR_INVALID_ARG_TYPE' });
}

export function rangeError(name: string, expectation: string, value: unknown): RangeError {
  const error = new RangeError(`The "${name}" argument must be ${expectation}, not ${String(value)}`);
  return Object.assign(error, { code: 'ERR_OUT_OF_RANGE' });
}

/** Options as they are, once they are known to be an object; JavaScript callers may pass anything. */
export function requireOptions<T extends object>(options: T): T {
  if (typeof options !== 'object' || options === null) throw typeError('options', 'an object');
  return options;
}
