// Compares what PostgreSQL has with what became of each batch.
const STORED = `
  SELECT (data->>'batch')::int AS batch, count(*)::int AS events, count(DISTINCT id)::int AS ids
  FROM events GROUP BY 1`;

/**
 * What is wrong, in words; nothing when everything that was acknowledged is there once, nothing that was refused is, and
 * nothing at all twice or in part.
 *
 * @param {import('./postgres.js').Postgres} postgres
 * @param {readonly import('./producers.js').Batch[]} batches
 */
export async function compare(postgres, batches) {
  /** @type {{ batch: number, events: number, ids: number }[]} */
  const rows = await postgres.query(STORED);
  const stored = new Map(rows.map((row) => [row.batch, row]));
  const wrong = [];
  for (const [number, { events, outcome }] of batches.entries()) {
    const found = stored.get(number);
    stored.delete(number);
    const name = `batch ${number}, ${outcome},`;
    if (found === undefined) {
      if (outcome === 'acknowledged') wrong.push(`${name} is lost`);
    } else if (outcome === 'refused') {
      wrong.push(`${name} is stored`);
    } else if (found.events !== events || found.ids !== events) {
      wrong.push(`${name} has ${found.events} rows and ${found.ids} ids for ${events} events`);
    }
  }
  for (const number of stored.keys()) wrong.push(`batch ${number} was never sent`);
  return wrong;
}
