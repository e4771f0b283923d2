import { CliError } from '../cli-error.js';
import { CsvFormat } from './csv-format.js';
import type { Format, FormatOptions } from './format.js';
import { JsonFormat } from './json-format.js';
import { newlineOf } from './line-end.js';
import { LinesFormat } from './lines-format.js';
import { NdjsonFormat } from './ndjson-format.js';

/** The format that the options name. `columns`: a CSV's header, when it was read by the ingest that is resumed. */
export function createFormat(options: FormatOptions, columns?: readonly string[]): Format {
  const { lossless, raw } = options;
  const newline = newlineOf(options.lineEnd);
  const route = routeOf(options);
  switch (options.format) {
    case 'ndjson':
      return new NdjsonFormat({ route, lossless, newline });
    case 'json':
      return new JsonFormat({ route, layout: options.layout ?? 'values' });
    case 'csv':
      return new CsvFormat({
        route,
        raw,
        dialect: options,
        lossless,
        newline,
        hasHeader: options.header ?? true,
        ...(options.columns ? { names: options.columns } : {}),
        ...(columns ? { columns } : {}),
      });
    case 'lines':
      if ('by' in route) {
        throw new CliError(
          'CLI_USAGE',
          'plain lines have no fields: --table-by needs --format ndjson, json or csv',
        );
      }
      return new LinesFormat({ table: route.to, lossless, newline });
  }
}

function routeOf(options: FormatOptions): { by: string } | { to: string } {
  if (options.tableBy !== undefined) return { by: options.tableBy };
  if (options.table !== undefined) return { to: options.table };
  throw new CliError('CLI_USAGE', 'say where the entries go: --table <name> or --table-by <field>');
}
