import { mustBe, show } from '@shale/codec';
import { expect, test } from 'vitest';

test('an argument that is not what it must be is refused in one form of words', () => {
  const error = mustBe('shards', 'an integer from 1 to 64', 65);
  expect(error).toMatchObject({
    name: 'WalError',
    code: 'SHALE_INVALID_ARGUMENT',
    message: 'shards must be an integer from 1 to 64, got 65',
    details: { field: 'shards' },
  });
  expect(mustBe('id', '{ region, table }', 'x', 'a table id').message).toBe(
    'a table id must be { region, table }, got "x"',
  );
});

test.each([
  [undefined, 'undefined'],
  [null, 'null'],
  [5n, '5n'],
  [-0.5, '-0.5'],
  ['text', '"text"'],
  ['x'.repeat(100), `"${'x'.repeat(64)}…"`],
  [Symbol('s'), 'Symbol(s)'],
  [() => 5, 'a function'],
  [[1], 'an object (Array)'],
  [Object.create(null), 'an object (Object)'],
])('a value is shown so that none of its code runs: %#', (value, shown) => {
  expect(show(value)).toBe(shown);
});

test('a value that throws when it is looked at is shown, too', () => {
  const trap = () => {
    throw new Error('a trap');
  };
  expect(show(new Proxy({}, { get: trap, getPrototypeOf: trap }))).toBe('an object (Object)');
});
