// The socket itself: paths, handshake, envelope, heartbeat, join and leave, as sections 1 to 4 and 9 of the protocol have them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { collect, matrix, PUBLISHABLE, refusal, SECRET, subscribed, token, unique, until, Wire } from './harness.js';

const PATHS = ['/realtime/v1/websocket', '/socket/websocket'];
const plainConfig = { broadcast: { ack: false, self: false }, presence: { key: '', enabled: false }, postgres_changes: [], private: false };

function onBoth(name, body) {
  for (const path of PATHS) {
    for (const vsn of ['2.0.0', '1.0.0']) {
      test(`${name} [${path}, ${vsn}]`, { timeout: 30_000 }, async () => {
        const wire = await Wire.open(`${path}?apikey=${PUBLISHABLE}&vsn=${vsn}&eventsPerSecond=10&log_level=info`);
        try {
          await body(envelope(wire, vsn), wire);
        } finally {
          wire.close();
        }
      });
    }
  }
}

/** One way to write and read frames in both versions. */
function envelope(wire, vsn) {
  const two = vsn === '2.0.0';
  const fields = (frame) => (Array.isArray(frame)
    ? { join_ref: frame[0], ref: frame[1], topic: frame[2], event: frame[3], payload: frame[4] } : frame);
  return {
    two,
    send: (join_ref, ref, topic, event, payload) => wire.send(two ? [join_ref, ref, topic, event, payload] : { topic, event, payload, ref, join_ref }),
    next: async (fits) => fields(await wire.next((frame) => fits(fields(frame)))),
    reply(ref) {
      return this.next((frame) => frame.event === 'phx_reply' && frame.ref === ref);
    },
    async join(topic, config = plainConfig, ref = '6', more = {}) {
      this.send(ref, ref, topic, 'phx_join', { config, ...more });
      return this.reply(ref);
    },
  };
}

onBoth('a heartbeat is answered', async (socket) => {
  socket.send(null, '1', 'phoenix', 'heartbeat', {});
  const answer = await socket.reply('1');
  assert.deepEqual(answer.payload, { status: 'ok', response: {} });
  assert.equal(answer.topic, 'phoenix');
  assert.equal(answer.join_ref ?? null, null);
});

onBoth('the server is silent until it is spoken to, and frames have their version\'s envelope', async (socket, wire) => {
  assert.deepEqual(wire.frames, []);
  const answer = await socket.join('realtime:x');
  assert.deepEqual(answer.payload, { status: 'ok', response: { postgres_changes: [] } });
  if (socket.two) {
    assert.equal(answer.join_ref, '6');
  } else {
    assert.deepEqual(Object.keys(answer).sort(), ['event', 'payload', 'ref', 'topic']);
  }
});

onBoth('the entries of postgres_changes come back unchanged but for what means nothing, in order, with an id each', async (socket) => {
  const entries = [
    { event: 'INSERT', schema: 'public', table: 'messages', filter: 'seq=gt.5', select: ['id', 'content'], after: 7, own: { key: [1] } },
    { event: '*', schema: 'public' },
    { event: 'INSERT', schema: 'public', table: 'conversations', filter: '' },
  ];
  const answer = await socket.join('realtime:echo', { ...plainConfig, postgres_changes: entries });
  const echoed = answer.payload.response.postgres_changes;
  assert.deepEqual(echoed.map(({ id, ...entry }) => entry), entries.map(({ own, ...entry }) => entry));
  for (const { id } of echoed) {
    assert.ok(id, 'an id that is neither 0 nor empty');
  }
});

onBoth('null elements and a null list of postgres_changes are borne', async (socket) => {
  const some = await socket.join('realtime:nulls', { ...plainConfig, postgres_changes: [null, { event: 'INSERT', schema: 'public', table: 'messages' }, null] });
  assert.equal(some.payload.status, 'ok');
  assert.equal(some.payload.response.postgres_changes.length, 1);
  const none = await socket.join('realtime:none', { ...plainConfig, postgres_changes: null }, '8');
  assert.deepEqual(none.payload, { status: 'ok', response: { postgres_changes: [] } });
});

onBoth('booleans may be words, unknown keys are ignored', async (socket) => {
  const config = { broadcast: { ack: 'True', self: 'true', new: 1 }, presence: { key: '', enabled: 'FALSE' }, private: 'false', newer: {} };
  assert.equal((await socket.join(`realtime:${unique('words')}`, config)).payload.status, 'ok');
});

onBoth('leaving is answered, then the channel closes with its join ref', async (socket) => {
  await socket.join('realtime:x');
  socket.send('6', '8', 'realtime:x', 'phx_leave', {});
  assert.deepEqual((await socket.reply('8')).payload, { status: 'ok', response: {} });
  const close = await socket.next((frame) => frame.event === 'phx_close');
  assert.equal(close.ref, '6');
  assert.equal(close.topic, 'realtime:x');
  if (socket.two) {
    assert.equal(close.join_ref, '6');
  }
  socket.send('6', '9', 'realtime:x', 'phx_leave', {});
  assert.deepEqual((await socket.reply('9')).payload, { status: 'ok', response: {} });
});

onBoth('a second join of a topic takes the place of the first', async (socket) => {
  await socket.join('realtime:twice');
  await socket.join('realtime:twice', plainConfig, '9');
  const close = await socket.next((frame) => frame.event === 'phx_close');
  assert.equal(close.ref, '6');
  // A leave of the first one comes late and must not hit the second
  if (socket.two) {
    socket.send('6', '10', 'realtime:twice', 'phx_leave', {});
  }
  socket.send('9', '11', 'realtime:twice', 'broadcast', { type: 'broadcast', event: 'e', payload: {} });
  socket.send(null, '12', 'phoenix', 'heartbeat', {});
  await socket.reply('12');
  socket.send('9', '13', 'realtime:twice', 'phx_leave', {});
  await socket.reply('13');
  assert.equal((await socket.next((frame) => frame.event === 'phx_close')).ref, '9');
});

onBoth('topics that are none are refused', async (socket) => {
  const reason = async (topic, ref) => (await socket.join(topic, plainConfig, ref)).payload;
  assert.deepEqual(await reason('realtime:', '6'), { status: 'error', response: { reason: 'TopicNameRequired: You must provide a topic name' } });
  assert.deepEqual(await reason('elsewhere:x', '7'), { status: 'error', response: { reason: 'unmatched topic' } });
});

onBoth('a push into a topic that was not joined is refused', async (socket) => {
  socket.send('6', '7', 'realtime:never', 'broadcast', { type: 'broadcast', event: 'e', payload: {} });
  assert.deepEqual((await socket.reply('7')).payload, { status: 'error', response: { reason: 'unmatched topic' } });
});

onBoth('a broadcast with a missing or old join ref counts', async (socket) => {
  await socket.join('realtime:refs', { ...plainConfig, broadcast: { ack: true, self: true } });
  for (const [joinRef, ref] of [[null, '7'], ['3', '8']]) {
    socket.send(joinRef, ref, 'realtime:refs', 'broadcast', { type: 'broadcast', event: 'e', payload: { ref } });
    assert.equal((await socket.reply(ref)).payload.status, 'ok');
  }
});

test('without vsn the protocol is 1.0.0', async () => {
  const wire = await Wire.open(`${PATHS[0]}?apikey=${PUBLISHABLE}`);
  wire.send({ topic: 'phoenix', event: 'heartbeat', payload: {}, ref: '1' });
  const answer = await wire.next((frame) => frame.ref === '1');
  assert.deepEqual(answer, { topic: 'phoenix', event: 'phx_reply', payload: { status: 'ok', response: {} }, ref: '1' });
  wire.close();
});

test('x-api-key takes the place of the address\'s key', async () => {
  const wire = await Wire.open(`${PATHS[0]}?apikey=nonsense&vsn=2.0.0`, { headers: { 'x-api-key': PUBLISHABLE } });
  wire.close();
  assert.equal((await refusal(`${PATHS[0]}?apikey=${PUBLISHABLE}`, { 'x-api-key': 'nonsense' })).status, 401);
});

for (const [name, query, status, error] of [
  ['no key', '', 401, 'API key is missing'],
  ['an empty key', 'apikey=', 401, 'API key is missing'],
  ['a key that is no token', 'apikey=nonsense', 401, 'The token provided is not a valid JWT'],
  ['an unknown opaque key', 'apikey=sb_publishable_other', 401, /./],
  ['a version that there is not', `apikey=${PUBLISHABLE}&vsn=9.0.0`, 403, null],
]) {
  test(`the handshake is refused: ${name}`, async () => {
    const answer = await refusal(`${PATHS[0]}?vsn=2.0.0&${query}`.replace(/vsn=2.0.0&(.*vsn=)/, '$1'));
    assert.equal(answer.status, status);
    if (error instanceof RegExp) {
      assert.match(JSON.parse(answer.body).error, error);
    } else if (error) {
      assert.deepEqual(JSON.parse(answer.body), { error });
    }
  });
}

test('the handshake tells what is wrong with a token', async () => {
  const refused = async (key) => {
    const { status, body } = await refusal(`${PATHS[0]}?vsn=2.0.0&apikey=${key}`);
    assert.equal(status, 401);
    return JSON.parse(body).error;
  };
  assert.equal(await refused(await token({ expiresIn: -5 })), 'Token has expired');
  assert.equal(await refused(await token({ role: null })), 'Fields `role` and `exp` are required in JWT');
  const good = await token();
  assert.equal(await refused(good.slice(0, good.lastIndexOf('.') + 1) + 'A'.repeat(43)), 'Failed to validate JWT signature');
});

matrix('publishable key, secret key and tokens are let in', async (application) => {
  for (const key of [PUBLISHABLE, SECRET, await token({ role: 'anon' })]) {
    await subscribed(application.client({ key }).channel(unique('let-in')));
  }
});

matrix('a wrong key is an error that is tried again, and bothers nobody else', async (application) => {
  const channel = await subscribed(application.client().channel(unique('right')));
  const told = [];
  let attempts = 0;
  // The client says it once and goes on trying
  const transport = class extends globalThis.WebSocket {
    constructor(...parameters) {
      super(...parameters);
      attempts++;
    }
  };
  application.client({ key: 'sb_publishable_wrong', realtime: { transport } }).channel(unique('wrong'))
    .subscribe((status, error) => told.push(`${status} ${error?.message}`));
  await until(() => attempts >= 3, () => `three attempts, have ${attempts}`);
  assert.deepEqual(told, ['CHANNEL_ERROR channel error: transport failure']);
  assert.equal(channel.state, 'joined');
  assert.deepEqual(channel.told, ['SUBSCRIBED']);
});

matrix('heartbeats keep the connection', async (application) => {
  const beats = [];
  // The client gives an answer as long as an interval, then it reconnects: a busy machine may need more than a fraction of a second
  const supabase = application.client({ realtime: { heartbeatIntervalMs: 1500, heartbeatCallback: (status) => beats.push(status) } });
  const channel = supabase.channel(unique('beats'));
  const system = collect(channel, 'system', {});
  await subscribed(channel);
  await until(() => beats.filter((status) => status === 'ok').length >= 2, () => `two heartbeats, have ${beats}`);
  assert.ok(beats.every((status) => status === 'sent' || status === 'ok'), String(beats));
  assert.deepEqual(channel.told, ['SUBSCRIBED']);
  assert.deepEqual(system.filter(({ status }) => status !== 'ok'), []);
});
