import { CliError } from '../cli-error.js';

const PACKAGE = '@shale/replica';

/** The package for replicas, which is loaded when it is needed. Throws CLI_NOT_INSTALLED. */
export async function replicaPackage(): Promise<typeof import('@shale/replica')> {
  try {
    return await import('@shale/replica');
  } catch (error) {
    const isMissing =
      error instanceof Error &&
      'code' in error &&
      error.code === 'ERR_MODULE_NOT_FOUND' &&
      error.message.includes(`'${PACKAGE}'`);
    if (!isMissing) throw error;
    throw new CliError('CLI_NOT_INSTALLED', `this needs the package ${PACKAGE}, which is not installed`, {
      hint: `Install it beside @shale/cli: npm install ${PACKAGE}`,
      cause: error,
    });
  }
}
