import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Attributes, Meter, Observable } from '@opentelemetry/api';
import type { CommitEvent, Wal } from '@shale/engine';
import { NUMBERS, type NumberDefinition } from './definitions.js';

/** How metrics are registered. */
export interface OpenTelemetryOptions {
  /** Makes the instruments. */
  readonly meter: Meter;
  /**
   * The attribute `shale.log`: which log it is, where a process has several.
   *
   * @defaultValue the path of the database
   */
  readonly log?: string | undefined;
}

/** Those that the semantic conventions for messaging have a name for. */
const CONVENTIONAL: Readonly<Record<string, string>> = { entries: 'messaging.client.sent.messages' };

/**
 * Registers the metrics of a log with OpenTelemetry: counters and gauges are read from `wal.metrics()` at each
 * collection, and each commit is recorded in `messaging.client.operation.duration`, `shale.write.duration` and
 * `shale.frame.entries` as it happens. Returns what takes the log out again; one that is closed tells nothing more.
 */
export function registerOpenTelemetry(wal: Wal, options: OpenTelemetryOptions): () => void {
  const { meter, log = wal.path } = options;
  const common: Attributes = { 'messaging.system': 'shale', 'shale.log': log };
  const endNumbers = observeNumbers(wal, meter, common);
  const endCommits = recordCommits(wal, meter, common);
  return () => {
    endNumbers();
    endCommits();
  };
}

function observeNumbers(wal: Wal, meter: Meter, common: Attributes): () => void {
  const instruments = NUMBERS.map((definition): readonly [NumberDefinition, Observable] => {
    const { help: description, unit, kind } = definition;
    const name =
      CONVENTIONAL[definition.name] ?? `shale.${definition.name.replace(/_(?:seconds|bytes)(?:_|$).*/, '')}`;
    const about = { description, unit };
    return [
      definition,
      kind === 'counter'
        ? meter.createObservableCounter(name, about)
        : meter.createObservableGauge(name, about),
    ];
  });
  const observables = instruments.map(([, observable]) => observable);
  const observe: Parameters<Meter['addBatchObservableCallback']>[0] = (result) => {
    if (wal.state !== 'open') return;
    const metrics = wal.metrics();
    for (const [{ samples }, observable] of instruments) {
      for (const { labels, value } of samples(metrics)) {
        result.observe(observable, value, { ...common, ...attributesOf(labels) });
      }
    }
  };
  meter.addBatchObservableCallback(observe, observables);
  return () => meter.removeBatchObservableCallback(observe, observables);
}

function recordCommits(wal: Wal, meter: Meter, common: Attributes): () => void {
  const operation = meter.createHistogram('messaging.client.operation.duration', {
    description: 'Time of each frame, from its first append until its answer.',
    unit: 's',
  });
  const write = meter.createHistogram('shale.write.duration', {
    description: 'Time of each write, with the sync where durability is sync.',
    unit: 's',
  });
  const entriesOf = meter.createHistogram('shale.frame.entries', {
    description: 'Entries in each frame.',
    unit: '{entry}',
  });
  const hear = (message: unknown): void => {
    // What the channel says, as its documentation has it.
    const { path, instance, phasesMs, entries, shard, durability } = message as CommitEvent;
    if (path !== wal.path || instance !== wal.options.instance || phasesMs === null) return;
    const attributes: Attributes = {
      ...common,
      ...attributesOf({ shard: `${shard}`, durability }),
      'messaging.operation.name': 'append',
    };
    const { fill, thread, write: written, answer } = phasesMs;
    operation.record((fill + thread + written + answer) / 1000, attributes);
    write.record(written / 1000, attributes);
    entriesOf.record(entries, attributes);
  };
  subscribe('shale:commit', hear);
  return () => void unsubscribe('shale:commit', hear);
}

function attributesOf(labels: Readonly<Record<string, string>>): Attributes {
  const { shard, ...others } = labels;
  const attributes: Attributes = shard === undefined ? {} : { 'messaging.destination.partition.id': shard };
  for (const [name, value] of Object.entries(others)) attributes[`shale.${name}`] = value;
  return attributes;
}
