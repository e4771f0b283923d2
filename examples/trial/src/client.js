// client.js <url> <load as JSON>: sends the same batch over many connections, and prints what came of it as JSON.
import autocannon from 'autocannon';
import { bodyOf } from './producers.js';

const [url = '', load = '{}'] = process.argv.slice(2);
const { connections, events, seconds } = JSON.parse(load);
const { requests, latency, non2xx, errors, duration } = await autocannon({
  url: `${url}/events`,
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: bodyOf(0, events),
  connections,
  duration: seconds,
});
console.log(
  JSON.stringify({
    requests: (requests.total - non2xx) / duration,
    p50: latency.p50,
    p99: latency.p99,
    failed: non2xx + errors,
  }),
);
