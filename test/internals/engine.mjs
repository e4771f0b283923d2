// What attacks use of the engine beyond its public doors. Not compiled, so that its path holds for sources and `dist`.
export { engineOf } from '../../packages/engine/dist/internals.js';
