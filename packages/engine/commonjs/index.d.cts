// Types for `require`, of the same modules: TypeScript before 5.8 takes no ES module from there.
import type * as engine from '../dist/index.js' with { 'resolution-mode': 'import' };

export type * from '../dist/index.js' with { 'resolution-mode': 'import' };

export declare const ERROR_CODES: typeof engine.ERROR_CODES;
export declare const ERROR_INFO: typeof engine.ERROR_INFO;
export declare const U64_MAX: typeof engine.U64_MAX;
export declare const WalError: typeof engine.WalError;
export declare const bytesCodec: typeof engine.bytesCodec;
export declare const connectWal: typeof engine.connectWal;
export declare const jsonCodec: typeof engine.jsonCodec;
export declare const msgpackCodec: typeof engine.msgpackCodec;
export declare const openWal: typeof engine.openWal;
export declare const quantile: typeof engine.quantile;
export declare const utf8Codec: typeof engine.utf8Codec;
export type WalError = engine.WalError;
