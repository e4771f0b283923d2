import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

// The file WATERMARK, as packages/rocksdb/native/recovery/watermark.cc lays it out.
const PLACES = [0, 4096];
const LENGTH = 96;
const BOOT_ID_AT = 56;
const BOOT_ID_LENGTH = 36;
const CHECKSUM_AT = BOOT_ID_AT + BOOT_ID_LENGTH;
const OTHER_BOOT = '00000000-0000-4000-8000-000000000000';

/**
 * Makes a copy of a database look as if the machine had been restarted: the watermark then vouches only for what was
 * synced, not for what the operating system had. For images of a power loss, which are opened under the kernel that
 * wrote them: without it, what may be lost is reported as missing. Does nothing without a WATERMARK.
 */
export function asAfterReboot(directory: string): void {
  const path = join(directory, 'WATERMARK');
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch {
    return;
  }
  for (const place of PLACES) {
    const state = bytes.subarray(place, place + LENGTH);
    if (state.length < LENGTH || crc32c(state.subarray(0, CHECKSUM_AT)) !== state.readUInt32LE(CHECKSUM_AT)) {
      continue; // torn
    }
    state.write(OTHER_BOOT, BOOT_ID_AT, 'latin1');
    state.writeUInt32LE(crc32c(state.subarray(0, CHECKSUM_AT)), CHECKSUM_AT);
  }
  writeFileSync(path, bytes);
}

const TABLE: readonly number[] = Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  return value >>> 0;
});

function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ (TABLE[(crc ^ byte) & 0xff] ?? 0);
  return ~crc >>> 0;
}
