// What attacks and fuzz targets use of the engine beyond its public doors. Not compiled, so that its path holds for sources and `dist`.

export { readRequest } from '../../packages/engine/dist/inspect/answers.js';
export { Lines } from '../../packages/engine/dist/inspect/lines.js';
export { fromLine, toLine } from '../../packages/engine/dist/inspect/wire.js';
export { engineOf } from '../../packages/engine/dist/internals.js';
export { toLineTask } from '../../packages/engine/dist/shard/line-messages.js';
export { takeApart, toHello, toOwner } from '../../packages/engine/dist/socket/wire.js';
