// The public API as TypeDoc sees it.
import { join } from 'node:path';
import { Application, Logger, LogLevel, ReflectionKind, TSConfigReader } from 'typedoc';
import config from '../typedoc.config.mjs';

/**
 * @typedef {object} Api
 * @property {Map<string, import('typedoc').DeclarationReflection>} symbols what can be imported, by name
 * @property {string[]} complaints what TypeDoc finds wrong: no doc comment, a type that is not exported, a dead link
 */

/**
 * Reads the API of a package from its sources, with the types that it hands on from others.
 *
 * @param {string} directory the package
 * @param {string[]} doors the files that its exports come from
 * @returns {Promise<Api>}
 */
export async function reflect(directory, doors) {
  const app = await Application.bootstrap(
    {
      ...config.packageOptions,
      entryPointStrategy: 'resolve',
      entryPoints: doors.map((door) => join(directory, door)),
      tsconfig: join(directory, 'tsconfig.json'),
      // The compiler has checked it.
      skipErrorChecking: true,
      sort: ['source-order'],
      requiredToBeDocumented: [...(config.packageOptions?.requiredToBeDocumented ?? []), 'Property'],
    },
    [new TSConfigReader()],
  );
  /** @type {string[]} */
  const complaints = [];
  app.logger = new Complaints(complaints);
  const project = await app.convert();
  if (project === undefined) throw new Error(`TypeDoc cannot read ${directory}:\n${complaints.join('\n')}`);
  app.validate(project);
  const modules = project.getChildrenByKind(ReflectionKind.Module);
  /** @type {Map<string, import('typedoc').DeclarationReflection>} */
  const symbols = new Map();
  for (const { children = [] } of modules.length > 0 ? modules : [project]) {
    for (const child of children) if (child.isDeclaration()) symbols.set(child.name, child);
  }
  return { symbols, complaints };
}

/** Keeps what TypeDoc would print. */
class Complaints extends Logger {
  /** @param {string[]} complaints */
  constructor(complaints) {
    super();
    this.complaints = complaints;
  }

  /** @override @param {string} message @param {LogLevel} level */
  log(message, level) {
    super.log(message, level);
    if (level >= LogLevel.Warn) this.complaints.push(message);
  }
}
