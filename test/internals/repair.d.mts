export { attemptHere } from '../../packages/storage/dist/repair/attempt.js';
export { repair } from '../../packages/storage/dist/repair/repair.js';
