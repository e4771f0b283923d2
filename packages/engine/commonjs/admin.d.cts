// Types for `require`, of the same modules: TypeScript before 5.8 takes no ES module from there.
import type * as admin from '../dist/admin.js' with { 'resolution-mode': 'import' };

export type * from '../dist/admin.js' with { 'resolution-mode': 'import' };

export declare const copyTables: typeof admin.copyTables;
export declare const describePlace: typeof admin.describePlace;
export declare const describeRecovery: typeof admin.describeRecovery;
export declare const describeTables: typeof admin.describeTables;
export declare const describeUnexamined: typeof admin.describeUnexamined;
export declare const diagnose: typeof admin.diagnose;
export declare const inspect: typeof admin.inspect;
export declare const libraryInfo: typeof admin.libraryInfo;
export declare const listBackups: typeof admin.listBackups;
export declare const readDamagedFiles: typeof admin.readDamagedFiles;
export declare const removeBackup: typeof admin.removeBackup;
export declare const repairDatabase: typeof admin.repairDatabase;
export declare const restoreBackup: typeof admin.restoreBackup;
export declare const rocksdbVersion: typeof admin.rocksdbVersion;
