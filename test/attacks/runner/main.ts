// npm run attack: the long forms of the attacks.
import { Command, InvalidArgumentError } from 'commander';
import { ATTACKS } from './attacks.js';
import { show } from './progress.js';
import { AttackFailed, runAttack } from './run-attack.js';

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0) || !Number.isFinite(value)) throw new InvalidArgumentError('It must be more than 0.');
  return value;
}

const program = new Command('attack')
  .description('Attacks on the promise that nothing acknowledged is lost, for longer than npm test does.')
  .showHelpAfterError();

for (const attack of ATTACKS) {
  const option = attack.option ?? 'count';
  program
    .command(attack.name)
    .description(attack.summary)
    .option(`-n, --${option} <number>`, `how many ${attack.unit}`, positive, attack.longCount)
    .option('--seed <number>', 'what all decisions follow from; default: another one each time', positive)
    .option('--under <directory>', 'where to make its directory; default: the place for temporary files')
    .action(async (given: { seed?: number; under?: string } & Record<string, unknown>) => {
      const count = Number(given[option]);
      const { seed = Math.floor(Math.random() * 2 ** 31) + 1, under } = given;
      process.stderr.write(`${attack.name}: ${count} ${attack.unit}, seed ${seed}\n`);
      const progress = show(attack.unit, count);
      const start = performance.now();
      try {
        const figures = await runAttack(attack, {
          seed,
          count,
          ...(under === undefined ? {} : { under }),
          progress: progress.update,
        });
        progress.stop();
        const seconds = (performance.now() - start) / 1000;
        const all = { count, seed, seconds: Number(seconds.toFixed(1)), ...figures };
        process.stdout.write(`${attack.name}: nothing wrong\n`);
        for (const [name, value] of Object.entries(all)) process.stdout.write(`  ${name}: ${value}\n`);
      } catch (error) {
        progress.stop();
        if (!(error instanceof AttackFailed)) throw error;
        process.stderr.write(`${error.message}\n`);
        process.exitCode = 1;
      }
    });
}

await program.parseAsync();
