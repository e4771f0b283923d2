// The attack kill, with what an application has installed: `node kill.mjs <cycles>`.
import { kill } from '../../../../test/attacks/kill/kill.js';
import { runAttack } from '../../../../test/attacks/runner/run-attack.js';

const figures = await runAttack(kill, { seed: 13, count: Number(process.argv[2]) });
console.log(JSON.stringify(figures));
