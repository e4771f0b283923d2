// What the attack on repair uses of the storage beyond its public door.
export { attemptHere } from '../../packages/storage/dist/repair/attempt.js';
export { repair } from '../../packages/storage/dist/repair/repair.js';
