// What the tests stand on: the real clients in every combination, the database that Parley serves, tokens, and the switch that stops instances.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, test } from 'node:test';
import { SignJWT } from 'jose';
import pg from 'pg';
import { createClient as createNew } from 'supabase-new';
import { createClient as createOld } from 'supabase-old';
import { WebSocket } from 'ws';

// What Node 22 brings by itself: the applications under test call createClient without naming a transport
globalThis.WebSocket ??= WebSocket;

const PATIENCE_MS = 20_000;
const TEST_MS = 120_000;

function setting(name) {
  const value = process.env[name];
  assert.ok(value, `${name} is not set: SupabaseClientIT starts these tests`);
  return value;
}

export const URLS = setting('PARLEY_URLS').split(',');
export const PUBLISHABLE = setting('PARLEY_PUBLISHABLE_KEY');
export const SECRET = setting('PARLEY_SECRET_KEY');
const JWT_SECRET = new TextEncoder().encode(setting('PARLEY_JWT_SECRET'));
const CONTROL = setting('PARLEY_CONTROL_URL');

export const NEW = '2.119.1';
export const OLD = '2.109.0';
const CREATE = { [NEW]: createNew, [OLD]: createOld };

/** Every client with every protocol. */
export const ALL = [NEW, OLD].flatMap((version) => ['2.0.0', '1.0.0'].map((vsn) => ({ version, vsn })));

// ---- The database, as a program knows it that has never heard of Parley

const databases = [];

/** A pool that ends with the file's tests. */
export function database(url) {
  const pool = new pg.Pool({ connectionString: url, max: 8 });
  // A test may end the server's connections
  pool.on('error', () => {});
  databases.push(pool);
  return pool;
}

export const db = database(setting('PARLEY_DATABASE_URL'));

after(() => Promise.all(databases.map((pool) => pool.end())));

export const rows = async (text, values) => (await db.query(text, values)).rows;
export const row = async (text, values) => (await rows(text, values))[0];

export const unique = (name) => `${name}_${randomUUID().replaceAll('-', '').slice(0, 12)}`;

export async function conversation(subject = 'a conversation') {
  return (await row('insert into public.conversations (subject) values ($1) returning id', [subject])).id;
}

/** One message by plain SQL; the row as it stands. */
export async function message(conversationId, content, pool = db) {
  return (await pool.query('insert into public.messages (conversation_id, content) values ($1, $2) returning *', [conversationId, content])).rows[0];
}

/** A table of an application, made and published while Parley runs; the promise holds when both instances serve it. */
export async function table(columns, { name = unique('t'), schema = 'public', sql = '' } = {}) {
  const full = `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(name)}`;
  await db.query(`create table ${full} (${columns}); ${sql.replaceAll('TABLE', full)}`);
  await publish(full);
  await served(schema, name);
  return { name, schema, full };
}

export async function publish(full) {
  await db.query(`alter publication supabase_realtime add table ${full}`);
}

/** As an application would find out: by subscribing until the answer is yes. */
export async function served(schema, name, urls = URLS) {
  for (const url of urls) {
    const client = createNew(url, PUBLISHABLE);
    try {
      await until(async () => {
        const answer = await subscriptionOf(client, { event: '*', schema, table: name });
        return answer.status === 'ok';
      }, `${schema}.${name} is served at ${url}`);
    } finally {
      await close(client);
    }
  }
}

/** The system message that says how a subscription went. */
export async function subscriptionOf(client, filter) {
  const channel = client.channel(unique('asks'));
  try {
    return await new Promise((resolve, reject) => {
      channel.on('system', {}, (payload) => payload.extension === 'postgres_changes' && resolve(payload))
        .on('postgres_changes', filter, () => {})
        .subscribe((status, error) => status === 'CHANNEL_ERROR' && reject(error));
      setTimeout(reject, PATIENCE_MS, new Error('no system message about the subscription')).unref();
    });
  } finally {
    await client.removeChannel(channel);
  }
}

// ---- Tokens

/** A user's token by the shared secret; further claims as given. Without a role when that is null. */
export function token({ expiresIn = 3600, role = 'authenticated', ...claims } = {}) {
  const now = Math.floor(Date.now() / 1000);
  return new SignJWT({ ...(role === null ? {} : { role }), ...claims }).setProtectedHeader({ alg: 'HS256', typ: 'JWT' }).setIssuedAt(now - 10).setExpirationTime(now + expiresIn).sign(JWT_SECRET);
}

// ---- Waiting

/** Returns the condition's first truthy value. A condition that throws does not hold yet. */
export async function until(condition, what, patience = PATIENCE_MS) {
  const deadline = Date.now() + patience;
  for (;;) {
    let failure;
    try {
      const value = await condition();
      if (value) {
        return value;
      }
    } catch (error) {
      failure = error;
    }
    if (Date.now() > deadline) {
      throw new Error(`after ${patience} ms still not: ${typeof what === 'function' ? what() : what}`, { cause: failure });
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Waits until a list has so many entries, then says exactly which. */
export async function arrived(list, number, what = 'arrivals') {
  await until(() => list.length >= number, () => `${number} ${what}, have ${list.length}: ${list.slice(-20).map((each) => JSON.stringify(each).slice(0, 200))}`);
  return list;
}

// ---- Instances

async function control(action, parameters = {}, options) {
  const answer = await fetch(`${CONTROL}/${action}?${new URLSearchParams(parameters)}`, options);
  assert.equal(answer.status, 200, `${action}: ${await answer.text()}`);
}

export const instances = {
  /** SIGTERM, then begins again; holds when it is ready. */
  restart: (instance) => control('restart', { instance }),
  /** SIGKILL: nothing is closed, nobody is told. */
  kill: (instance) => control('kill', { instance }),
  /** Begins again after a kill; holds when it is ready. */
  begin: (instance) => control('begin', { instance }),
};

/** What the JWKS address of both instances answers from now on. */
export const publishKeys = (keys) => control('jwks', {}, { method: 'POST', body: JSON.stringify({ keys }) });

// ---- Clients

async function close(client) {
  await client.removeAllChannels();
  client.realtime.disconnect();
}

/** One application: clients of one version and protocol, all closed at the test's end. */
export class Application {
  #closing = [];

  constructor({ version, vsn }) {
    this.version = version;
    this.vsn = vsn;
    this.name = `${version}, protocol ${vsn}`;
  }

  get binary() {
    return this.vsn === '2.0.0';
  }

  get newest() {
    return this.version === NEW;
  }

  /** @param instance which one it talks to; the other options are those of createClient */
  client({ instance = 0, url = URLS[instance], key = PUBLISHABLE, realtime = {}, ...options } = {}) {
    const client = CREATE[this.version](url, key, { realtime: { vsn: this.vsn, ...realtime }, ...options });
    this.#closing.push(() => close(client));
    return client;
  }

  onClose(action) {
    this.#closing.push(action);
  }

  async close() {
    for (const action of this.#closing.reverse()) {
      await action();
    }
  }
}

/** One test for every client and protocol, side by side. */
export function matrix(name, body, kinds = ALL) {
  test(name, { concurrency: true }, async (t) => {
    await Promise.all(kinds.map((kind) => {
      const application = new Application(kind);
      return t.test(application.name, { timeout: TEST_MS }, async () => {
        try {
          await body(application);
        } finally {
          await application.close();
        }
      });
    }));
  });
}

/** One test in which all kinds take part together: what they all have to wait for is done once. */
export function together(name, body, kinds = ALL) {
  test(name, { timeout: 2 * TEST_MS }, async () => {
    const applications = kinds.map((kind) => new Application(kind));
    try {
      await body(applications);
    } finally {
      await Promise.all(applications.map((application) => application.close()));
    }
  });
}

/** Holds at the first SUBSCRIBED; fails at anything else. Further statuses are found in `channel.told`. */
export function subscribed(channel, timeout) {
  channel.told = [];
  return new Promise((resolve, reject) => {
    channel.subscribe((status, error) => {
      channel.told.push(error ? `${status} ${error.message}` : status);
      if (status === 'SUBSCRIBED') {
        resolve(channel);
      } else {
        reject(new Error(`${channel.topic}: ${status} ${error?.message ?? ''}`));
      }
    }, timeout);
  });
}

/** The error message of a channel that must not come to be. */
export async function refused(channel) {
  return new Promise((resolve, reject) => {
    channel.subscribe((status, error) => {
      if (status === 'CHANNEL_ERROR') {
        resolve(error.message);
      } else {
        reject(new Error(`${channel.topic}: ${status}`));
      }
    });
  });
}

/** Everything that a channel's listener gets, in order. */
export function collect(channel, type, filter) {
  const list = [];
  channel.on(type, filter, (payload) => list.push(payload));
  return list;
}

/** A channel that watches one table's changes: `changes` fills. */
export async function watching(client, filter, name = unique('watch')) {
  const channel = client.channel(name);
  const changes = collect(channel, 'postgres_changes', filter);
  await subscribed(channel);
  return { channel, changes };
}

// ---- The bare wire, where the client hides what matters

export class Wire {
  #socket;
  frames = [];

  static async open(path, { instance = 0, headers = {} } = {}) {
    const wire = new Wire();
    wire.#socket = new WebSocket(URLS[instance].replace('http', 'ws') + path, { headers });
    wire.#socket.on('message', (data, binary) => wire.frames.push(binary ? { kind: data[0], data } : JSON.parse(data)));
    wire.closed = new Promise((resolve) => wire.#socket.on('close', resolve));
    await new Promise((resolve, reject) => {
      wire.#socket.on('open', resolve);
      wire.#socket.on('error', reject);
    });
    return wire;
  }

  send(frame) {
    this.#socket.send(frame instanceof Uint8Array ? frame : JSON.stringify(frame));
  }

  /** The first frame that fits, gone from the list. */
  async next(fits, what = fits) {
    const frame = await until(() => this.frames.find(fits), () => `a frame ${what}, have ${JSON.stringify(this.frames)}`);
    this.frames.splice(this.frames.indexOf(frame), 1);
    return frame;
  }

  close() {
    this.#socket.terminate();
  }
}

/** The answer to a handshake that is refused. */
export function refusal(path, headers = {}) {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(URLS[0].replace('http', 'ws') + path, { headers });
    socket.on('open', () => {
      socket.terminate();
      reject(new Error('was let in'));
    });
    socket.on('error', () => {});
    socket.on('unexpected-response', async (request, response) => {
      let body = '';
      for await (const part of response) {
        body += part;
      }
      resolve({ status: response.statusCode, body });
    });
  });
}

// ---- Presence

/** A member of a room under a key; `state()` is what the client believes. */
export async function member(client, name, key, { enabled } = {}) {
  const channel = client.channel(name, { config: { presence: { key, ...(enabled === undefined ? {} : { enabled }) } } });
  const [sync, join, leave] = ['sync', 'join', 'leave'].map((event) => collect(channel, 'presence', { event }));
  await subscribed(channel);
  await until(() => sync.length > 0, 'the first sync');
  return {
    channel, sync, join, leave,
    state: () => Object.fromEntries(Object.entries(channel.presenceState()).map(([who, metas]) => [who, metas.map(({ presence_ref, ...meta }) => meta)])),
  };
}

export const sees = (who, expected) => until(() => {
  assert.deepEqual(who.state(), expected);
  return true;
}, () => `${JSON.stringify(expected)}, but ${JSON.stringify(who.state())}`);
