/** The largest of some integers of whatever size, which `Math.max` does not take. */
export function largest(...numbers: readonly bigint[]): bigint {
  let most = numbers[0] ?? 0n;
  for (const number of numbers) if (number > most) most = number;
  return most;
}
