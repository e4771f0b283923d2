export {
  type ConnectionSettings,
  type Monitors,
  type ReplicaEntries,
  type ReplicaOptions,
  type ReplicaPart,
  ReplicaReader,
  type ReplicaTable,
  type WriterOptions,
} from '@shale/jetstream';
export { type ReplicateOptions, replicate } from './replicate.js';
export { openReplica, type RestoredReplica, restoreReplica } from './restore-replica.js';
export { Replica, type ReplicaState } from './shipper.js';
