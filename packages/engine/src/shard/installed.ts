import { dirname, join } from 'node:path';
import { WalError } from '@shale/codec';
import { dependencyPath, installedPackage, loadDependency } from '@shale/storage';

/** What the threads are made of. */
export interface ThreadParts {
  /** One file with all the code of the thread, made of `worker/entry.js` by scripts/bundle-worker.mjs. */
  readonly code: string;
  /**
   * Piscina. Loaded so that no bundler takes it in: its own thread code is a file beside it, and has to be of the same
   * copy as what is in this thread.
   */
  readonly piscina: typeof import('piscina');
  /** The file of it that marks answers whose buffers go with them. */
  readonly marker: string;
}

let parts: ThreadParts | undefined;

/** Throws SHALE_UNSUPPORTED where the package is not installed, as beside a bundle that was moved away from it. */
export function threadParts(): ThreadParts {
  parts ??= load();
  return parts;
}

function load(): ThreadParts {
  const directory = installedPackage('@shale/engine', import.meta.url);
  if (directory === null) {
    throw new WalError(
      'SHALE_UNSUPPORTED',
      'the package @shale/engine, whose code is in a bundle, is not installed where the bundle runs, and with it the code of its threads: install it there, best with the bundler told that @shale/engine is external (docs/embedding.md)',
    );
  }
  return {
    code: join(directory, 'dist', 'worker', 'thread.cjs'),
    piscina: loadDependency(directory, 'piscina') as ThreadParts['piscina'],
    marker: join(dirname(dependencyPath(directory, 'piscina')), 'common.js'),
  };
}
