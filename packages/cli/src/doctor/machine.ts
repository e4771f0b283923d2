import { readFileSync } from 'node:fs';
import { arch, availableParallelism, platform, release, totalmem } from 'node:os';
import { formatBytes } from '../output/units.js';
import { type Check, judge } from './check.js';

const MIB = 2 ** 20;

/** Kernel and system. */
export function kernel(): Check {
  const found = `${platform()} ${release()} ${arch()}`;
  return {
    name: 'kernel',
    found,
    data: { platform: platform(), release: release(), arch: arch() },
    ...judge([platform() !== 'linux', 'warn', 'Shale is tested on Linux only.']),
  };
}

/** Whether checksums are computed by the processor. */
export function processor(): Check {
  const text = readOr('/proc/cpuinfo');
  const flags = /^(?:flags|Features)\s*:(.*)$/m.exec(text)?.[1]?.trim().split(/\s+/) ?? [];
  const known = flags.length > 0;
  const fast = flags.includes('sse4_2') || flags.includes('crc32');
  const cores = availableParallelism();
  const how = !known ? 'not known' : fast ? 'in hardware' : 'in software';
  return {
    name: 'processor',
    found: `${cores} ${cores === 1 ? 'core' : 'cores'}, CRC-32C ${how}`,
    data: { cores, crc32cInHardware: known ? fast : null },
    ...judge([
      known && !fast,
      'warn',
      'Every block and every entry has a checksum: without SSE 4.2 or ARM CRC32 they cost several times as much.',
    ]),
  };
}

/**
 * Memory and swap.
 *
 * @param constrained bytes that the container may take; 0 or more than there is for no such limit
 */
export function memory(constrained: number = process.constrainedMemory()): Check {
  const text = readOr('/proc/meminfo');
  const bytes = (name: string): number | null => {
    const kib = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1];
    return kib === undefined ? null : Number(kib) * 1024;
  };
  const available = bytes('MemAvailable');
  const [swap, swapFree] = [bytes('SwapTotal') ?? 0, bytes('SwapFree') ?? 0];
  const used = swap - swapFree;
  const limit = constrained > 0 && constrained < totalmem() ? constrained : null;
  return {
    name: 'memory',
    found: `${available === null ? 'unknown' : formatBytes(available)} of ${formatBytes(totalmem())} available, ${limit === null ? '' : `the container may take ${formatBytes(limit)}, `}swap ${swap === 0 ? 'off' : `${formatBytes(used)} of ${formatBytes(swap)} used`}`,
    data: {
      availableBytes: available,
      totalBytes: totalmem(),
      limitBytes: limit,
      swapBytes: swap,
      swapUsedBytes: used,
    },
    ...judge(
      [
        limit !== null && limit < 512 * MIB,
        'warn',
        'The container may take less than a log and Node.js do together under load, and is ended when it takes more: raise its limit.',
      ],
      [
        available !== null && available < 512 * MIB,
        'warn',
        'A log takes some hundred MiB: memtables, block cache, frames in flight.',
      ],
      [
        used > 256 * MIB && used > swap / 2,
        'warn',
        'The machine swaps: appends wait for memory to come back from the disk.',
      ],
    ),
  };
}

function readOr(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
