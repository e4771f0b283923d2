/** Called with the name of a series, such as `cpu0.user`, and its value as the digits that the system printed. */
export type Emit = (series: string, value: string) => void;

const CPU_FIELDS = ['user', 'nice', 'system', 'idle', 'iowait', 'irq', 'softirq', 'steal'];

/** `/proc/stat`: jiffies per processor, and counters since boot. */
export function parseStat(text: string, emit: Emit): void {
  for (const line of text.split('\n')) {
    const [name = '', ...values] = line.split(/ +/);
    if (name.startsWith('cpu')) {
      for (const [i, field] of CPU_FIELDS.entries()) {
        const value = values[i];
        if (value !== undefined) emit(`${name}.${field}`, value);
      }
    } else if (name !== '' && values[0] !== undefined) {
      emit(`kernel.${name}`, values[0]);
    }
  }
}

/** `/proc/meminfo`: kilobytes by name. */
export function parseMeminfo(text: string, emit: Emit): void {
  for (const line of text.split('\n')) {
    const match = /^([\w()]+):\s+(\d+)/.exec(line);
    if (match?.[1] && match[2]) emit(`mem.${match[1].replace(/[()]/g, '_')}`, match[2]);
  }
}

/** `/proc/vmstat`: a name and a number per line. */
export function parseVmstat(text: string, emit: Emit): void {
  for (const line of text.split('\n')) {
    const space = line.indexOf(' ');
    if (space > 0) emit(`vm.${line.slice(0, space)}`, line.slice(space + 1));
  }
}

/** `/proc/loadavg`. */
export function parseLoadavg(text: string, emit: Emit): void {
  const [one, five, fifteen] = text.split(' ');
  if (one) emit('load.1m', one);
  if (five) emit('load.5m', five);
  if (fifteen) emit('load.15m', fifteen);
}

const DISK_FIELDS = [
  'reads',
  'reads_merged',
  'sectors_read',
  'read_ms',
  'writes',
  'writes_merged',
  'sectors_written',
  'write_ms',
  'in_flight',
  'io_ms',
];

/** `/proc/diskstats`, without loop and memory disks. */
export function parseDiskstats(text: string, emit: Emit): void {
  for (const line of text.split('\n')) {
    const [, , device, ...values] = line.trim().split(/ +/);
    if (device === undefined || /^(loop|ram)/.test(device)) continue;
    for (const [i, field] of DISK_FIELDS.entries()) {
      const value = values[i];
      if (value !== undefined) emit(`disk.${device}.${field}`, value);
    }
  }
}

/** `/proc/net/dev`: bytes, packets, errors and drops per interface and direction. */
export function parseNetDev(text: string, emit: Emit): void {
  for (const line of text.split('\n')) {
    const match = /^\s*([^\s:]+):\s*(.*)$/.exec(line);
    if (!match?.[1]) continue;
    const values = (match[2] ?? '').trim().split(/ +/);
    for (const [i, field] of ['bytes', 'packets', 'errors', 'drops'].entries()) {
      const received = values[i];
      const sent = values[i + 8];
      if (received !== undefined) emit(`net.${match[1]}.rx_${field}`, received);
      if (sent !== undefined) emit(`net.${match[1]}.tx_${field}`, sent);
    }
  }
}
