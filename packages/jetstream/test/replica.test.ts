// One writer, many readers, on three real servers.
import { jetstreamManager } from '@nats-io/jetstream';
import { connect, headers } from '@nats-io/transport-node';
import type { TableId } from '@shale/codec';
import { type ReplicaPart, ReplicaReader, ReplicaWriter } from '@shale/jetstream';
import { describe, expect, test } from 'vitest';
import { testCluster } from '../../../test/support/replica-cluster.js';

const cluster = testCluster();
const TABLE: TableId = { region: 1n, table: 7n };

function texts(count: number, from = 1): Buffer[] {
  return Array.from({ length: count }, (_, i) => Buffer.from(`entry ${from + i}`));
}

async function writer(url: string, more: { partitions?: number; takeover?: boolean } = {}, source = 'log') {
  const { monitors: monitor } = await cluster.get();
  return await ReplicaWriter.open(url, source, { monitor, partitions: 1, ...more });
}

async function reader(url: string) {
  const { monitors: monitor } = await cluster.get();
  return await ReplicaReader.open(url, { monitor });
}

/** The entries of a table, by a read of it, and the first sequence. */
async function read(url: string, table: TableId, from = 1n): Promise<{ first: bigint; payloads: string[] }> {
  const replica = await reader(url);
  try {
    let first = 0n;
    const payloads: string[] = [];
    for await (const entries of replica.read(table, from)) {
      if (payloads.length === 0) first = entries.first;
      payloads.push(...entries.payloads.map((payload) => Buffer.from(payload).toString()));
    }
    return { first, payloads };
  } finally {
    await replica.close();
  }
}

/** A stream's administration, as `nats` on the command line has it. */
async function streams(url: string) {
  const connection = await connect({ servers: url.slice('nats://'.length, url.lastIndexOf('/')).split(',') });
  return {
    name: url.slice(url.lastIndexOf('/') + 1),
    api: (await jetstreamManager(connection)).streams,
    [Symbol.asyncDispose]: () => connection.close(),
  };
}

describe.skipIf(cluster.isMissing)('a replica', () => {
  test('has what was written, in order and with the same bytes, and the writer who comes next goes on behind it', async () => {
    const url = await cluster.url();
    const one = await writer(url, { partitions: 3 });
    const tables = Array.from({ length: 9 }, (_, i) => ({ region: BigInt(i), table: 2n ** 63n + BigInt(i) }));
    for (let at = 1; at <= 200; at += 50) {
      await Promise.all(
        tables.map((table) => one.append(table, `t${table.region}`, BigInt(at), texts(50, at))),
      );
    }
    await one.close();
    const two = await writer(url, { partitions: 3 });
    expect(tables.map((table) => two.position(table))).toEqual(tables.map(() => 200n));
    for (const table of tables) await two.append(table, null, 201n, texts(1, 201));
    for (const table of tables) {
      expect(await read(url, table)).toEqual({ first: 1n, payloads: texts(201).map(String) });
    }
    expect((await read(url, TABLE)).payloads).toEqual([]);
    expect(await read(url, { region: 3n, table: 2n ** 63n + 3n }, 200n)).toEqual({
      first: 200n,
      payloads: ['entry 200', 'entry 201'],
    });
    await two.close();
  });

  test('takes entries that are larger than a message, and empty ones', async () => {
    const url = await cluster.url();
    const one = await writer(url);
    const { max_payload: limit = 0 } = (await connectInfo(url)) ?? {};
    const payloads = [0, 1, limit - 1029, limit - 1028, limit - 1027, limit, 3 * limit + 7].map((length, i) =>
      Buffer.alloc(length, i + 1),
    );
    await one.append(TABLE, null, 1n, payloads);
    await one.close();
    const replica = await reader(url);
    const found: Buffer[] = [];
    for await (const entries of replica.read(TABLE))
      found.push(...entries.payloads.map((each) => Buffer.from(each)));
    await replica.close();
    expect(found.map(({ length }) => length)).toEqual(payloads.map(({ length }) => length));
    expect(found.every((each, i) => each.equals(payloads[i] ?? Buffer.alloc(0)))).toBe(true);
  });

  test('is of the writer who came last: the one before is fenced for good, and cannot take it back', async () => {
    const url = await cluster.url();
    const one = await writer(url);
    await one.append(TABLE, null, 1n, texts(1));
    const two = await writer(url);
    await two.append(
      TABLE,
      null,
      2n,
      ['two'].map((text) => Buffer.from(text)),
    );
    const failure = new Promise((resolve) => one.onFailure(resolve));
    await expect(one.append(TABLE, null, 2n, texts(1, 2))).rejects.toMatchObject({ code: 'SHALE_FENCED' });
    expect(await failure).toMatchObject({ code: 'SHALE_FENCED' });
    await expect(one.append(TABLE, null, 3n, texts(1, 3))).rejects.toMatchObject({ code: 'SHALE_FENCED' });
    await two.append(
      TABLE,
      null,
      3n,
      ['three'].map((text) => Buffer.from(text)),
    );
    expect((await read(url, TABLE)).payloads).toEqual(['entry 1', 'two', 'three']);
    await Promise.all([one.close(), two.close()]);
  });

  test('of another log is refused, unless it is taken over', async () => {
    const url = await cluster.url();
    await (await writer(url)).close();
    await expect(writer(url, {}, 'another log')).rejects.toMatchObject({
      code: 'SHALE_INVALID_ARGUMENT',
      message: expect.stringContaining('is the replica of another log'),
    });
    await (await writer(url, { takeover: true }, 'another log')).close();
    await expect(writer(url)).rejects.toMatchObject({ code: 'SHALE_INVALID_ARGUMENT' });
  });

  test('keeps what is gone apart from what is missing', async () => {
    const url = await cluster.url();
    const one = await writer(url);
    await one.append(TABLE, 'name', 1n, texts(10));
    await one.skipTo(TABLE, 21n, false);
    await one.append(TABLE, null, 21n, texts(2, 21));
    expect((await read(url, TABLE)).payloads).toEqual([...texts(10), ...texts(2, 21)].map(String));
    await one.skipTo(TABLE, 101n, true);
    expect((await read(url, TABLE)).payloads).toEqual([]);
    await one.append(TABLE, null, 101n, texts(2, 101));
    expect(await read(url, TABLE)).toEqual({ first: 101n, payloads: texts(2, 101).map(String) });
    await one.drop(TABLE);
    const replica = await reader(url);
    const tables = [];
    for await (const table of replica.tables()) tables.push(table);
    expect(tables).toEqual([]);
    await one.append(TABLE, 'again', 1n, texts(1));
    expect((await read(url, TABLE)).payloads).toEqual(['entry 1']);
    for await (const table of replica.tables()) tables.push(table);
    expect(tables).toEqual([{ id: TABLE, name: 'again', first: 1n, last: 1n }]);
    await Promise.all([replica.close(), one.close()]);
  });

  test('that is trimmed shows nothing before, gives the space of whole messages back, and goes on', async () => {
    const url = await cluster.url();
    const one = await writer(url);
    const other: TableId = { region: 1n, table: 8n };
    for (let at = 1; at <= 300; at += 10) {
      await Promise.all([
        one.append(TABLE, null, BigInt(at), texts(10, at)),
        one.append(other, null, BigInt(at), texts(10, at)),
      ]);
    }
    await using admin = await streams(url);
    const messages = async () => {
      const { state } = await admin.api.info(`${admin.name}_0`, { subjects_filter: `${admin.name}.0.t.1.7` });
      return state.subjects?.[`${admin.name}.0.t.1.7`];
    };
    await one.trim(TABLE, 5n);
    expect([one.floor(TABLE), await messages()]).toEqual([5n, 31]);
    await one.trim(TABLE, 256n);
    await one.trim(TABLE, 200n);
    // Of 30 messages the first 25 had nothing else; then the marks.
    expect([one.floor(TABLE), await messages()]).toEqual([256n, 7]);
    expect(await read(url, TABLE)).toEqual({ first: 256n, payloads: texts(45, 256).map(String) });
    await one.append(TABLE, null, 301n, texts(10, 301));
    await one.trim(TABLE, 1000n);
    expect([one.floor(TABLE), one.position(TABLE), await messages()]).toEqual([311n, 310n, 1]);
    await one.append(TABLE, null, 311n, texts(1, 311));
    expect(await read(url, TABLE)).toEqual({ first: 311n, payloads: ['entry 311'] });
    expect(await read(url, other)).toEqual({ first: 1n, payloads: texts(300).map(String) });
    // An entry in several messages is there with all of them, or none.
    await one.append(TABLE, null, 312n, [Buffer.alloc(3_000_000, 1), Buffer.alloc(3_000_000, 2)]);
    await one.trim(TABLE, 313n);
    expect((await read(url, TABLE)).first).toBe(313n);
    await one.trim(other, 301n);
    await one.close();
    const two = await writer(url);
    expect([two.floor(TABLE), two.position(TABLE), two.floor(other)]).toEqual([313n, 313n, 301n]);
    await two.close();
  });

  test('whose messages before a floor were not removed shows none of them', async () => {
    const url = await cluster.url();
    const one = await writer(url);
    await one.append(TABLE, null, 1n, texts(10));
    await one.close();
    // As a writer leaves it that ends between the mark and the purge.
    await using admin = await streams(url);
    const connection = await connect({
      servers: url.slice('nats://'.length, url.lastIndexOf('/')).split(','),
    });
    const head = headers();
    head.set('Shale-Frame', '1 mark 1 9 11 0 11 1 1');
    await connection.request(`${admin.name}.0.t.1.7`, '', { headers: head, timeout: 5000 });
    await connection.close();
    expect((await read(url, TABLE)).payloads).toEqual([]);
    const two = await writer(url);
    expect(two.position(TABLE)).toBe(10n);
    await two.append(TABLE, null, 11n, texts(1, 11));
    expect(await read(url, TABLE)).toEqual({ first: 11n, payloads: ['entry 11'] });
    await two.close();
  });

  test.each(['in the middle', 'at the beginning'])(
    'that has lost a message %s is SHALE_CORRUPT, by a read and by a read of everything',
    async (where) => {
      const url = await cluster.url();
      const one = await writer(url);
      for (let i = 1; i <= 5; i++) await one.append(TABLE, null, BigInt(i), texts(1, i));
      await one.close();
      await using admin = await streams(url);
      const stream = `${admin.name}_0`;
      if (where === 'in the middle') {
        // The stream does not let single messages go, so another one takes its place, as a server with damaged files has it.
        const kept = [];
        for (let seq = 1; seq <= 6; seq++) kept.push(await admin.api.getMessage(stream, { seq }));
        const { config } = await admin.api.info(stream);
        await admin.api.delete(stream);
        await admin.api.add(config);
        const connection = await connect({
          servers: url.slice('nats://'.length, url.lastIndexOf('/')).split(','),
        });
        for (const message of kept.filter((_, i) => i !== 3)) {
          if (message === null) continue;
          const header = headers();
          header.set('Shale-Frame', message.header.get('Shale-Frame'));
          await connection.request(message.subject, message.data, { headers: header, timeout: 5000 });
        }
        await connection.close();
      } else {
        await admin.api.purge(stream, { filter: `${admin.name}.0.t.1.7`, seq: 4 });
      }
      const lost =
        where === 'in the middle' ? /the entries 3 to 3 are missing/ : /the entries 1 to 2 are missing/;
      const expected = { code: 'SHALE_CORRUPT', table: TABLE, message: expect.stringMatching(lost) };
      await expect(read(url, TABLE)).rejects.toMatchObject(expected);
      const replica = await reader(url);
      const everything = (async () => {
        const parts: ReplicaPart[] = [];
        for await (const part of replica.everything()) parts.push(part);
        return parts;
      })();
      await expect(everything).rejects.toMatchObject(expected);
      await replica.close();
    },
  );

  test('of which entries are removed while they are read is SHALE_TRIMMED, and not damaged', async () => {
    const url = await cluster.url();
    const one = await writer(url);
    const count = 1100;
    await Promise.all(
      Array.from({ length: count }, (_, i) => one.append(TABLE, null, BigInt(i + 1), texts(1, i + 1))),
    );
    const replica = await reader(url);
    const [entries, everything] = [replica.read(TABLE), replica.everything()];
    // A page has been fetched by then, and another one is to come.
    expect((await entries.next()).value?.first).toBe(1n);
    expect((await everything.next()).value).toMatchObject({ is: 'entries' });
    await one.skipTo(TABLE, 2001n, true);
    const rest = async (all: AsyncIterable<unknown>) => {
      for await (const each of all) void each;
    };
    const expected = { code: 'SHALE_TRIMMED', table: TABLE, details: { first: 2001n } };
    await expect(rest(entries)).rejects.toMatchObject(expected);
    await expect(rest(everything)).rejects.toMatchObject(expected);
    await Promise.all([replica.close(), one.close()]);
  });

  test('whose stream was made anew is SHALE_CORRUPT to its writer, which does not begin from nothing', async () => {
    const url = await cluster.url();
    const one = await writer(url);
    await one.append(TABLE, null, 1n, texts(5));
    await using admin = await streams(url);
    const { config } = await admin.api.info(`${admin.name}_0`);
    await admin.api.delete(`${admin.name}_0`);
    await admin.api.add(config);
    await expect(one.append(TABLE, null, 6n, texts(1, 6))).rejects.toMatchObject({
      code: 'SHALE_CORRUPT',
      message: expect.stringContaining('has lost acknowledged messages'),
    });
    await one.close();
  });

  test('lists more tables and names than a server tells at a time', async () => {
    const url = await cluster.url();
    const one = await writer(url);
    const count = 1200;
    await Promise.all(
      Array.from({ length: count }, (_, i) =>
        one.append({ region: 0n, table: 2n ** 63n + BigInt(i) }, `name ${i}`, 1n, texts(1)),
      ),
    );
    await one.close();
    const replica = await reader(url);
    const names = new Set<string | null>();
    for await (const { name } of replica.tables()) names.add(name);
    await replica.close();
    expect(names).toEqual(new Set(Array.from({ length: count }, (_, i) => `name ${i}`)));
    const two = await writer(url);
    expect([...two.positions()]).toHaveLength(count);
    await two.close();
  });
});

async function connectInfo(url: string) {
  const connection = await connect({ servers: url.slice('nats://'.length, url.lastIndexOf('/')).split(',') });
  const { info } = connection;
  await connection.close();
  return info;
}
