import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { withScratch } from '@shale/bench-kit';
import { BusyProcess } from '../dashboard/busy.js';
import { PICTURE, readDashboard } from '../dashboard/definition.js';
import { panelSeries } from '../dashboard/panel-series.js';
import { drawPicture, type FilledPanel } from '../dashboard/picture.js';
import { GET_PROMETHEUS, Prometheus } from '../dashboard/prometheus.js';
import { substitute } from '../dashboard/variables.js';
import { measuredDirectory } from './place.js';
import { count, parseCommand, UsageError } from './usage.js';

const SCRAPE_SECONDS = 2;
/** Before what is drawn, so that the first rates have samples. */
const LEAD_SECONDS = 10;

/** Draws Grafana's dashboard from what a Prometheus server has scraped of a busy process. */
export async function dashboardCommand(args: readonly string[]): Promise<number> {
  const { values } = parseCommand({
    args: [...args],
    options: {
      seconds: { type: 'string' },
      prometheus: { type: 'string', default: 'prometheus' },
      out: { type: 'string', default: PICTURE },
    },
  });
  const seconds = count('seconds', values.seconds) ?? 180;
  const program = values.prometheus;
  if (spawnSync(program, ['--version']).status !== 0) {
    throw new UsageError(`'${program}' is no Prometheus server. On Debian: ${GET_PROMETHEUS}`);
  }
  const svg = await withScratch(measuredDirectory(), async (directory) => {
    await using busy = await BusyProcess.start(directory);
    await using prometheus = await Prometheus.start(program, join(directory, 'prometheus'), {
      port: busy.port,
      scrapeSeconds: SCRAPE_SECONDS,
    });
    console.log(`a busy process is scraped for ${seconds + LEAD_SECONDS} s`);
    await Promise.race([sleep((seconds + LEAD_SECONDS) * 1000), busy.failed]);
    return await picture(prometheus, seconds);
  });
  writeFileSync(values.out, svg);
  console.log(values.out);
  return 0;
}

/** The dashboard over the last seconds. */
async function picture(prometheus: Prometheus, seconds: number): Promise<string> {
  const dashboard = readDashboard();
  const end = Math.floor(Date.now() / 1000);
  const range = { start: end - seconds, end, step: SCRAPE_SECONDS };
  const times = Array.from(
    { length: Math.floor(seconds / range.step) + 1 },
    (_, i) => range.start + i * range.step,
  );
  const variables = {
    logs: await prometheus.labelValues('shale_health', 'log'),
    scrapeSeconds: SCRAPE_SECONDS,
    stepSeconds: range.step,
  };
  const [up] = await prometheus.query('up', range);
  const failed = times.length - (up?.values.filter(([, value]) => value === '1').length ?? 0);
  if (failed > 0) console.log(`${failed} of ${times.length} scrapes failed, as when the machine stood still`);
  const filled: FilledPanel[] = [];
  for (const panel of dashboard.panels) {
    if (panel.type === 'row') continue;
    const answers = await Promise.all(
      (panel.targets ?? []).map(({ expr }) => prometheus.query(substitute(expr, variables), range)),
    );
    filled.push({ panel, series: panelSeries(panel, answers, times) });
  }
  const description = `The dashboard of docs/grafana over ${seconds} s of a process that is busy with the logs ${variables.logs.join(' and ')}, drawn by npm run bench -- dashboard from what Prometheus has scraped, not by Grafana.`;
  return drawPicture(dashboard, filled, range.step, description);
}
