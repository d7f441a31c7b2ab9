// Broadcasts between clients, section 7 of the protocol.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ALL, Application, arrived, collect, matrix, PUBLISHABLE, subscribed, together, unique, until, Wire } from './harness.js';

const broadcast = (event, payload) => ({ type: 'broadcast', event, payload });

/** A channel that keeps every broadcast. */
async function listening(client, name, config) {
  const channel = client.channel(name, config && { config });
  const heard = collect(channel, 'broadcast', { event: '*' });
  await subscribed(channel);
  return { channel, heard };
}

matrix('others hear it, the sender does not', async (application) => {
  const name = unique('room');
  const sender = await listening(application.client(), name);
  const others = [await listening(application.client(), name), await listening(application.client({ instance: 1 }), name)];
  const elsewhere = await listening(application.client(), unique('elsewhere'));
  for (let i = 0; i < 100; i++) {
    await sender.channel.send(broadcast('count', { i }));
  }
  for (const { heard } of others) {
    await arrived(heard, 100);
    assert.deepEqual(heard, Array.from({ length: 100 }, (_, i) => broadcast('count', { i })));
  }
  assert.deepEqual(sender.heard, []);
  assert.deepEqual(elsewhere.heard, []);
});

matrix('self brings it back, ack says that it got there', async (application) => {
  const { channel, heard } = await listening(application.client(), unique('self'), { broadcast: { self: true, ack: true } });
  assert.equal(await channel.send(broadcast('mine', { a: [1, { b: null }] })), 'ok');
  await arrived(heard, 1);
  assert.deepEqual(heard, [broadcast('mine', { a: [1, { b: null }] })]);
});

matrix('ack without self', async (application) => {
  const { channel, heard } = await listening(application.client(), unique('ack'), { broadcast: { ack: true } });
  assert.equal(await channel.send(broadcast('mine', {})), 'ok');
  assert.deepEqual(heard, []);
});

matrix('a second channel of the same client is another receiver', async (application) => {
  const name = unique('both');
  const [one, two] = [application.client(), application.client()];
  const [first, second] = [await listening(one, name), await listening(two, name)];
  await first.channel.send(broadcast('e', { from: 1 }));
  await arrived(second.heard, 1);
  assert.deepEqual(first.heard, []);
});

matrix('listeners get the events that they named, in any case of letters', async (application) => {
  const name = unique('events');
  const receiver = application.client().channel(name);
  const [typing, other] = [collect(receiver, 'broadcast', { event: 'Typing' }), collect(receiver, 'broadcast', { event: 'other' })];
  await subscribed(receiver);
  const { channel } = await listening(application.client(), name);
  await channel.send(broadcast('typing', { n: 1 }));
  await channel.send(broadcast('other', { n: 2 }));
  await arrived(other, 1);
  assert.deepEqual(typing.map(({ payload }) => payload.n), [1]);
});

matrix('a listener may be added after subscribing', async (application) => {
  const name = unique('late');
  const receiver = await subscribed(application.client().channel(name));
  const heard = collect(receiver, 'broadcast', { event: 'e' });
  const { channel } = await listening(application.client(), name);
  await channel.send(broadcast('e', {}));
  await arrived(heard, 1);
});

matrix('a broadcast without a payload', async (application) => {
  const name = unique('bare');
  const { heard } = await listening(application.client(), name);
  const { channel } = await listening(application.client(), name);
  await channel.send({ type: 'broadcast', event: 'bare' });
  await arrived(heard, 1);
  assert.equal(heard[0].event, 'bare');
  assert.deepEqual(heard[0].payload ?? {}, {});
});

matrix('payloads of every shape, and 2 MB, across instances', async (application) => {
  const name = unique('shapes');
  const { heard } = await listening(application.client({ instance: 1 }), name);
  const { channel } = await listening(application.client(), name, { broadcast: { ack: true } });
  const payloads = [{ text: 'Grüße 世界 🎉 " \\ \n \u0000' }, { deep: [[[[{}]]]] }, { n: 1.5e300, t: true, z: null }, { large: 'ü'.repeat(1_000_000) }, { last: true }];
  for (const payload of payloads) {
    assert.equal(await channel.send(broadcast('shape', payload)), 'ok');
  }
  await arrived(heard, payloads.length);
  // Large and small ones may overtake each other between instances
  const place = ({ payload }) => payloads.findIndex((each) => Object.keys(each)[0] === Object.keys(payload)[0]);
  const sorted = [...heard].sort((one, other) => place(one) - place(other));
  assert.deepEqual(sorted.map(({ payload }) => payload), payloads);
});

// 2.109.0 garbles names beyond ASCII in its binary frames
matrix('names of topics and events in any script', async (application) => {
  const name = `räume/${unique('世界')} 🎉`;
  const { heard } = await listening(application.client({ instance: 1 }), name);
  const { channel } = await listening(application.client(), name);
  await channel.send(broadcast('schreibt… ✍️', { who: 'Zoë' }));
  await arrived(heard, 1);
  assert.deepEqual(heard, [broadcast('schreibt… ✍️', { who: 'Zoë' })]);
}, ALL.filter(({ version, vsn }) => version === '2.119.1' || vsn === '1.0.0'));

matrix('what 2.109.0 makes of such names closes nothing', async (application) => {
  const name = `räume/${unique('r')}`;
  const { channel } = await listening(application.client(), name);
  await channel.send(broadcast('schreibt…', {}));
  const plain = unique('plain');
  const { heard } = await listening(application.client(), plain);
  const sender = await listening(application.client(), plain);
  await sender.channel.send(broadcast('e', {}));
  await arrived(heard, 1);
  assert.deepEqual(channel.told, ['SUBSCRIBED']);
}, ALL.filter(({ version }) => version === '2.109.0'));

together('old and new clients of both protocols on one topic', async (applications) => {
  const name = unique('mixed');
  const members = await Promise.all(applications.map(async (application, i) =>
    ({ application, ...await listening(application.client({ instance: i % 2 }), name) })));
  for (const [i, { channel }] of members.entries()) {
    await channel.send(broadcast('from', { i }));
  }
  for (const [i, { application, heard }] of members.entries()) {
    await arrived(heard, members.length - 1, `broadcasts at ${application.name}`);
    const expected = members.map((_, from) => from).filter((from) => from !== i);
    assert.deepEqual(heard.map((each) => each.payload.i).sort(), expected, application.name);
    assert.ok(heard.every(({ type, event }) => type === 'broadcast' && event === 'from'));
  }
});

together('bytes arrive as bytes at 2.0.0, and not at all at 1.0.0', async (applications) => {
  const name = unique('bytes');
  const members = await Promise.all(applications.map(async (application, i) =>
    ({ application, ...await listening(application.client({ instance: i % 2 }), name) })));
  const bytes = Uint8Array.from({ length: 300 }, (_, i) => i % 256);
  const senders = members.filter(({ application }) => application.binary);
  for (const { channel } of senders) {
    await channel.send(broadcast('raw', bytes.buffer));
    await channel.send(broadcast('json', { after: 'the bytes' }));
  }
  for (const { application, heard, channel } of members) {
    const from = senders.filter((sender) => sender.channel !== channel).length;
    await until(() => heard.filter(({ event }) => event === 'json').length === from, `the broadcasts after the bytes at ${application.name}`);
    const raw = heard.filter(({ event }) => event === 'raw');
    assert.equal(raw.length, application.binary ? from : 0, application.name);
    for (const { payload } of raw) {
      assert.ok(payload instanceof ArrayBuffer, application.name);
      assert.deepEqual(new Uint8Array(payload), bytes);
    }
  }
});

test('what goes outward in binary is kind 4, and what a text sender adds stays', async () => {
  const open = async (vsn) => {
    const wire = await Wire.open(`/realtime/v1/websocket?apikey=${PUBLISHABLE}&vsn=${vsn}`);
    const join = { config: { broadcast: { ack: false, self: false } } };
    wire.send(vsn === '2.0.0' ? ['6', '6', `realtime:${topic}`, 'phx_join', join] : { topic: `realtime:${topic}`, event: 'phx_join', payload: join, ref: '6', join_ref: '6' });
    await wire.next((frame) => (frame.event ?? frame[3]) === 'phx_reply');
    return wire;
  };
  const topic = unique('wire');
  const [two, one, other] = [await open('2.0.0'), await open('1.0.0'), await open('2.0.0')];
  const wireTopic = Buffer.from(`realtime:${topic}`);
  const payload = Buffer.from('{"user":"u1"}');
  two.send(Buffer.concat([Buffer.from([3, 1, 1, wireTopic.length, 6, 0, 1]), Buffer.from('67'), wireTopic, Buffer.from('typing'), payload]));
  const got = await other.next((frame) => frame.kind !== undefined || frame[3] === 'broadcast');
  if (got.kind !== undefined) {
    assert.deepEqual(got.data, Buffer.concat([Buffer.from([4, wireTopic.length, 6, 0, 1]), wireTopic, Buffer.from('typing'), payload]));
  } else {
    assert.deepEqual(got, [null, null, `realtime:${topic}`, 'broadcast', { type: 'broadcast', event: 'typing', payload: { user: 'u1' } }]);
  }
  assert.deepEqual(await one.next((frame) => frame.event === 'broadcast'),
    { topic: `realtime:${topic}`, event: 'broadcast', payload: { type: 'broadcast', event: 'typing', payload: { user: 'u1' } }, ref: null });

  const extra = { type: 'broadcast', event: 'typing', payload: { user: 'u2' }, extra: { kept: true } };
  one.send({ topic: `realtime:${topic}`, event: 'broadcast', payload: extra, ref: '7', join_ref: '6' });
  assert.deepEqual(await other.next((frame) => frame[3] === 'broadcast'), [null, null, `realtime:${topic}`, 'broadcast', extra]);
  for (const wire of [two, one, other]) {
    wire.close();
  }
});

for (const vsn of ['1.0.0', '2.0.0']) {
  test(`what a text sender names no event of is passed on and acknowledged, what clients would fail on is refused (${vsn})`, async () => {
    const application = new Application(ALL[0]);
    const topic = unique('nameless');
    const { heard } = await listening(application.client({ instance: 1 }), topic);
    const wire = await Wire.open(`/realtime/v1/websocket?apikey=${PUBLISHABLE}&vsn=${vsn}`);
    const first = vsn === '1.0.0';
    const ask = async (ref, event, payload) => {
      wire.send(first ? { topic: `realtime:${topic}`, event, payload, ref, join_ref: '1' } : ['1', ref, `realtime:${topic}`, event, payload]);
      const answer = await wire.next((frame) => (first ? frame.ref : frame[1]) === ref, ref);
      return first ? answer.payload : answer[4];
    };
    try {
      assert.equal((await ask('1', 'phx_join', { config: { broadcast: { ack: true } } })).status, 'ok');
      const passed = [{ type: 'broadcast', payload: { n: 1 } }, { event: null, n: 2 }, {}];
      for (const [i, payload] of passed.entries()) {
        assert.deepEqual(await ask(`ok${i}`, 'broadcast', payload), { status: 'ok', response: {} });
      }
      const refusedOnes = [{ ...broadcast('e', {}), ids: [1] }, { ids: null }, { type: 'broadcast', event: 7, payload: {} }, [], 'text', null];
      for (const [i, payload] of refusedOnes.entries()) {
        assert.deepEqual(await ask(`no${i}`, 'broadcast', payload), { status: 'error', response: { error: 'invalid_payload' } });
      }
      assert.equal((await ask('last', 'broadcast', broadcast('last', {}))).status, 'ok');
      await arrived(heard, passed.length + 1);
      assert.deepEqual(heard, [...passed, broadcast('last', {})]);
    } finally {
      wire.close();
      await application.close();
    }
  });
}

matrix('nine hundred broadcasts at once arrive in order at the other instance', async (application) => {
  const name = unique('hurry');
  const { heard } = await listening(application.client({ instance: 1 }), name);
  const { channel } = await listening(application.client(), name);
  const expected = Array.from({ length: 900 }, (_, i) => i);
  expected.forEach((i) => channel.send(broadcast('n', { i })));
  await arrived(heard, expected.length);
  assert.deepEqual(heard.map(({ payload }) => payload.i), expected);
});

test('a topic is quiet when everybody has left', async () => {
  const application = new Application(ALL[0]);
  try {
    const name = unique('left');
    const client = application.client();
    const { channel, heard } = await listening(client, name);
    await client.removeChannel(channel);
    const later = await listening(client, name);
    const sender = await listening(application.client(), name);
    await sender.channel.send(broadcast('e', {}));
    await arrived(later.heard, 1);
    assert.deepEqual(heard, []);
  } finally {
    await application.close();
  }
});
