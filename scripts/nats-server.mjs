// Prints the path of a nats-server that is new enough, which is fetched if it has to be: for whatever starts one.
import { ensureNatsServer } from './lib/nats/server.mjs';
import { fail } from './lib/say.mjs';

try {
  console.log(await ensureNatsServer());
} catch (error) {
  fail(error);
}
