export { NatsCluster, type NatsClusterOptions } from './cluster/nats-cluster.js';
export { NatsNode, type NatsNodeOptions, type NodePorts } from './cluster/nats-node.js';
export { asAfterReboot } from './disk/after-reboot.js';
export {
  type CallKind,
  DiskControl,
  type DiskError,
  type Fault,
  type FileKind,
  type Rule,
} from './disk/control.js';
export { DiskHistory } from './disk/disk-history.js';
export { type DiskImage, differences, readImage, writeImage } from './disk/disk-image.js';
export { type ContentChange, contentOf, FileHistory } from './disk/file-content.js';
export { buildInterposer, canInterpose } from './disk/interposer.js';
export { DirectoryNode, type NameChange, type Node, type Place } from './disk/names.js';
export {
  afterPowerLoss,
  anyPowerLoss,
  type FileSystem,
  type PowerLoss,
  type Unsynced,
} from './disk/power-loss.js';
export { buildPreload } from './disk/preload.js';
export { type DiskOperation, readRecording } from './disk/recording.js';
export { WatchedDisk } from './disk/watched-disk.js';
export { JournalWriter } from './journal/journal-writer.js';
export { journalRecords, parseJournal, readJournal } from './journal/read-journal.js';
export {
  type AckRecord,
  DEFAULT_SIZES,
  type FaultRecord,
  type JournalRecord,
  type NackRecord,
  type PartRecord,
  type SeenRecord,
  type SubmitAppend,
  type SubmitCall,
  type SubmitDrop,
  type SubmitRecord,
  type SubmitTrim,
  type TableRecord,
  type U64Text,
} from './journal/records.js';
export {
  assertClean,
  type CheckOptions,
  checkDatabase,
  type OracleReport,
  settle,
} from './oracle/check-database.js';
export { describeFinding, type Finding, type FindingKind } from './oracle/finding.js';
export { Ledger } from './oracle/ledger.js';
export type { Death } from './oracle/table-check.js';
export { PAYLOAD_HEADER_BYTES, type PayloadHeader, payloadHeader, payloadOf } from './payload.js';
export { Random } from './random.js';
export { tableKey } from './table-key.js';
export type { WorkloadCommand, WorkloadEvent, WorkloadStats } from './workload/messages.js';
export { DEFAULT_MIX, type Mix, type WorkloadOptions } from './workload/options.js';
export { type ProcessEnd, type StartOptions, WorkloadProcess } from './workload/workload-process.js';
