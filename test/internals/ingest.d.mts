export { readBlocks } from '../../packages/cli/dist/ingest/blocks.js';
export { createFormat } from '../../packages/cli/dist/ingest/create-format.js';
export { decompressed } from '../../packages/cli/dist/ingest/decompress.js';
export type { FormatOptions } from '../../packages/cli/dist/ingest/format.js';
export { foldJournal, type JournalRecord } from '../../packages/cli/dist/ingest/journal-records.js';
export { toJournalRecord } from '../../packages/cli/dist/ingest/journal-shape.js';
