// What is set from outside. PostgreSQL's own variables (PGHOST, PGUSER ...) count where DATABASE_URL says nothing.
const { env } = process;
export const config = {
  host: env.HOST ?? '127.0.0.1',
  port: Number(env.PORT ?? 3000),
  directory: env.LOG_DIRECTORY ?? './data', // on a disk that stays
  database: env.DATABASE_URL,
  keep: BigInt(env.KEEP_BATCHES ?? 10_000), // batches that stay in the log when they are stored
};
if (config.keep < 0n) throw new RangeError('KEEP_BATCHES is less than 0'); // it would remove what is not stored
