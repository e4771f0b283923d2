import type { Target } from '../target.js';
import { appendFrame } from './append-frame.js';
import { appendReply, errorData } from './append-reply.js';
import { catalogRecord } from './catalog-record.js';
import { consumerRecords } from './consumer-records.js';
import { entryChunk } from './entry-chunk.js';
import { inspectRequest } from './inspect-request.js';
import { journal } from './journal.js';
import { layouts } from './layouts.js';
import { nameRecords } from './name-records.js';
import { payloadCodecs } from './payload-codecs.js';
import { processMessages } from './process-messages.js';
import { replicaMessages } from './replica-messages.js';
import { retentionRecords } from './retention-records.js';
import { shellBrotli, shellGzip, shellZstd } from './shell-compressed.js';
import { shellCsv, shellJson, shellLines, shellNdjson } from './shell-input.js';

/** Everything that is fuzzed. */
export const TARGETS: readonly Target[] = [
  appendFrame,
  appendReply,
  errorData,
  layouts,
  catalogRecord,
  nameRecords,
  consumerRecords,
  retentionRecords,
  replicaMessages,
  entryChunk,
  payloadCodecs,
  journal,
  inspectRequest,
  processMessages,
  shellNdjson,
  shellJson,
  shellCsv,
  shellLines,
  shellZstd,
  shellGzip,
  shellBrotli,
];

/** The target of that name. */
export function targetNamed(name: string): Target {
  const found = TARGETS.find((target) => target.name === name);
  if (found === undefined) throw new Error(`there is no target ${name}`);
  return found;
}
