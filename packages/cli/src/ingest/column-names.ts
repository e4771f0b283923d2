/**
 * What the columns of a header are called: as it says; `column3` for the third if it has no name there; and `price.1` for
 * the second that it calls `price`.
 */
export function columnNames(header: readonly string[]): readonly string[] {
  const taken = new Set(header);
  const seen = new Set<string>();
  return header.map((given, i) => {
    const isFirst = given !== '' && !seen.has(given);
    const name = isFirst ? given : free(given, i, taken);
    seen.add(given);
    taken.add(name);
    return name;
  });
}

function free(given: string, index: number, taken: ReadonlySet<string>): string {
  const base = given === '' ? `column${index + 1}` : given;
  if (!taken.has(base)) return base;
  for (let n = 1; ; n++) if (!taken.has(`${base}.${n}`)) return `${base}.${n}`;
}
