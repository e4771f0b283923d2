import type { Cost, Phase, Sample } from './record.js';

/** What the growing of a backlog says against the bars. */
export function findings(parts: readonly Sample[], phases: readonly Phase[]): readonly string[] {
  const growing = phases.find(({ name }) => name === 'growing')?.cost;
  const catching = phases.find(({ name }) => name === 'catching up')?.cost;
  const passed = phases.find(({ name }) => name === 'quiet, full')?.cost;
  const kept = (catching && growing && perSecond(catching) / perSecond(growing)) ?? Number.NaN;
  const times = (...of: (Cost | undefined)[]): string =>
    `${(of.reduce((sum, cost) => sum + (cost?.handedOver ?? 0), 0) / (growing?.bytes ?? Number.NaN)).toFixed(2)} times`;
  return [
    ...trend(parts),
    `handed over while it came in: ${times(growing)}${passed === undefined ? '' : `, and when all was quiet: ${times(growing, passed)}`}`,
    `p99.9 of all appends of it ${growing?.p999Ms?.toFixed(0)} ms, longest ${growing?.worstMs?.toFixed(0)} ms`,
    ...(catching === undefined
      ? []
      : [`writing beside the consumer that catches up: ${kept.toFixed(2)} of the rate before`]),
  ];
}

/** The last fifth of the parts against the first; nothing where a fifth is less than a part. */
function trend(parts: readonly Sample[]): readonly string[] {
  if (parts.length < 5) return [];
  const rate = ratio(parts, ({ seconds, entries }) => seconds / entries);
  const cpu = 1 / ratio(parts, ({ cpuSeconds, entries }) => cpuSeconds / entries);
  return [
    `last fifth over first: ${rate.toFixed(2)} of the entries/s, ${cpu.toFixed(2)} times the processor time of an entry`,
  ];
}

const perSecond = ({ entries, seconds }: Cost): number => entries / seconds;

/** What an entry of the first fifth costs over what one of the last fifth does. */
function ratio(parts: readonly Sample[], cost: (part: Cost) => number): number {
  const some = Math.ceil(parts.length / 5);
  const sum = (of: readonly Sample[]): number => of.reduce((all, part) => all + cost(part), 0);
  return sum(parts.slice(0, some)) / sum(parts.slice(-some));
}
