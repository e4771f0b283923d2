import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { programVersion, Server } from './server.js';

/** Where Debian has the programs of its versions. */
const VERSIONS = '/usr/lib/postgresql';
/** It refuses to run as root: so it is given another number, without another's rights to files. */
const NOT_AS_ROOT = ['unshare', '--user', '--map-user=1000', '--map-group=1000'];

/** The user that it knows. */
export const USER = 'shale';

/** The version that is installed; throws when none is. */
export function postgresVersion(): string {
  return programVersion(program('postgres'), 'postgresql');
}

/** Starts PostgreSQL with its files and its socket in a directory. */
export function startPostgres(directory: string, isSync: boolean): Server {
  const data = join(directory, 'data');
  if (!existsSync(data)) {
    const [command = '', ...args] = call('initdb', '-D', data, '-U', USER, '-A', 'trust', '-E', 'UTF8');
    execFileSync(command, args, { stdio: 'pipe' });
  }
  const settings = [
    `synchronous_commit=${isSync ? 'on' : 'off'}`,
    'shared_buffers=1GB',
    'max_wal_size=8GB',
    'listen_addresses=',
  ];
  const options = ['-D', data, '-k', directory, ...settings.flatMap((setting) => ['-c', setting])];
  const [command = '', ...args] = call('postgres', ...options);
  return new Server({ command, args });
}

function call(name: string, ...args: string[]): string[] {
  return [...(process.getuid?.() === 0 ? NOT_AS_ROOT : []), program(name), ...args];
}

/** A program of the newest version that is installed. */
function program(name: string): string {
  const versions = existsSync(VERSIONS) ? readdirSync(VERSIONS).sort((a, b) => Number(a) - Number(b)) : [];
  return join(VERSIONS, versions.at(-1) ?? '', 'bin', name);
}
