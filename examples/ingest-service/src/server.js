// HTTP: takes batches of events, answers when they are on the disk, and tells how it is.
import { WalError } from '@shale/engine';
import fastify, { LogController } from 'fastify';
import { register } from 'prom-client';
import { batchSchema, headerSchema, parseBatch } from './schema.js';

/** What a failed append is to the client, and nothing of it is in the log; anything else is 500, and it may be in.
 * @type {Record<string, number>} */
const STATUS = { SHALE_OVERLOADED: 429, SHALE_NO_SPACE: 503, SHALE_NO_RESOURCES: 503, SHALE_CLOSED: 503 };

/** @param {Pick<import('@shale/engine').Wal, 'health'>} wal @param {Pick<import('@shale/engine').Table, 'append'>} batches */
export function createServer(wal, batches) {
  const server = fastify({
    logger: { level: process.env.LOG_LEVEL ?? 'info' },
    logController: new LogController({ disableRequestLogging: true }),
    return503OnClosing: false, // who has a connection yet is answered as ever
    // What is checked is what is stored: nothing is converted or taken out.
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, allowUnionTypes: true } },
  });

  // The body is parsed to be checked, and kept as it came to be stored.
  server.decorateRequest('bytes', null);
  server.removeContentTypeParser('application/json');
  server.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, bytes, done) => {
    request.setDecorator('bytes', bytes);
    try {
      done(null, parseBatch(/** @type {Buffer} */ (bytes)));
    } catch (cause) {
      done(Object.assign(new Error('the body is not JSON in UTF-8', { cause }), { statusCode: 400 }));
    }
  });

  server.post('/events', { schema: { body: batchSchema, headers: headerSchema } }, async (request, reply) => {
    const id = /** @type {string | undefined} */ (request.headers['idempotency-key']); // with one it is in once
    const batch = await batches.append(request.getDecorator('bytes'), { id });
    return reply.code(202).send({ batch: `${batch}` });
  });

  server.setErrorHandler((/** @type {Error & { statusCode?: number }} */ error, request, reply) => {
    const status = error instanceof WalError ? (STATUS[error.code] ?? 500) : (error.statusCode ?? 500);
    if (status === 500) request.log.error(error);
    if (status === 429 || status === 503) reply.header('retry-after', '1');
    return reply.code(status).send({ error: status < 500 ? error.message : 'the log does not take it' });
  });

  // Healthy, unless only a new start helps. Ready while the log takes batches, whether PostgreSQL is there or not.
  const tell = (/** @type {import('fastify').FastifyReply} */ reply, /** @type {boolean} */ isGood) =>
    reply.code(isGood ? 200 : 503).send({ log: wal.health });
  server.get('/health', (_, reply) => tell(reply, !['poisoned', 'failed'].includes(wal.health)));
  server.get('/ready', (_, reply) => tell(reply, wal.health === 'well'));
  server.get('/metrics', async (_, reply) => reply.type(register.contentType).send(await register.metrics()));
  return server;
}
