/** What stands for the variables of a query. */
export interface Variables {
  /** The logs that are chosen. */
  readonly logs: readonly string[];
  /** Seconds between two scrapes, and between two points of a panel. */
  readonly scrapeSeconds: number;
  readonly stepSeconds: number;
}

/** A query with its variables filled in as Grafana does. Throws when it has another one. */
export function substitute(expr: string, { logs, scrapeSeconds, stepSeconds }: Variables): string {
  // As it stands in a regular expression, and this in a string of PromQL.
  const escaped = logs.map((log) => log.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&').replace(/[\\"]/g, '\\$&'));
  const values: Readonly<Record<string, string>> = {
    log: escaped.length === 1 ? escaped.join() : `(${escaped.join('|')})`,
    // Four scrapes, so that a rate has its two samples even when one scrape fails.
    __rate_interval: `${Math.max(stepSeconds + scrapeSeconds, 4 * scrapeSeconds)}s`,
  };
  return expr.replace(/\$(?:(\w+)|\{[^}]*\})/g, (variable, name = '') => {
    const value = values[name];
    if (value === undefined) throw new Error(`${expr}: nothing is known of the variable ${variable}`);
    return value;
  });
}

/** What a series is called: the legend with the labels of the series. */
export function legend(format: string, labels: Readonly<Record<string, string>>): string {
  return format.replace(/\{\{\s*(\w+)\s*\}\}/g, (_, name: string) => labels[name] ?? '');
}
