// What fuzz targets use of `shale ingest`. Not compiled, so that its path holds for sources and `dist`.
export { readBlocks } from '../../packages/cli/dist/ingest/blocks.js';
export { createFormat } from '../../packages/cli/dist/ingest/create-format.js';
export { decompressed } from '../../packages/cli/dist/ingest/decompress.js';
export { foldJournal } from '../../packages/cli/dist/ingest/journal-records.js';
export { toJournalRecord } from '../../packages/cli/dist/ingest/journal-shape.js';
