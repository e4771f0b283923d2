export { EXIT, type ExitCode } from './exit-codes.js';
export { run, type Streams } from './program.js';
