export type { ConnectionSettings } from './connect.js';
export type { ReplicaOptions, WriterOptions } from './open-options.js';
export { type ReplicaPart, ReplicaReader, type ReplicaTable } from './replica-reader.js';
export { ReplicaWriter } from './replica-writer.js';
export type { Monitors } from './server-checks.js';
export type { ReplicaEntries } from './table-reader.js';
