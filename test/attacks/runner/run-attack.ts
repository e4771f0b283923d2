import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import type { Attack } from '../parts/attack.js';

/** How to run an attack. */
export interface RunOptions {
  readonly seed: number;
  readonly count: number;
  /** Where its directory is made. Default: the system's place for temporary files. */
  readonly under?: string;
  readonly progress?: (done: number, note: string) => void;
}

/** An attack that found something wrong, with how to repeat it and where to look. */
export class AttackFailed extends Error {
  override readonly name = 'AttackFailed';

  constructor(attack: Attack, { seed, count }: RunOptions, directory: string, cause: unknown) {
    const what = cause instanceof Error ? cause.message : String(cause);
    const lines = [
      `the attack '${attack.name}' found something wrong: ${what}`,
      `repeat it with: npm run attack -- ${attack.name} --${attack.option ?? 'count'} ${count} --seed ${seed}`,
      `what is left of it is in ${directory}`,
    ];
    super(lines.join('\n'), { cause });
  }
}

/**
 * Runs an attack in a fresh directory, which goes when it is over and stays when it fails. Rejects with AttackFailed.
 */
export async function runAttack(
  attack: Attack,
  options: RunOptions,
): Promise<Readonly<Record<string, number>>> {
  const directory = await mkdtemp(join(options.under ?? tmpdir(), `shale-${attack.name}-`));
  const { seed, count, progress = () => {} } = options;
  let figures: Readonly<Record<string, number>>;
  try {
    figures = await attack.run({ seed, count, directory, progress });
  } catch (cause) {
    const failure = new AttackFailed(attack, options, directory, cause);
    // With what has caused it, as deep as that goes.
    const whole = inspect(cause, { depth: 10 });
    await writeFile(join(directory, 'failure.txt'), `${failure.message}\n\n${whole}\n`);
    throw failure;
  }
  await rm(directory, { recursive: true, force: true });
  return figures;
}
