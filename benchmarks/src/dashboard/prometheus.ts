import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer } from './panel-series.js';

/** How to come by the server, for those who have none. */
export const GET_PROMETHEUS =
  'apt-get download prometheus && dpkg-deb -x prometheus_*.deb prometheus, then --prometheus prometheus/usr/bin/prometheus';

/** A range of query_range, in seconds of Unix time. */
export interface Range {
  readonly start: number;
  readonly end: number;
  readonly step: number;
}

/** A Prometheus server on loopback that scrapes one process and keeps its data in a directory of its own. */
export class Prometheus implements AsyncDisposable {
  readonly #url: string;
  readonly #stop: () => Promise<void>;

  private constructor(url: string, stop: () => Promise<void>) {
    this.#url = url;
    this.#stop = stop;
  }

  /** Starts the program. Rejects with what it said when it ends before it answers. */
  static async start(
    program: string,
    directory: string,
    target: { readonly port: number; readonly scrapeSeconds: number },
  ): Promise<Prometheus> {
    await mkdir(directory, { recursive: true });
    const config = join(directory, 'prometheus.json');
    // JSON is YAML.
    const scrape = {
      job_name: 'shale',
      scrape_interval: `${target.scrapeSeconds}s`,
      scrape_timeout: `${target.scrapeSeconds}s`,
      static_configs: [{ targets: [`127.0.0.1:${target.port}`] }],
    };
    await writeFile(config, JSON.stringify({ scrape_configs: [scrape] }));
    const address = `127.0.0.1:${await freePort()}`;
    const server = spawn(
      program,
      [
        `--config.file=${config}`,
        `--storage.tsdb.path=${join(directory, 'data')}`,
        `--web.listen-address=${address}`,
        '--log.level=warn',
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    let said = '';
    server.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    const ended = once(server, 'close').catch((error: unknown) => {
      said += String(error);
    });
    const hasEnded = (): boolean =>
      server.exitCode !== null || server.signalCode !== null || said.includes('ENOENT');
    const url = `http://${address}`;
    while (
      !(await fetch(`${url}/-/ready`).then(
        (answer) => answer.ok,
        () => false,
      ))
    ) {
      if (hasEnded()) throw new Error(`${program} has ended: ${said}`);
      await sleep(100);
    }
    return new Prometheus(url, async () => {
      server.kill();
      await ended;
    });
  }

  /** The values of a label of a metric, as `label_values` of Grafana. */
  async labelValues(metric: string, label: string): Promise<string[]> {
    return this.#get<string[]>(`label/${label}/values`, { 'match[]': metric });
  }

  /** What a query has over a range of time. Rejects when the query is refused. */
  async query(query: string, { start, end, step }: Range): Promise<Answer[]> {
    const { result } = await this.#get<{ result: Answer[] }>('query_range', {
      query,
      start: `${start}`,
      end: `${end}`,
      step: `${step}`,
    });
    return result;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stop();
  }

  async #get<T>(path: string, parameters: Record<string, string>): Promise<T> {
    const answer = await fetch(`${this.#url}/api/v1/${path}?${new URLSearchParams(parameters)}`);
    const { data, error }: { data?: T; error?: string } = JSON.parse(await answer.text());
    if (data === undefined) throw new Error(`Prometheus refuses ${JSON.stringify(parameters)}: ${error}`);
    return data;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('there is no port');
  return address.port;
}
