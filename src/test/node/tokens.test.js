// Tokens, section 10 of the protocol: at the join, refreshed in band, expired, by secret and by public keys.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import {
  ALL, Application, arrived, collect, conversation, matrix, message, publishKeys, refusal, refused, subscribed, token, unique, until,
} from './harness.js';

const insertsOf = (id) => ({ event: 'INSERT', schema: 'public', table: 'messages', filter: `conversation_id=eq.${id}` });

matrix('a new token in band: the subscription is renewed and nothing is missed', async (application) => {
  const id = await conversation();
  const client = application.client();
  await client.realtime.setAuth(await token({ sub: 'one' }));
  const channel = client.channel(unique('refresh'));
  const changes = collect(channel, 'postgres_changes', insertsOf(id));
  const system = collect(channel, 'system', {});
  await subscribed(channel);
  await arrived(system, 1);
  let seq = 0;
  for (let i = 0; i < 10; i++) {
    await message(id, `message ${++seq}`);
    await client.realtime.setAuth(await token({ sub: 'one', n: i }));
    await message(id, `message ${++seq}`);
  }
  await arrived(changes, seq);
  assert.deepEqual(changes.map((change) => change.new.seq), Array.from({ length: seq }, (_, i) => i + 1));
  await until(() => system.length > 1, 'the subscription is renewed');
  assert.ok(system.every(({ status, message: text }) => status === 'ok' && text === 'Subscribed to PostgreSQL'), JSON.stringify(system));
  assert.deepEqual(channel.told, ['SUBSCRIBED']);
});

matrix('an expired token: a system message, CLOSED, and the socket stays for others', async (application) => {
  const client = application.client();
  await client.realtime.setAuth(await token({ expiresIn: 3 }));
  const channel = client.channel('expires');
  const system = collect(channel, 'system', {});
  await subscribed(channel);
  await until(() => channel.told.includes('CLOSED'), () => `closed, was told ${channel.told}`);
  const [{ extension, status, message: text, channel: name }] = system;
  assert.deepEqual([extension, status, name], ['system', 'error', 'expires']);
  assert.match(text, /^Token has expired \d+ seconds? ago$/);
  assert.deepEqual(channel.told, ['SUBSCRIBED', 'CLOSED']);
  assert.equal(client.realtime.isConnected(), true);
  await client.realtime.setAuth(await token());
  await subscribed(client.channel('expires'));
});

matrix('a token refreshed in time goes on', async (application) => {
  const client = application.client();
  const soon = await token({ expiresIn: 3 });
  await client.realtime.setAuth(soon);
  const channel = await subscribed(client.channel(unique('in-time')));
  const witness = application.client();
  await witness.realtime.setAuth(soon);
  const left = await subscribed(witness.channel(unique('too-late')));
  await client.realtime.setAuth(await token());
  await until(() => left.told.includes('CLOSED'), 'the old token has expired');
  assert.deepEqual(channel.told, ['SUBSCRIBED']);
});

matrix('the accessToken callback is asked, and what it says takes effect with a heartbeat', async (application) => {
  let asked = 0;
  let expiresIn = 4;
  const client = application.client({ accessToken: async () => {
    asked++;
    return token({ expiresIn, n: asked });
  }, realtime: { heartbeatIntervalMs: 1000 } });
  await client.realtime.setAuth();
  const channel = await subscribed(client.channel(unique('callback')));
  const first = asked;
  expiresIn = 3600;
  const expires = Date.now() + 6000;
  await until(() => Date.now() > expires, 'the first token has expired');
  assert.ok(asked > first);
  assert.deepEqual(channel.told, ['SUBSCRIBED']);
});

matrix('a join with a token that is none is refused, whatever the connection\'s key', async (application) => {
  const wrong = async (jwt) => {
    const client = application.client();
    await client.realtime.setAuth(jwt);
    return refused(client.channel(unique('wrong')));
  };
  assert.match(await wrong(await token({ expiresIn: -30 })), /^InvalidJWTToken: Token has expired \d+ seconds? ago$/);
  assert.equal(await wrong(await token({ role: null })), 'InvalidJWTToken: Fields `role` and `exp` are required in JWT');
  assert.equal(await wrong('nonsense'), 'MalformedJWT: The token provided is not a valid JWT');
  const good = await token();
  assert.equal(await wrong(`${good.slice(0, good.lastIndexOf('.') + 1)}${'A'.repeat(43)}`), 'JwtSignatureError: Failed to validate JWT signature');
});

matrix('a token that is none in band closes the channel', async (application) => {
  const client = application.client();
  const channel = client.channel(unique('in-band'));
  const system = collect(channel, 'system', {});
  await subscribed(channel);
  await client.realtime.setAuth('nonsense');
  await until(() => channel.told.includes('CLOSED'), 'closed');
  assert.equal(system.at(-1).message, 'The token provided is not a valid JWT');
});

matrix('a client that signs in with a slow callback works on as the key\'s role', async (application) => {
  const id = await conversation();
  const client = application.client({ accessToken: () => new Promise((resolve) => setTimeout(() => token().then(resolve), 300)) });
  const channel = client.channel(unique('slow'));
  const changes = collect(channel, 'postgres_changes', insertsOf(id));
  await subscribed(channel);
  await message(id, 'hello');
  await arrived(changes, 1);
});

async function keyPair(alg, kid) {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  return {
    jwk: { ...await exportJWK(publicKey), kid, alg, use: 'sig' },
    sign: () => new SignJWT({ role: 'authenticated' }).setProtectedHeader({ alg, kid }).setExpirationTime('1h').sign(privateKey),
  };
}

test('public keys: RSA, EC and Ed25519, and a key that came later', async (t) => {
  const application = new Application(ALL[0]);
  t.after(() => application.close());
  const keys = await Promise.all(['RS256', 'ES256', 'EdDSA'].map((alg) => keyPair(alg, unique(alg))));
  await publishKeys(keys.map(({ jwk }) => jwk));
  const joins = async (jwt) => {
    const client = application.client();
    await client.realtime.setAuth(jwt);
    await subscribed(client.channel(unique('jwks')));
  };
  // The keys are fetched anew for an unknown one, but not at once for every one
  for (const key of keys) {
    const jwt = await key.sign();
    await until(() => joins(jwt).then(() => true), 'let in by public key');
  }
  const later = await keyPair('ES256', unique('later'));
  await publishKeys([...keys, later].map(({ jwk }) => jwk));
  const jwt = await later.sign();
  await until(() => joins(jwt).then(() => true), 'let in by the key that came later');
  const unknown = await keyPair('ES256', unique('unknown'));
  const answer = await refusal(`/realtime/v1/websocket?vsn=2.0.0&apikey=${await unknown.sign()}`);
  assert.equal(answer.status, 401);
  assert.match(JSON.parse(answer.body).error, /^Failed to generate JWT signer/);
});
