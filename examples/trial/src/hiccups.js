// Lets PostgreSQL refuse some of what the service does, in the middle of its transactions.
import { TABLES } from '../../ingest-service/src/store.js';

/**
 * The 2nd and then every 100th COPY fails when its rows are in, and the 5th and then every 100th move of the position.
 *
 * @param {import('./postgres.js').Postgres} postgres
 */
export async function makeHiccups(postgres) {
  await postgres.query(`
    ${TABLES}
    CREATE SEQUENCE copies;
    CREATE SEQUENCE moves;
    CREATE FUNCTION hiccup() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF nextval(TG_ARGV[0]::regclass) % 100 = TG_ARGV[1]::int THEN RAISE 'a hiccup of the trial'; END IF;
        RETURN NULL;
      END $$;
    CREATE TRIGGER hiccup AFTER INSERT ON events FOR EACH STATEMENT EXECUTE FUNCTION hiccup('copies', '2');
    CREATE TRIGGER hiccup AFTER UPDATE ON positions FOR EACH STATEMENT EXECUTE FUNCTION hiccup('moves', '5');`);
}
