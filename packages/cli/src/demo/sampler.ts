import { cpus, freemem, loadavg, totalmem, uptime } from 'node:os';
import {
  type Emit,
  parseDiskstats,
  parseLoadavg,
  parseMeminfo,
  parseNetDev,
  parseStat,
  parseVmstat,
} from './parse-proc.js';
import { ProcFile } from './proc-file.js';

const PROC_FILES: readonly { path: string; parse: (text: string, emit: Emit) => void }[] = [
  { path: '/proc/stat', parse: parseStat },
  { path: '/proc/meminfo', parse: parseMeminfo },
  { path: '/proc/vmstat', parse: parseVmstat },
  { path: '/proc/loadavg', parse: parseLoadavg },
  { path: '/proc/diskstats', parse: parseDiskstats },
  { path: '/proc/net/dev', parse: parseNetDev },
];

/** Reads what this machine says about itself: from /proc where there is one, and from Node everywhere. */
export class Sampler {
  readonly #files: { file: ProcFile; parse: (text: string, emit: Emit) => void }[] = [];

  constructor() {
    for (const { path, parse } of PROC_FILES) {
      const file = ProcFile.open(path);
      if (file) this.#files.push({ file, parse });
    }
  }

  /** One value of every series. */
  sample(emit: Emit): void {
    for (const { file, parse } of this.#files) parse(file.read(), emit);
    if (this.#files.length === 0) sampleOs(emit);
    const memory = process.memoryUsage();
    emit('node.rss', String(memory.rss));
    emit('node.heap_used', String(memory.heapUsed));
    emit('node.array_buffers', String(memory.arrayBuffers));
    const cpu = process.cpuUsage();
    emit('node.cpu_user_us', String(cpu.user));
    emit('node.cpu_system_us', String(cpu.system));
  }

  close(): void {
    for (const { file } of this.#files) file.close();
  }
}

/** What node:os knows, for systems without /proc. */
export function sampleOs(emit: Emit): void {
  for (const [i, cpu] of cpus().entries()) {
    for (const [field, value] of Object.entries(cpu.times)) emit(`cpu${i}.${field}`, String(value));
  }
  emit('mem.total', String(totalmem()));
  emit('mem.free', String(freemem()));
  emit('os.uptime', String(uptime()));
  for (const [i, value] of loadavg().entries()) emit(`load.${[1, 5, 15][i]}m`, String(value));
}
