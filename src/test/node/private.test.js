// Private channels, policies and what the database itself broadcasts: sections 7.4, 7.7 and 11 of the protocol.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { arrived, collect, db, matrix, refused, row, SECRET, subscribed, table, token, unique, until, Wire } from './harness.js';

const MEMBER = '0192f5a0-1111-7aaa-8bbb-0000000000aa';

before(async () => {
  await db.query(`
      do $$ begin
        if to_regrole('anon') is null then create role anon nologin; end if;
        if to_regrole('authenticated') is null then create role authenticated nologin; end if;
        if to_regrole('service_role') is null then create role service_role nologin bypassrls; end if;
      end $$;
      grant usage on schema realtime to anon, authenticated, service_role;
      grant select, insert on realtime.messages to anon, authenticated, service_role;
      drop policy if exists members_read on realtime.messages;
      drop policy if exists members_write on realtime.messages;
      drop policy if exists readers_read on realtime.messages;
      drop policy if exists presence_read on realtime.messages;
      drop policy if exists parts_read on realtime.messages;
      drop policy if exists talk_read on realtime.messages;
      drop policy if exists talk_write on realtime.messages;
      create table if not exists public.talkers (topic text primary key);
      grant select on public.talkers to authenticated;
      create policy talk_read on realtime.messages for select to authenticated using (realtime.topic() like 'talk%');
      create policy talk_write on realtime.messages for insert to authenticated
        with check (exists (select from public.talkers t where t.topic = realtime.topic()));
      create policy members_read on realtime.messages for select to authenticated
        using (realtime.topic() like 'members%' and current_setting('request.jwt.claims')::json ->> 'sub' = '${MEMBER}');
      create policy members_write on realtime.messages for insert to authenticated
        with check (realtime.topic() like 'members%' and current_setting('request.jwt.claims')::json ->> 'sub' = '${MEMBER}');
      create policy readers_read on realtime.messages for select to authenticated
        using (realtime.topic() like 'news%' and extension = 'broadcast');
      create policy presence_read on realtime.messages for select to authenticated
        using (realtime.topic() like 'who%' and extension = 'presence');
      create policy parts_read on realtime.messages for select to authenticated
        using (realtime.topic() like 'parts%' and extension = any (string_to_array(current_setting('request.jwt.claims')::json ->> 'reads', ',')))`);
});

const member = () => token({ sub: MEMBER });
const stranger = () => token({ sub: '0192f5a0-1111-7aaa-8bbb-0000000000bb' });
const broadcast = (event, payload) => ({ type: 'broadcast', event, payload });

/** As an application signs in with tokens of its own; 2.119.1 asks the callback at every join, a mere setAuth(token) would be forgotten. */
async function signedIn(application, jwt, options) {
  const client = application.client({ ...options, accessToken: async () => client.token });
  client.token = jwt;
  await client.realtime.setAuth();
  return client;
}

async function joined(client, name, config = {}) {
  const channel = client.channel(name, { config: { private: true, ...config } });
  const heard = collect(channel, 'broadcast', { event: '*' });
  const system = collect(channel, 'system', {});
  await subscribed(channel);
  return { channel, heard, system };
}

matrix('members get in, strangers and the nameless do not', async (application) => {
  const name = unique('members');
  await joined(await signedIn(application, await member()), name);
  const reason = `Unauthorized: You do not have permissions to read from this Channel topic: ${name}`;
  const client = await signedIn(application, await stranger());
  assert.equal(await refused(client.channel(name, { config: { private: true } })), reason);
  assert.equal(await refused(application.client().channel(name, { config: { private: true } })), reason);
});

matrix('a public channel of the same name is another stream', async (application) => {
  const name = unique('members');
  const [one, two] = [await signedIn(application, await member()), await signedIn(application, await member(), { instance: 1 })];
  const [inside, insideToo] = [await joined(one, name), await joined(two, name)];
  const outside = application.client().channel(name);
  const overheard = collect(outside, 'broadcast', { event: '*' });
  await subscribed(outside);
  const sender = await subscribed(application.client().channel(name));
  await inside.channel.send(broadcast('secret', {}));
  await sender.send(broadcast('open', {}));
  await arrived(insideToo.heard, 1);
  await arrived(overheard, 1);
  assert.deepEqual(insideToo.heard.map(({ event }) => event), ['secret']);
  assert.deepEqual(overheard.map(({ event }) => event), ['open']);
});

matrix('who may only read is not heard', async (application) => {
  const name = unique('news');
  const { channel } = await joined(await signedIn(application, await stranger()), name, { broadcast: { ack: true } });
  const { heard } = await joined(await signedIn(application, await member()), name);
  assert.equal(await channel.send(broadcast('e', {}), { timeout: 500 }), 'timed out');
  await assert.rejects(channel.httpSend('e', {}), /Unauthorized/);
  const owner = application.client({ key: SECRET }).channel(name, { config: { private: true } });
  assert.deepEqual(await owner.httpSend('official', {}), { success: true });
  await arrived(heard, 1);
  assert.deepEqual(heard.map(({ event }) => event), ['official']);
});

matrix('who is given the right to write after the join is heard at once, in order', async (application) => {
  const name = unique('talk');
  const { channel } = await joined(await signedIn(application, await stranger()), name, { broadcast: { ack: true }, presence: { enabled: true } });
  const { heard } = await joined(application.client({ key: SECRET }), name);
  await db.query('insert into public.talkers values ($1)', [name]);
  const answers = await Promise.all([1, 2, 3].map((n) => channel.send(broadcast('late', { n }))));
  assert.deepEqual(answers, ['ok', 'ok', 'ok']);
  assert.equal(await channel.track({ who: 'me' }), 'ok');
  await arrived(heard, 3);
  assert.deepEqual(heard.map(({ payload }) => payload.n), [1, 2, 3]);
});

matrix('who may see only presence hears no broadcast', async (application) => {
  const name = unique('who');
  const { heard, channel } = await joined(await signedIn(application, await stranger()), name, { presence: { enabled: true } });
  const owner = await joined(application.client({ key: SECRET }), name, { broadcast: { ack: true } });
  assert.equal(await owner.channel.send(broadcast('e', {})), 'ok');
  const witness = await joined(application.client({ key: SECRET }), name);
  await owner.channel.send(broadcast('e', {}));
  await arrived(witness.heard, 1);
  assert.deepEqual(heard, []);
  assert.equal(channel.state, 'joined');
});

matrix('a token that loses the right ends the channel', async (application) => {
  const name = unique('members');
  const client = await signedIn(application, await member());
  const { channel, system } = await joined(client, name);
  client.token = await stranger();
  await client.realtime.setAuth();
  await until(() => channel.told.includes('CLOSED'), () => `closed, was told ${channel.told}`);
  assert.ok(system.some(({ extension, status, message }) => extension === 'system' && status === 'error'
    && message.includes('permission') && message.endsWith(`to read from this Channel topic: ${name}`)), JSON.stringify(system));
});

matrix('who may see only presence and does not want it is not let in to hear nothing', async (application) => {
  const name = unique('who');
  const client = await signedIn(application, await stranger());
  assert.equal(await refused(client.channel(name, { config: { private: true } })),
    `Unauthorized: You do not have permissions to read from this Channel topic: ${name}`);
});

matrix('a token that loses one of the rights in use ends the channel, one not in use does not', async (application) => {
  const reads = (...extensions) => token({ sub: MEMBER, reads: extensions.join(',') });
  const all = await reads('broadcast', 'presence');
  const join = async (presence) => {
    const client = await signedIn(application, all);
    return { client, ...await joined(client, unique('parts'), { presence: { enabled: presence } }) };
  };
  const [deaf, blind, content] = await Promise.all([join(true), join(true), join(false)]);
  const renew = async ({ client }, jwt) => {
    client.token = await jwt;
    await client.realtime.setAuth();
  };
  await renew(content, reads('broadcast'));
  await renew(deaf, reads('presence'));
  await renew(blind, reads('broadcast'));
  for (const { channel, system } of [deaf, blind]) {
    await until(() => channel.told.includes('CLOSED'), () => `closed, was told ${channel.told}`);
    assert.ok(system.some(({ message }) => message.startsWith('You no longer have permission to read')), JSON.stringify(system));
  }
  await db.query("select realtime.send('{}', 'still there', $1)", [content.channel.subTopic]);
  await arrived(content.heard, 1);
  assert.equal(content.channel.state, 'joined');
});

matrix('a secret key passes every policy', async (application) => {
  const name = unique('anything');
  const { channel } = await joined(application.client({ key: SECRET }), name, { broadcast: { ack: true } });
  assert.equal(await channel.send(broadcast('e', {})), 'ok');
});

matrix('realtime.send: what commits is broadcast once, with its id, to every instance', async (application) => {
  const name = unique('members');
  const [here, there] = [await joined(await signedIn(application, await member()), name), await joined(await signedIn(application, await member(), { instance: 1 }), name)];
  const client = await db.connect();
  try {
    await client.query('begin');
    await client.query("select realtime.send('{\"lost\": true}', 'rolled back', $1)", [name]);
    await client.query('rollback');
  } finally {
    client.release();
  }
  await db.query("select realtime.send('{\"a\": 1}', 'stored', $1)", [name]);
  await db.query("select realtime.send('{\"id\": \"mine\", \"a\": 2}', 'stored', $1, true)", [name]);
  await db.query("select realtime.send_binary('\\x0001ff', 'bytes', $1)", [name]);
  await db.query("select realtime.send('{\"a\": 3}', 'last', $1)", [name]);
  for (const { heard } of [here, there]) {
    await until(() => heard.some(({ event }) => event === 'last'), 'the last broadcast');
    const stored = heard.filter(({ event }) => event === 'stored');
    assert.deepEqual(stored.map(({ payload }) => payload.a), [1, 2]);
    assert.equal(typeof stored[0].payload.id, 'string');
    assert.equal(stored[1].payload.id, 'mine');
    assert.match(stored[0].meta.id, /^[0-9a-f-]{36}$/);
    const bytes = heard.filter(({ event }) => event === 'bytes');
    assert.deepEqual(bytes.map(({ payload }) => [...new Uint8Array(payload)]), application.binary ? [[0, 1, 255]] : []);
    assert.equal(heard.some(({ event }) => event === 'rolled back'), false);
  }
});

matrix('realtime.send to a public topic', async (application) => {
  const name = unique('open');
  const channel = application.client().channel(name);
  const heard = collect(channel, 'broadcast', { event: 'news' });
  await subscribed(channel);
  await db.query("select realtime.send('{\"a\": 1}', 'news', $1, false)", [name]);
  await arrived(heard, 1);
  assert.equal(heard[0].payload.a, 1);
});

matrix('a row inserted into realtime.messages is a broadcast', async (application) => {
  const name = unique('open');
  const channel = application.client().channel(name);
  const heard = collect(channel, 'broadcast', { event: 'direct' });
  await subscribed(channel);
  const { id } = await row("insert into realtime.messages (topic, extension, event, payload, private) values ($1, 'broadcast', 'direct', '{\"a\": 1}', false) returning id", [name]);
  await arrived(heard, 1);
  assert.deepEqual(heard, [{ type: 'broadcast', event: 'direct', payload: { a: 1 }, meta: { id } }]);
});

matrix('a trigger with realtime.broadcast_changes', async (application) => {
  const name = unique('members');
  const t = await table('id int primary key, name text');
  await db.query(`
      create function public.${t.name}_tell() returns trigger language plpgsql as $$
      begin
        perform realtime.broadcast_changes('${name}', tg_op, tg_op, tg_table_name, tg_table_schema, new, old);
        return null;
      end $$;
      create trigger tell after insert or update or delete on ${t.full} for each row execute function public.${t.name}_tell()`);
  const { heard } = await joined(await signedIn(application, await member()), name);
  await db.query(`insert into ${t.full} values (1, 'one')`);
  await db.query(`update ${t.full} set name = 'uno'`);
  await db.query(`delete from ${t.full}`);
  await arrived(heard, 3);
  assert.deepEqual(heard.map(({ event, payload: { operation, schema, table: from, record, old_record } }) => [event, operation, schema, from, record, old_record]), [
    ['INSERT', 'INSERT', 'public', t.name, { id: 1, name: 'one' }, null],
    ['UPDATE', 'UPDATE', 'public', t.name, { id: 1, name: 'uno' }, { id: 1, name: 'one' }],
    ['DELETE', 'DELETE', 'public', t.name, null, { id: 1, name: 'uno' }],
  ]);
});

/** Numbered ones. Each in a transaction of its own: those of one have the same time. */
async function store(topic, count, padding = 0) {
  for (let i = 1; i <= count; i++) {
    await db.query("select realtime.send(jsonb_build_object('n', $1::int, 'padding', repeat('x', $3::int)), 'stored', $2)", [i, topic, padding]);
  }
}

matrix('replay: stored broadcasts of a private topic, oldest first, then the live ones', async (application) => {
  const name = unique('members');
  await store(name, 5);
  await db.query("select realtime.send('{\"n\": 0}', 'other topic', $1)", [unique('members')]);
  const client = await signedIn(application, await member());
  const { heard } = await joined(client, name, { broadcast: { replay: { since: Date.now() - 60_000, limit: 3 } } });
  await arrived(heard, 3);
  await db.query("select realtime.send('{\"n\": 6}', 'stored', $1)", [name]);
  await arrived(heard, 4);
  assert.deepEqual(heard.map(({ payload, meta }) => [payload.n, meta.replayed ?? false]), [[3, true], [4, true], [5, true], [6, false]]);
  assert.match(heard[0].meta.id, /^[0-9a-f-]{36}$/);
  const later = await joined(client, unique('members'), { broadcast: { replay: { since: Date.now() + 60_000 } } });
  assert.deepEqual(later.heard, []);
});

// Clients for Swift have no place for a meta in what comes as bytes
test('JSON with a meta comes as text, as it happens and replayed; bytes with theirs as kind 4', async (t) => {
  const topic = `realtime:${unique('members')}`;
  const join = async (broadcast) => {
    const wire = await Wire.open(`/realtime/v1/websocket?apikey=${SECRET}&vsn=2.0.0`);
    t.after(() => wire.close());
    wire.send(['1', '1', topic, 'phx_join', { config: { private: true, broadcast } }]);
    assert.equal((await wire.next((frame) => frame[3] === 'phx_reply'))[4].status, 'ok');
    return wire;
  };
  const said = (wire) => wire.next((frame) => frame[3] === 'broadcast', 'broadcast');
  const live = await join({});
  await db.query("select realtime.send('{\"a\": 1, \"id\": \"mine\"}', 'stored', $1)", [topic.slice('realtime:'.length)]);
  const [joinRef, ref, name, , payload] = await said(live);
  assert.deepEqual([joinRef, ref, name], [null, null, topic]);
  assert.deepEqual(payload, { type: 'broadcast', event: 'stored', payload: { a: 1, id: 'mine' }, meta: { id: payload.meta.id } });
  const late = await join({ replay: { since: Date.now() - 60_000 } });
  assert.deepEqual((await said(late))[4], { ...payload, meta: { ...payload.meta, replayed: true } });
  await db.query("select realtime.send_binary('\\x0001ff', 'bytes', $1)", [topic.slice('realtime:'.length)]);
  const { data } = await live.next((frame) => frame.kind === 4, 'of kind 4');
  assert.match(data.toString('latin1'), /bytes\{"id":"[0-9a-f-]{36}"\}\x00\x01\xff$/);
});

matrix('a replay of everything is not cut at 25', async (application) => {
  const name = unique('members');
  await store(name, 60);
  const { heard } = await joined(await signedIn(application, await member()), name, { broadcast: { replay: { since: Date.now() - 60_000, limit: 60 } } });
  await arrived(heard, 60);
  assert.deepEqual(heard.map(({ payload }) => payload.n), Array.from({ length: 60 }, (_, i) => i + 1));
});

matrix('a replay as large as the server allows comes whole', async (application) => {
  const name = unique('members');
  await store(name, 8, 900_000);
  const { heard } = await joined(await signedIn(application, await member()), name, { broadcast: { replay: { since: Date.now() - 60_000, limit: 8 } } });
  await arrived(heard, 8);
  assert.deepEqual(heard.map(({ payload }) => payload.n), [1, 2, 3, 4, 5, 6, 7, 8]);
});

// 2.109.0 has no such option
matrix('a send that is to be kept is replayed to who comes later', async (application) => {
  const name = unique('members');
  const client = await signedIn(application, await member());
  const { channel } = await joined(client, name);
  const witness = await joined(await signedIn(application, await member()), name);
  await channel.send({ ...broadcast('kept', { n: 1 }), persist: true });
  await arrived(witness.heard, 1);
  const later = await joined(await signedIn(application, await member()), name, { broadcast: { replay: { since: Date.now() - 60_000, limit: 10 } } });
  await arrived(later.heard, 1);
  assert.deepEqual([later.heard[0].event, later.heard[0].payload.n, later.heard[0].meta.replayed], ['kept', 1, true]);
  assert.equal(witness.heard.length, 1);
}, [{ version: '2.119.1', vsn: '2.0.0' }]);

matrix('who may see the presence only gets nothing that was stored', async (application) => {
  const name = unique('who');
  await db.query("select realtime.send('{\"secret\": 1}', 'stored', $1)", [name]);
  const client = await signedIn(application, await member());
  const { heard } = await joined(client, name, { broadcast: { replay: { since: Date.now() - 60_000, limit: 10 } }, presence: { enabled: true } });
  await db.query("select realtime.send('{\"secret\": 2}', 'stored', $1)", [name]);
  // Another channel of the same socket tells when all that was to come has come
  const open = unique('members');
  const after = await joined(client, open);
  await db.query("select realtime.send('{}', 'end', $1)", [open]);
  await arrived(after.heard, 1);
  assert.deepEqual(heard, []);
});
