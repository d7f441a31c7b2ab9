// Broadcasts over HTTP, section 7.6 of the protocol: what the client falls back to, and what programs call.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ALL, Application, arrived, collect, matrix, PUBLISHABLE, SECRET, subscribed, token, unique, until, URLS } from './harness.js';

async function listening(client, name) {
  const channel = client.channel(name);
  const heard = collect(channel, 'broadcast', { event: '*' });
  await subscribed(channel);
  return { channel, heard };
}

matrix('send before the join goes over HTTP and reaches everybody, the sender\'s other channels too', async (application) => {
  const name = unique('fallback');
  const [one, two] = [application.client(), application.client({ instance: 1 })];
  const receivers = [await listening(one, name), await listening(two, name)];
  const answer = await application.client().channel(name).send({ type: 'broadcast', event: 'typing', payload: { u: 1 } });
  assert.equal(answer, 'ok');
  for (const { heard } of receivers) {
    await arrived(heard, 1);
    assert.deepEqual(heard, [{ type: 'broadcast', event: 'typing', payload: { u: 1 } }]);
  }
});

matrix('httpSend with JSON and with bytes, names percent-encoded', async (application) => {
  const name = `chat:${unique('http')}/a b?ü%`;
  const { heard } = await listening(application.client(), name);
  const channel = application.client({ instance: 1 }).channel(name);
  assert.deepEqual(await channel.httpSend('typing now', { u: 1 }), { success: true });
  assert.deepEqual(await channel.httpSend('bytes', Uint8Array.from([0, 1, 255])), { success: true });
  assert.deepEqual(await channel.httpSend('last', { list: [1] }), { success: true });
  await until(() => heard.some(({ event }) => event === 'last'), 'the last broadcast');
  const of = (event) => heard.find((each) => each.event === event);
  assert.deepEqual(of('typing now').payload, { u: 1 });
  assert.deepEqual(of('last').payload, { list: [1] });
  if (application.binary) {
    assert.deepEqual(new Uint8Array(of('bytes').payload), Uint8Array.from([0, 1, 255]));
  } else {
    assert.equal(of('bytes'), undefined);
  }
});

matrix('a wrong key is refused', async (application) => {
  const channel = application.client({ key: 'sb_publishable_wrong' }).channel('x');
  await assert.rejects(channel.httpSend('e', {}), /Unauthorized/);
});

for (const prefix of ['', '/realtime/v1']) {
  const post = (path, body, headers = {}) => fetch(`${URLS[0]}${prefix}${path}`, {
    method: 'POST', headers: { 'Content-Type': 'application/json', apikey: PUBLISHABLE, ...headers }, body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const batch = (messages, headers) => post('/api/broadcast', { messages }, headers);

  test(`a batch: every message to its topic, 202 and nothing [${prefix}]`, async () => {
    const application = new Application(ALL[0]);
    try {
      const [a, b] = [unique('a'), unique('b')];
      const client = application.client();
      const [inA, inB] = [await listening(client, a), await listening(client, b)];
      const answer = await batch([
        { topic: a, event: 'e', payload: { n: 1 } }, { topic: b, event: 'e', payload: { n: 2 }, private: false }, { topic: a, event: 'e', payload: { n: 3 }, id: 'my-id' },
      ]);
      assert.equal(answer.status, 202);
      assert.equal(await answer.text(), '');
      await arrived(inA.heard, 2);
      await arrived(inB.heard, 1);
      assert.deepEqual(inA.heard.map(({ payload }) => payload.n), [1, 3]);
      assert.deepEqual(inA.heard[1].meta, { id: 'my-id' });
    } finally {
      await application.close();
    }
  });

  test(`who is let in [${prefix}]`, async () => {
    const one = [{ topic: unique('auth'), event: 'e', payload: {} }];
    const status = async (headers, query = '') => (await fetch(`${URLS[0]}${prefix}/api/broadcast${query}`, {
      method: 'POST', headers: { 'Content-Type': 'application/json', ...headers }, body: JSON.stringify({ messages: one }),
    })).status;
    assert.equal(await status({}), 401);
    assert.equal(await status({ apikey: 'nonsense' }), 401);
    assert.equal(await status({ apikey: PUBLISHABLE }), 202);
    assert.equal(await status({ apikey: SECRET }), 202);
    assert.equal(await status({}, `?apikey=${PUBLISHABLE}&vsn=2.0.0`), 202);
    assert.equal(await status({ Authorization: `Bearer ${PUBLISHABLE}` }), 202);
    assert.equal(await status({ Authorization: `Bearer ${await token()}` }), 202);
    assert.equal(await status({ apikey: PUBLISHABLE, Authorization: `Bearer ${await token({ expiresIn: -5 })}` }), 401);
    assert.deepEqual(await (await batch(one, { apikey: 'nonsense' })).json(), { message: 'Unauthorized' });
  });

  test(`what is no broadcast [${prefix}]`, async () => {
    const missing = await batch([{ topic: 'x', event: 'e' }]);
    assert.equal(missing.status, 422);
    assert.deepEqual(await missing.json(), { errors: { messages: [{ payload: ["can't be blank"] }] } });
    const large = await batch([{ topic: 'x', event: 'e', payload: { text: 'x'.repeat(3_100_000) } }]);
    assert.equal(large.status, 422);
    assert.match(await large.text(), /Payload size exceeds tenant limit/);
    assert.ok([400, 422].includes((await post('/api/broadcast', '{"messages":')).status));
    assert.equal((await post('/api/broadcast', { nothing: true })).status, 422);
    assert.equal((await post('/api/broadcast/x/events/e', 'text', { 'Content-Type': 'text/plain' })).status, 415);
  });

  test(`a browser's preflight is answered [${prefix}]`, async () => {
    for (const path of ['/api/broadcast', '/api/broadcast/chat%3A42/events/typing']) {
      const answer = await fetch(`${URLS[0]}${prefix}${path}`, {
        method: 'OPTIONS',
        headers: { Origin: 'http://elsewhere.example', 'Access-Control-Request-Method': 'POST', 'Access-Control-Request-Headers': 'apikey,authorization,content-type,x-client-info' },
      });
      assert.ok([200, 204].includes(answer.status), String(answer.status));
      assert.ok(['*', 'http://elsewhere.example'].includes(answer.headers.get('access-control-allow-origin')));
      const allowed = answer.headers.get('access-control-allow-headers').toLowerCase();
      for (const header of ['authorization', 'apikey', 'content-type', 'x-client-info']) {
        assert.ok(allowed.includes(header), allowed);
      }
      const sent = await fetch(`${URLS[0]}${prefix}/api/broadcast`, {
        method: 'POST', headers: { Origin: 'http://elsewhere.example', apikey: PUBLISHABLE, 'Content-Type': 'application/json' },
        body: JSON.stringify({ messages: [{ topic: 'x', event: 'e', payload: {} }] }),
      });
      assert.ok(['*', 'http://elsewhere.example'].includes(sent.headers.get('access-control-allow-origin')));
    }
  });
}

test('health', async () => {
  const health = await fetch(`${URLS[0]}/healthcheck`);
  assert.deepEqual([health.status, await health.text()], [200, 'ok']);
  assert.deepEqual(await (await fetch(`${URLS[0]}/api/ping`)).json(), { message: 'Success' });
});
