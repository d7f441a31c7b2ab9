// Changes of any table, as section 6 of the protocol has them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  arrived, collect, conversation, database, db, matrix, message, NEW, publish, PUBLISHABLE, refused, row, rows, served, subscribed, subscriptionOf, table, unique,
  until, URLS, watching, Wire,
} from './harness.js';

const entry = (t, more = {}) => ({ event: '*', schema: t.schema, table: t.name, ...more });

matrix('a new message: every field of the payload', async (application) => {
  const id = await conversation();
  const { changes } = await watching(application.client(),
    { event: 'INSERT', schema: 'public', table: 'messages', filter: `conversation_id=eq.${id}` });
  const before = Date.now();
  const sent = await message(id, 'Grüße, 世界 🎉 "quoted" \\ and \n more');
  const [change] = await arrived(changes, 1);
  const { commit_timestamp, ...rest } = change;
  assert.deepEqual(rest, {
    schema: 'public',
    table: 'messages',
    eventType: 'INSERT',
    new: (await row('select to_json(m) as json from public.messages m where id = $1', [sent.id])).json,
    old: {},
    errors: null,
  });
  assert.match(commit_timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.ok(Math.abs(Date.parse(commit_timestamp) - before) < 60_000, commit_timestamp);
});

matrix('insert, update and delete of a table that was published while running', async (application) => {
  const t = await table('id int primary key, name text, price numeric');
  const { changes } = await watching(application.client({ instance: 1 }), entry(t));
  await db.query(`insert into ${t.full} values (1, 'one', 1.50)`);
  await db.query(`update ${t.full} set name = 'uno' where id = 1`);
  await db.query(`update ${t.full} set id = 2`);
  await db.query(`delete from ${t.full}`);
  await arrived(changes, 4);
  assert.deepEqual(changes.map(({ eventType, new: now, old }) => [eventType, now, old]), [
    ['INSERT', { id: 1, name: 'one', price: 1.5 }, {}],
    ['UPDATE', { id: 1, name: 'uno', price: 1.5 }, { id: 1 }],
    ['UPDATE', { id: 2, name: 'uno', price: 1.5 }, { id: 1 }],
    ['DELETE', {}, { id: 2 }],
  ]);
  for (const change of changes) {
    assert.deepEqual([change.schema, change.table, change.errors], ['public', t.name, null]);
  }
});

matrix('replica identity full gives whole old rows', async (application) => {
  const t = await table('id int primary key, name text', { sql: 'alter table TABLE replica identity full' });
  const { changes } = await watching(application.client(), entry(t));
  await db.query(`insert into ${t.full} values (1, 'one')`);
  await db.query(`update ${t.full} set name = 'uno'`);
  await db.query(`delete from ${t.full}`);
  await arrived(changes, 3);
  assert.deepEqual(changes.map(({ old }) => old), [{}, { id: 1, name: 'one' }, { id: 1, name: 'uno' }]);
});

matrix('a replica identity that changes while running takes effect', async (application) => {
  const t = await table('id int primary key, name text');
  const { changes } = await watching(application.client(), entry(t, { event: 'UPDATE' }));
  await db.query(`insert into ${t.full} values (1, 'one'); alter table ${t.full} replica identity full`);
  await until(async () => {
    await db.query(`update ${t.full} set name = name || '!'`);
    return changes.some(({ old }) => 'name' in old);
  }, 'an update with the whole old row');
});

matrix('each event reaches those who asked for it, once', async (application) => {
  const t = await table('id int primary key, name text');
  const channel = application.client().channel(unique('events'));
  const told = Object.fromEntries(['INSERT', 'UPDATE', 'DELETE', '*'].map((event) => [event, collect(channel, 'postgres_changes', entry(t, { event }))]));
  await subscribed(channel);
  await db.query(`insert into ${t.full} values (1, 'a'), (2, 'b')`);
  await db.query(`update ${t.full} set name = 'c'`);
  await db.query(`delete from ${t.full} where id = 2`);
  await arrived(told['*'], 5);
  await arrived(told.DELETE, 1);
  assert.deepEqual(told['*'].map(({ eventType }) => eventType), ['INSERT', 'INSERT', 'UPDATE', 'UPDATE', 'DELETE']);
  assert.deepEqual([told.INSERT.length, told.UPDATE.length, told.DELETE.length], [2, 2, 1]);
  assert.ok(told.UPDATE.every(({ eventType }) => eventType === 'UPDATE'));
});

matrix('whole schemas and everything', async (application) => {
  const schema = unique('s');
  await db.query(`create schema "${schema}"`);
  const one = await table('id int primary key', { schema });
  const two = await table('id int primary key', { schema });
  const other = await table('id int primary key');
  const client = application.client();
  const [allOfSchema, starOfSchema, everything] = await Promise.all([
    watching(client, { event: 'INSERT', schema }),
    watching(client, { event: 'INSERT', schema, table: '*' }),
    watching(client, { event: 'INSERT', schema: '*' }),
  ]);
  for (const { full } of [one, other, two]) {
    await db.query(`insert into ${full} values (1)`);
  }
  const mine = (changes) => changes.filter((change) => change.schema === schema || change.table === other.name).map((change) => change.table);
  for (const { changes } of [allOfSchema, starOfSchema]) {
    await arrived(changes, 2);
    assert.deepEqual(changes.map((change) => change.table), [one.name, two.name]);
  }
  await until(() => mine(everything.changes).length === 3, 'all three tables');
  assert.deepEqual(mine(everything.changes), [one.name, other.name, two.name]);
});

matrix('a table without a schema is public\'s', async (application) => {
  const t = await table('id int primary key');
  const { changes } = await watching(application.client(), { event: 'INSERT', table: t.name });
  await db.query(`insert into ${t.full} values (7)`);
  assert.deepEqual((await arrived(changes, 1))[0].new, { id: 7 });
});

matrix('tables and columns of any name', async (application) => {
  const t = await table('"the Id" int primary key, "drop table" text, "ünïcode 世界" text, "dot.ted" text', { name: `${unique('Odd')} "Ta.ble"` });
  const { changes } = await watching(application.client(), entry(t));
  await db.query(`insert into ${t.full} values (1, 'a', 'b', 'c')`);
  assert.deepEqual((await arrived(changes, 1))[0].new, { 'the Id': 1, 'drop table': 'a', 'ünïcode 世界': 'b', 'dot.ted': 'c' });
});

matrix('values of all kinds arrive as the client has always given them', async (application) => {
  const mood = unique('mood');
  await db.query(`create type ${mood} as enum ('sad', 'happy')`);
  const t = await table(`id int8 primary key, b bool, i2 int2, i4 int4, f4 float4, f8 float8, n numeric, j json, jb jsonb, ts timestamp, tz timestamptz, d date,
      tm time, u uuid, tx text, vc varchar(9), m ${mood}, ip inet, r int4range, a int4[], ta text[], by bytea, nu text, iv interval`);
  const { changes } = await watching(application.client(), entry(t));
  await db.query(`insert into ${t.full} values (9007199254740991, true, -2, 4, 1.5, 2.25, 1234567.89, '{"k":[1,null]}', '{"deep":{"x":"y"}}', '2026-01-01 10:00:00.1',
      '2025-12-18 15:35:05.502162+01', '2026-02-03', '10:11:12', '0192f5a0-1111-7aaa-8bbb-0123456789ab', 'text', 'short', 'happy', '10.0.0.1', '[1,5)',
      '{1,2,3}', '{"a b",null,"c,d"}', '\\x0102030405', null, '1 day 02:03:04')`);
  const [{ new: now }] = await arrived(changes, 1);
  const { tz, ...rest } = now;
  assert.deepEqual(rest, {
    id: 9007199254740991, b: true, i2: -2, i4: 4, f4: 1.5, f8: 2.25, n: 1234567.89, j: { k: [1, null] }, jb: { deep: { x: 'y' } },
    ts: '2026-01-01T10:00:00.1', d: '2026-02-03', tm: '10:11:12', u: '0192f5a0-1111-7aaa-8bbb-0123456789ab', tx: 'text', vc: 'short', m: 'happy',
    ip: '10.0.0.1', r: '[1,5)', a: [1, 2, 3], ta: ['a b', null, 'c,d'], by: '0102030405', nu: null, iv: '1 day 02:03:04',
  });
  assert.equal(Date.parse(tz), Date.parse('2025-12-18T14:35:05.502Z'));
  assert.match(tz, /^\d{4}-\d\d-\d\dT[\d:.]+[+-]\d\d:\d\d$/);
});

matrix('select limits the row to its columns and the key', async (application) => {
  const t = await table('id int primary key, body text, hidden text');
  const { changes } = await watching(application.client(), entry(t, { select: ['body'] }));
  await db.query(`insert into ${t.full} values (1, 'seen', 'unseen')`);
  await db.query(`update ${t.full} set body = 'still', hidden = 'not'`);
  await db.query(`delete from ${t.full}`);
  await arrived(changes, 3);
  assert.deepEqual(changes.map(({ new: now, old }) => [now, old]), [[{ id: 1, body: 'seen' }, {}], [{ id: 1, body: 'still' }, { id: 1 }], [{}, { id: 1 }]]);
});

// Upstream sends "Error 400: Bad Request, no primary key" instead of the row
matrix('a table without a primary key is delivered like any other', async (application) => {
  const t = await table('a int');
  const { changes } = await watching(application.client(), entry(t, { event: 'INSERT' }));
  await db.query(`insert into ${t.full} values (1)`);
  const [change] = await arrived(changes, 1);
  assert.deepEqual([change.new, change.errors], [{ a: 1 }, null]);
});

matrix('a row beyond the limit comes without its large fields', async (application) => {
  const t = await table('id int primary key, small text, large text');
  const { changes } = await watching(application.client(), entry(t));
  await db.query(`insert into ${t.full} values (1, 'small', 'just below the limit ' || repeat('x', 1000000)), (2, 'small', repeat('y', 1100000)), (3, 'small', 'fine')`);
  await arrived(changes, 3);
  assert.equal(changes[0].new.large.length, 1_000_021);
  assert.deepEqual(changes[1].new, { id: 2, small: 'small' });
  assert.deepEqual(changes[1].errors, ['Error 413: Payload Too Large']);
  assert.deepEqual(changes[2].new, { id: 3, small: 'small', large: 'fine' });
});

matrix('rows of partitions and of children come under the name of the root', async (application) => {
  const name = unique('parted');
  const t = await table('id int, day date, primary key (id, day)) partition by range (day', {
    name, sql: `create table ${name}_jan partition of TABLE for values from ('2026-01-01') to ('2026-02-01')`,
  });
  const { changes } = await watching(application.client(), entry(t));
  await db.query(`insert into ${t.full} values (1, '2026-01-05')`);
  await db.query(`insert into ${name}_jan values (2, '2026-01-06')`);
  await arrived(changes, 2);
  await db.query(`create table ${name}_feb partition of ${t.full} for values from ('2026-02-01') to ('2026-03-01')`);
  await until(async () => {
    await db.query(`insert into ${t.full} select coalesce(max(id), 0) + 1, '2026-02-05' from ${t.full}`);
    return changes.length > 2;
  }, 'a row of the partition that came later');
  assert.deepEqual([...new Set(changes.map((change) => change.table))], [name]);
  assert.deepEqual(changes.slice(0, 2).map(({ new: now }) => now.id), [1, 2]);
});

matrix('one transaction\'s changes come in its order, a rolled back one never', async (application) => {
  const t = await table('id int primary key, n int');
  const { changes } = await watching(application.client(), entry(t));
  const client = await db.connect();
  try {
    await client.query(`begin; insert into ${t.full} values (100, 0); rollback`);
    await client.query(`begin; insert into ${t.full} values (1, 0); update ${t.full} set n = 1; insert into ${t.full} select i, 0 from generate_series(2, 20) i; delete from ${t.full} where id = 1; commit`);
  } finally {
    client.release();
  }
  await arrived(changes, 22);
  assert.deepEqual(changes.map(({ eventType, new: now, old }) => `${eventType} ${now.id ?? old.id}`),
    ['INSERT 1', 'UPDATE 1', ...Array.from({ length: 19 }, (_, i) => `INSERT ${i + 2}`), 'DELETE 1']);
});

matrix('the system message says that the database is watched', async (application) => {
  const client = application.client();
  const channel = client.channel('chat:42');
  const system = collect(channel, 'system', {});
  collect(channel, 'postgres_changes', { event: 'INSERT', schema: 'public', table: 'messages' });
  await subscribed(channel);
  const [{ extension, status, message: text, channel: name }] = await arrived(system, 1);
  assert.deepEqual({ extension, status, text, name }, { extension: 'postgres_changes', status: 'ok', text: 'Subscribed to PostgreSQL', name: 'chat:42' });
});

matrix('a table that there is not: subscribed, and told by a system message', async (application) => {
  const { status, message: text, channel } = await subscriptionOf(application.client(), { event: 'INSERT', schema: 'public', table: 'nowhere' });
  assert.equal(status, 'error');
  assert.match(text, /^Unable to subscribe to changes with given parameters\. Please check Realtime is enabled for the given connect parameters: \[event: INSERT, schema: public, table: nowhere, filters: \[\]/);
  assert.match(channel, /^asks_/);
});

matrix('a table that is there but not published is refused alike, until it is', async (application) => {
  const name = unique('later');
  await db.query(`create table public.${name} (id int primary key)`);
  assert.match((await subscriptionOf(application.client(), { event: '*', schema: 'public', table: name })).message, /^Unable to subscribe to changes/);
  await publish(`public.${name}`);
  await served('public', name);
  const { changes } = await watching(application.client(), { event: '*', schema: 'public', table: name });
  await db.query(`insert into public.${name} values (1)`);
  await arrived(changes, 1);
});

matrix('a table that leaves the publication is no longer watched', async (application) => {
  const t = await table('id int primary key');
  await db.query(`alter publication supabase_realtime drop table ${t.full}`);
  await until(async () => (await subscriptionOf(application.client(), entry(t))).status === 'error', 'the subscription is refused');
});

matrix('watched by hand, and no more', async (application) => {
  const name = unique('by_hand');
  await db.query(`create table public.${name} (id int primary key)`);
  await db.query(`select parley.watch('public.${name}')`);
  await served('public', name);
  const { changes } = await watching(application.client(), { event: '*', schema: 'public', table: name });
  await db.query(`insert into public.${name} values (1)`);
  await arrived(changes, 1);
  await db.query(`select parley.unwatch('public.${name}')`);
  await until(async () => (await subscriptionOf(application.client(), { event: '*', schema: 'public', table: name })).status === 'error', 'the subscription is refused');
});

matrix('wait: the answer to the join comes when the subscription is live', async (application) => {
  const t = await table('id int primary key');
  const channel = application.client().channel(unique('wait'), { config: { postgres_changes_options: { wait: true, timeout: 5000 } } });
  const changes = collect(channel, 'postgres_changes', entry(t));
  await subscribed(channel);
  await db.query(`insert into ${t.full} values (1)`);
  await arrived(changes, 1);
});

// 2.109.0 has no such option
matrix('wait: a subscription that cannot be established refuses the join and says why', async (application) => {
  const t = await table('id int primary key');
  const name = unique('not_published');
  await db.query(`create table public.${name} (id int primary key)`);
  const wrong = [
    [{ event: '*', schema: 'public', table: name }, /^RealtimeDisabledForConfiguration: Unable to subscribe .*Please check Realtime is enabled/],
    [entry(t, { filter: 'nowhere=eq.1' }), /^RealtimeDisabledForConfiguration: .*nowhere/],
    [entry(t, { select: ['nowhere'] }), /^RealtimeDisabledForConfiguration: .*nowhere/],
  ];
  for (const [refusedEntry, reason] of wrong) {
    const channel = application.client().channel(unique('wait'), { config: { postgres_changes_options: { wait: true } } });
    const system = collect(channel, 'system', {});
    channel.on('postgres_changes', entry(t), () => {}).on('postgres_changes', refusedEntry, () => {});
    assert.match(await refused(channel), reason);
    assert.deepEqual(system, []);
  }
  // without it such a channel is joined, and told
  assert.equal((await subscriptionOf(application.client(), wrong[0][0])).status, 'error');
}, [{ version: '2.119.1', vsn: '2.0.0' }, { version: '2.119.1', vsn: '1.0.0' }]);

// 2.109.0 sends both of two equal bindings, 2.119.1 one
matrix('equal bindings each call their listener once', async (application) => {
  const t = await table('id int primary key');
  const channel = application.client().channel(unique('equal'));
  const [one, two] = [collect(channel, 'postgres_changes', entry(t)), collect(channel, 'postgres_changes', entry(t))];
  await subscribed(channel);
  await db.query(`insert into ${t.full} values (1), (2)`);
  await arrived(one, 2);
  if (application.version !== NEW) {
    await arrived(two, 2);
  }
  assert.equal(two.length, application.version === NEW ? 0 : 2);
  assert.equal(one.length, 2);
});

matrix('subscribed means subscribed: a row of another connection right after it is never missed', async (application) => {
  const client = application.client();
  for (let i = 0; i < 60; i++) {
    const id = await conversation();
    const { channel, changes } = await watching(client,
      { event: 'INSERT', schema: 'public', table: 'messages', filter: `conversation_id=eq.${id}` });
    await message(id, 'at once');
    await arrived(changes, 1);
    await client.removeChannel(channel);
  }
});

test('the frame: type names in table order, ids, position, keys that are absent', async () => {
  const t = await table('id int primary key, tags text[], at timestamptz, small int2');
  const wire = await Wire.open(`/realtime/v1/websocket?apikey=${PUBLISHABLE}&vsn=2.0.0`);
  wire.send(['6', '6', 'realtime:frame', 'phx_join', { config: { postgres_changes: [entry(t), entry(t, { event: 'INSERT' })] } }]);
  const reply = await wire.next((frame) => frame[3] === 'phx_reply');
  const ids = reply[4].response.postgres_changes.map(({ id }) => id);
  await db.query(`insert into ${t.full} values (1, '{a}', now(), 2)`);
  await db.query(`delete from ${t.full}`);
  const insert = await wire.next((frame) => frame[3] === 'postgres_changes');
  const gone = await wire.next((frame) => frame[3] === 'postgres_changes');
  wire.close();
  assert.equal(insert[1], null);
  assert.deepEqual([...insert[4].ids].sort(), [...ids].sort());
  const columns = [{ name: 'id', type: 'int4' }, { name: 'tags', type: '_text' }, { name: 'at', type: 'timestamptz' }, { name: 'small', type: 'int2' }];
  assert.deepEqual(insert[4].data.columns, columns);
  assert.equal(typeof insert[4].data.position, 'string');
  assert.deepEqual('old_record' in insert[4].data, false);
  assert.deepEqual(gone[4].ids, [ids[0]]);
  assert.deepEqual('record' in gone[4].data, false);
  assert.deepEqual(gone[4].data.old_record, { id: 1 });
  assert.equal(gone[4].data.type, 'DELETE');
});

if (process.env.PARLEY_OWN_URL) {
  const own = database(process.env.PARLEY_OWN_DATABASE_URL);
  matrix('chat off: the snippet over an application\'s own table of another shape', async (application) => {
    const name = application.binary ? 'a' : 'b';
    const supabase = application.client({ url: process.env.PARLEY_OWN_URL });
    const conversationId = `${name}-${application.version}`;
    const messages = [];
    const channel = supabase
      .channel(`chat:${conversationId}`)
      .on('postgres_changes',
        { event: 'INSERT', schema: 'public', table: 'messages', filter: `conversation_id=eq.${conversationId}` },
        (payload) => messages.push(payload.new));
    await subscribed(channel);
    const { rows: [sent] } = await own.query('insert into public.messages (conversation_id, body) values ($1, $2) returning *', [conversationId, 'ours']);
    await own.query('insert into public.messages (conversation_id, body) values ($1, $2)', ['another', 'ours']);
    assert.deepEqual((await arrived(messages, 1))[0], { id: Number(sent.id), conversation_id: conversationId, body: 'ours' });
  });

  test('chat off: nothing of chat is there', async () => {
    assert.equal((await fetch(`${process.env.PARLEY_OWN_URL}/api/conversations`)).status, 404);
    const { rows: tables } = await own.query("select tablename from pg_tables where schemaname = 'public'");
    assert.deepEqual(tables.map(({ tablename }) => tablename), ['messages']);
  });
}

test('both instances serve what the publication names', async () => {
  const published = (await rows("select tablename from pg_publication_tables where pubname = 'supabase_realtime' and schemaname = 'public' limit 1"))[0];
  if (published) {
    await served('public', published.tablename, URLS);
  }
});
