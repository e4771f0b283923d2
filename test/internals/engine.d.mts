export { engineOf } from '../../packages/engine/dist/internals.js';
