// The service, or one that is measured beside it, as a process of its own.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const SERVICE = fileURLToPath(new URL('../../ingest-service/src/main.js', import.meta.url));

/** One that complains so often does not get on: what the trial does to it is good for a few. */
const TOO_MANY = 30;

export class Service {
  /** Its address, once it listens; rejects when it ends before. @type {Promise<string>} */
  listening;
  /** What it has told that is worth a look. @type {string[]} */
  complaints = [];
  #child;
  /** @type {Promise<number | NodeJS.Signals | null>} */
  #ended;

  /**
   * @param {Record<string, string>} settings as the service's config takes them
   * @param {string} [program]
   * @param {string[]} [within] a command that runs it
   */
  constructor(settings, program = SERVICE, within = []) {
    const [command = '', ...args] = [...within, process.execPath, program];
    this.#child = spawn(command, args, {
      env: { ...process.env, PORT: '0', LOG_LEVEL: 'info', ...settings },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const lines = createInterface(this.#child.stdout);
    this.#ended = new Promise((resolve) =>
      this.#child.once('exit', (code, signal) => resolve(signal ?? code)),
    );
    this.listening = new Promise((resolve, reject) => {
      void this.#ended.then((how) => reject(this.#endedBy(how)));
      lines.on('line', (line) => {
        const { level, msg, err } = JSON.parse(line);
        if (level >= 40) this.complaints.push(`${msg}: ${err?.message}`);
        const address = /Server listening at (\S+)/.exec(msg)?.[1];
        if (address !== undefined) resolve(address);
      });
    });
    // Whoever kills it before it listens does not wait for that.
    this.listening.catch(() => {});
  }

  /** The exit code, or the signal that ended it. */
  get ended() {
    return this.#ended;
  }

  /** Throws when it has ended, which it never does by itself, or does not get on. */
  requireRunning() {
    const { exitCode, signalCode } = this.#child;
    if (exitCode !== null || signalCode !== null) throw this.#endedBy(signalCode ?? exitCode);
    if (this.complaints.length >= TOO_MANY)
      throw new Error(`the service does not get on: ${this.complaints.at(-1)}`);
  }

  /** Sends a signal, and resolves to how it ended. @param {NodeJS.Signals} signal */
  async end(signal) {
    this.#child.kill(signal);
    return await this.#ended;
  }

  /** @param {number | NodeJS.Signals | null} how */
  #endedBy(how) {
    return new Error(`the service ended by itself (${how}): ${this.complaints.join('\n')}`);
  }
}
