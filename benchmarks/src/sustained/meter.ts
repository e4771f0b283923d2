import { startProbe } from '@shale/bench-kit';
import type { Wal } from '@shale/engine';
import { bytesHandedOver } from './handed-over.js';
import type { Load } from './load.js';
import type { Cost } from './record.js';

/** Begins to measure what a load costs; the returned function ends that. */
export async function meter(wal: Wal, load: Load): Promise<() => Promise<Cost>> {
  const latencies = load.watch();
  const before = await counters(wal, load);
  const stop = startProbe();
  return async () => {
    const { seconds, cpuSeconds, bytesWritten } = stop();
    const now = await counters(wal, load);
    load.unwatch(latencies);
    const { count } = latencies;
    return {
      seconds,
      entries: now.entries - before.entries,
      bytes: now.bytes - before.bytes,
      handedOver: now.handedOver - before.handedOver,
      onDisk: bytesWritten ?? Number.NaN,
      cpuSeconds,
      p999Ms: count === 0 ? null : latencies.percentile(99.9) / 1e6,
      worstMs: count === 0 ? null : latencies.max / 1e6,
      stalledMs: now.stalledMs - before.stalledMs,
      stoppedMs: now.stoppedMs - before.stoppedMs,
    };
  };
}

async function counters(wal: Wal, { entries, bytes }: Load) {
  const { memory, level0, stopped } = wal.metrics().stalls;
  return {
    entries,
    bytes,
    handedOver: await bytesHandedOver(),
    stalledMs: memory.ms + level0.ms,
    stoppedMs: stopped.ms,
  };
}
