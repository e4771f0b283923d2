import { showable } from '../output/showable.js';
import { formatDuration } from '../output/units.js';
import { troubles } from '../top/words.js';
import type { Messages } from '../web/message.js';
import { element, part, say } from './dom.js';
import { History, type SentView } from './history.js';
import type { Panel } from './panel.js';
import { panelsOf } from './panels.js';

/** Where less motion is asked for, pictures are drawn anew no more often. Milliseconds. */
const CALM_MS = 10_000;

const calm = matchMedia('(prefers-reduced-motion: reduce)');
const pause = part('pause');
let log: Messages['log'] | null = null;
let history = new History(1000);
let panels: Panel[] = [];
let isPaused = false;
let drawnAt = Number.NEGATIVE_INFINITY;

function begin(next: Messages['log']): void {
  // A connection that was lost and is back goes on where it was.
  if (log === null) history = new History(next.intervalMs);
  log = next;
  const path = showable(next.path);
  say(part('path'), path);
  say(part('process'), `process ${next.pid}`);
  document.title = `shale top ${path}`;
  state(history.latest === undefined ? `looking: every ${formatDuration(next.intervalMs)} ...` : 'live', '');
}

function take(view: SentView): void {
  history.add(view, performance.now());
  if (!isPaused) show();
}

function show(): void {
  const { latest } = history;
  if (latest === undefined || document.hidden) return;
  const { view } = latest;
  if (panels.length === 0) {
    panels = panelsOf(view);
    part('panels').replaceChildren(...panels.map(({ node }) => node));
  }
  const isWell = view.health === 'well';
  const health = part('health');
  health.className = `health ${isWell ? 'well' : 'ill'}`;
  say(health, `${isWell ? '✓' : '▲'} ${view.health}`);
  showTroubles(troubles(view));
  say(
    part('span'),
    `Pictures show the last ${formatDuration(history.spanMs)}. Numbers are of the last look.`,
  );
  for (const panel of panels) panel.say(view);
  const now = performance.now();
  if (calm.matches && now - drawnAt < CALM_MS) return;
  drawnAt = now;
  for (const panel of panels) panel.draw(history);
}

/** They are read out when they change, and only then. */
function showTroubles(found: readonly string[]): void {
  const list = part('troubles');
  list.hidden = found.length === 0;
  if (list.textContent === found.join('')) return;
  list.replaceChildren(...found.map((text) => element('p', '', text)));
}

function state(text: string, className: '' | 'over'): void {
  const line = part('state');
  line.className = `state ${className}`;
  say(line, text);
  document.body.classList.toggle('stale', className === 'over');
}

function whileLive(): string {
  return isPaused ? 'paused' : 'live';
}

const views = new EventSource('views');
views.addEventListener('log', ({ data }) => begin(JSON.parse(data) as Messages['log']));
views.addEventListener('view', ({ data }) => {
  take(JSON.parse(data) as SentView);
  state(whileLive(), '');
});
views.addEventListener('end', ({ data }) => {
  const { reason } = JSON.parse(data) as Messages['end'];
  views.close();
  pause.hidden = true;
  isPaused = false;
  show();
  state(`${showable(reason)} (${new Date().toLocaleTimeString()})`, 'over');
});
views.addEventListener('error', () => state('shale top is not reached: it may have ended', 'over'));

pause.addEventListener('click', () => {
  isPaused = !isPaused;
  pause.setAttribute('aria-pressed', String(isPaused));
  if (history.latest !== undefined) state(whileLive(), '');
  show();
});
document.addEventListener('visibilitychange', () => {
  if (!isPaused) show();
});
