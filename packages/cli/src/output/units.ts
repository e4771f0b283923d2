const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

/** `1536` as `1.5 KiB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (Math.abs(value) >= 1024 && unit < BYTE_UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? Math.round(value) : value.toFixed(value < 100 ? 1 : 0)} ${BYTE_UNITS[unit] ?? 'B'}`;
}

/** `1234567` as `1,234,567`, for numbers and bigints, whatever the locale. */
export function formatCount(count: number | bigint): string {
  return (typeof count === 'number' ? Math.round(count) : count)
    .toString()
    .replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

/** Milliseconds as `0.4 ms`, `412 ms`, `8.1 s`, `2 m 05 s` or `3 h 20 m`. */
export function formatDuration(ms: number): string {
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  if (ms < 1000) return `${ms.toFixed(0)} ms`;
  if (ms < 120_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 7200) return `${Math.floor(seconds / 60)} m ${String(seconds % 60).padStart(2, '0')} s`;
  return `${Math.floor(seconds / 3600)} h ${String(Math.floor((seconds % 3600) / 60)).padStart(2, '0')} m`;
}

/** A rate per second as `123k/s` or `1.24 M/s`. */
export function formatRate(perSecond: number): string {
  if (!Number.isFinite(perSecond)) return '-';
  if (perSecond >= 1e6) return `${(perSecond / 1e6).toFixed(2)} M/s`;
  if (perSecond >= 10_000) return `${(perSecond / 1000).toFixed(0)}k/s`;
  return `${formatCount(perSecond)}/s`;
}

/** Tables counted for a person, who made all but the journals of ingests among them. */
export function tablesWithJournals(tables: number | bigint, journals: number): string {
  const all = plural(tables, 'table');
  if (journals === 0) return all;
  const which =
    journals === 1 ? '1 of them the journal of an ingest' : `${journals} of them journals of ingests`;
  return `${all} (${which})`;
}

/** `1 line`, `2 lines`, with thousands separated. */
export function plural(count: number | bigint, one: string, many: string = `${one}s`): string {
  return `${formatCount(count)} ${BigInt(count) === 1n ? one : many}`;
}
