// A PostgreSQL of its own: a new cluster in a temporary directory, on a free port of the loopback, with a password that
// nobody else knows. It is gone when it is stopped.
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

/** Where Debian's packages put the programs, one folder for each version. */
const DEBIAN = '/usr/lib/postgresql';

/** The folder of PostgreSQL's programs; undefined when it is not installed. */
export function findPostgres() {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [
    ...versions.map((version) => join(DEBIAN, version, 'bin')),
    ...(process.env.PATH ?? '').split(delimiter),
  ];
  return folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')));
}

/**
 * Why there can be no cluster here; undefined when there can. PostgreSQL does not run as root: then it runs as the user
 * `postgres`, whom Debian's package makes.
 */
export function whyNoPostgres() {
  if (findPostgres() === undefined) return 'PostgreSQL is not installed';
  if (isRoot() && userOf('postgres') === undefined)
    return 'there is no user postgres, and PostgreSQL does not run as root';
  return undefined;
}

export class Postgres {
  /** @param {string} directory @param {number} port @param {string} password @param {{ uid?: number, gid?: number }} user */
  constructor(directory, port, password, user) {
    this.directory = directory;
    this.user = user;
    this.port = port;
    this.url = `postgres://trial:${password}@127.0.0.1:${port}/postgres`;
    /** @type {import('node:child_process').ChildProcess | null} */
    this.process = null;
  }

  static async create() {
    const why = whyNoPostgres();
    if (why !== undefined) throw new Error(why);
    /** @type {{ uid?: number, gid?: number }} */
    const user = (isRoot() && userOf('postgres')) || {};
    const directory = mkdtempSync(join(tmpdir(), 'shale-postgres-'));
    const password = randomBytes(16).toString('hex');
    const passwordFile = join(directory, 'password');
    writeFileSync(passwordFile, password, { mode: 0o600 });
    if (user.uid !== undefined && user.gid !== undefined) {
      chownSync(directory, user.uid, user.gid);
      chownSync(passwordFile, user.uid, user.gid);
    }
    const postgres = new Postgres(directory, await freePort(), password, user);
    const options = [
      '--auth=scram-sha-256',
      '--username=trial',
      '--encoding=UTF8',
      '--locale=C',
      '--no-sync',
    ];
    postgres.run('initdb', [...options, `--pwfile=${passwordFile}`, '-D', join(directory, 'data')]);
    await postgres.start();
    return postgres;
  }

  /** Resolves when it takes connections. */
  async start() {
    const settings = {
      listen_addresses: '127.0.0.1',
      port: `${this.port}`,
      unix_socket_directories: '',
      max_wal_size: '4GB',
    };
    const child = spawn(
      join(findPostgres() ?? '', 'postgres'),
      [
        '-D',
        join(this.directory, 'data'),
        ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
      ],
      { ...this.user, cwd: this.directory, stdio: ['ignore', 'ignore', 'pipe'] },
    );
    this.process = child;
    let told = '';
    child.stderr.on('data', (chunk) => {
      told = `${told}${chunk}`.slice(-4000);
    });
    for (;;) {
      if (child.exitCode !== null) throw new Error(`PostgreSQL ended:\n${told}`);
      const client = new pg.Client({ connectionString: this.url });
      try {
        await client.connect();
        return;
      } catch {
        await sleep(50);
      } finally {
        await client.end().catch(() => {});
      }
    }
  }

  /** Ends it as a crash does, its clients lose their connections, and starts it again. */
  async crash() {
    await this.#end('SIGQUIT');
    await this.start();
  }

  /** Ends it, until `start`. */
  async stop() {
    await this.#end('SIGINT');
  }

  /** @param {string} sql */
  async query(sql) {
    const client = new pg.Client({ connectionString: this.url });
    await client.connect();
    try {
      return (await client.query(sql)).rows;
    } finally {
      await client.end();
    }
  }

  /** Ends it, and removes all that was its. */
  async remove() {
    await this.#end('SIGINT');
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** @param {string} program @param {string[]} args */
  run(program, args) {
    const { status, stderr, error } = spawnSync(join(findPostgres() ?? '', program), args, {
      ...this.user,
      cwd: this.directory,
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C' },
    });
    if (status !== 0) throw new Error(`${program} failed: ${error?.message ?? stderr}`);
  }

  /** @param {NodeJS.Signals} signal */
  async #end(signal) {
    const child = this.process;
    if (child === null || child.exitCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await ended;
  }
}

function isRoot() {
  return process.getuid?.() === 0;
}

/** @param {string} name */
function userOf(name) {
  const { status, stdout } = spawnSync('getent', ['passwd', name], { encoding: 'utf8' });
  const [, , uid, gid] = stdout?.split(':') ?? [];
  return status === 0 ? { uid: Number(uid), gid: Number(gid) } : undefined;
}

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
