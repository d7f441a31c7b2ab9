// Parley's own key in a subscription, `after`: what was missed comes before what is new. The client knows nothing of it.
import assert from 'node:assert/strict';
import { arrived, collect, conversation, db, instances, matrix, message, subscribed, table, together, unique, until } from './harness.js';

/** Inserts without a pause until it is told to stop; says what it wrote. */
function writer(write) {
  let going = true;
  const written = [];
  const done = (async () => {
    while (going) {
      written.push(await write(written.length));
    }
  })();
  return {
    written,
    async stop() {
      going = false;
      await done;
      return written;
    },
  };
}

/** The pattern of the README, for a conversation. */
function resuming(client, conversationId, start = 0) {
  let last = start;
  const messages = [];
  const asked = [];
  const entry = {
    event: 'INSERT', schema: 'public', table: 'messages', filter: `conversation_id=eq.${conversationId}`,
    get after() {
      asked.push(last);
      return last;
    },
  };
  const channel = client.channel(`chat:${conversationId}`).on('postgres_changes', entry, ({ new: now }) => {
    messages.push(now);
    last = now.seq;
  });
  return { channel, messages, asked, last: () => last };
}

matrix('a fresh subscription after a seq begins there, after 0 at the beginning', async (application) => {
  const id = await conversation();
  for (let i = 1; i <= 5; i++) {
    await message(id, `message ${i}`);
  }
  const client = application.client();
  for (const [start, expected] of [[0, [1, 2, 3, 4, 5]], [3, [4, 5]], [5, []]]) {
    const { channel, messages } = resuming(client, id, start);
    await subscribed(channel);
    const { seq } = await message(id, 'live');
    await until(() => messages.some((each) => each.seq === Number(seq)), 'the live message');
    const replayed = messages.map((each) => each.seq).filter((each) => each <= 5);
    assert.deepEqual(replayed, expected);
    assert.deepEqual(messages.map((each) => each.seq), Array.from({ length: Number(seq) - start }, (_, i) => start + 1 + i));
    await client.removeChannel(channel);
  }
});

matrix('a replayed message looks like a live one', async (application) => {
  const id = await conversation();
  const client = application.client();
  const live = resuming(client, id);
  await subscribed(live.channel);
  await message(id, 'hello');
  await arrived(live.messages, 1);
  await client.removeChannel(live.channel);
  const again = resuming(application.client(), id);
  await subscribed(again.channel);
  await arrived(again.messages, 1);
  assert.deepEqual(again.messages[0], live.messages[0]);
});

together('the service restarts under continuous inserts: every message once and in order', async (applications) => {
  const streams = await Promise.all(applications.map(async (application) => {
    const id = await conversation();
    const stream = resuming(application.client(), id);
    await subscribed(stream.channel);
    return { application, id, ...stream };
  }));
  const writing = writer(async (n) => {
    await Promise.all(streams.map(({ id }) => message(id, `message ${n}`)));
    return n;
  });
  await Promise.all(streams.map(({ messages }) => arrived(messages, 20)));
  await instances.restart(0);
  await Promise.all(streams.map(({ application, channel, asked }) => until(() => channel.told.filter((status) => status === 'SUBSCRIBED').length === 2 && asked.length > 1,
    () => `${application.name} is subscribed again, was told ${channel.told}`, 40_000)));
  await instances.kill(0);
  await instances.begin(0);
  await Promise.all(streams.map(({ application, channel }) => until(() => channel.told.filter((status) => status === 'SUBSCRIBED').length === 3,
    () => `${application.name} is subscribed a third time, was told ${channel.told}`, 40_000)));
  const { length } = await writing.stop();
  const expected = Array.from({ length }, (_, i) => i + 1);
  for (const { application, messages, asked } of streams) {
    await arrived(messages, length, `messages of ${application.name}`);
    assert.deepEqual(messages.map(({ seq }) => seq), expected, application.name);
    assert.deepEqual(messages.map(({ content }) => content), expected.map((seq) => `message ${seq - 1}`), application.name);
    assert.ok(asked.at(-1) > asked[0], `the getter was asked at each join: ${asked}`);
  }
});

together('any table: the position that the logger sees resumes exactly', (applications) => resumes(applications, async (application, t) => {
  let position = null;
  const changes = [];
  const name = unique('orders');
  // The one place where the client shows what it received: the channel's callbacks get no position
  const logger = (kind, text, payload) => {
    if (kind === 'receive' && text === `realtime:${name} postgres_changes`) {
      position = payload.data.position;
    }
  };
  const channel = application.client({ instance: 1, realtime: { logger } }).channel(name).on('postgres_changes', {
    event: '*', schema: t.schema, table: t.name, get after() { return position; },
  }, ({ eventType, new: now, old }) => changes.push(`${eventType} ${now.id ?? old.id}`));
  await subscribed(channel);
  return { application, channel, changes };
}));

together('any table: the position in the row resumes exactly', (applications) => resumes(applications, async (application, t) => {
  let position = null;
  const changes = [];
  const channel = application.client({ instance: 1 }).channel(unique('orders')).on('postgres_changes', {
    event: '*', schema: t.schema, table: t.name, position: '_position', get after() { return position; },
  }, (change) => {
    position = (change.eventType === 'DELETE' ? change.old : change.new)._position;
    changes.push(`${change.eventType} ${change.new.id ?? change.old.id}`);
  }).on('system', {}, (message) => {
    if (message.status === 'ok' && message.position) {
      position = message.position;
    }
  });
  await subscribed(channel);
  await until(() => position !== null, 'a position to begin with');
  return { application, channel, changes };
}));

/** Everything that is written while the service is killed and begun again arrives once and in order. */
async function resumes(applications, stream) {
  const t = await table('id int primary key, n int');
  const streams = await Promise.all(applications.map((application) => stream(application, t)));
  const expected = [];
  const writing = writer(async (n) => {
    await db.query(`insert into ${t.full} values (${n}, 0)`);
    expected.push(`INSERT ${n}`);
    if (n % 3 === 0) {
      await db.query(`update ${t.full} set n = 1 where id = ${n}`);
      expected.push(`UPDATE ${n}`);
    }
    if (n % 5 === 0) {
      await db.query(`delete from ${t.full} where id = ${n}`);
      expected.push(`DELETE ${n}`);
    }
  });
  await Promise.all(streams.map(({ changes }) => arrived(changes, 20)));
  await instances.kill(1);
  await instances.begin(1);
  await Promise.all(streams.map(({ application, channel }) => until(() => channel.told.filter((status) => status === 'SUBSCRIBED').length === 2,
    () => `${application.name} is subscribed again, was told ${channel.told}`, 40_000)));
  await writing.stop();
  for (const { application, changes } of streams) {
    await arrived(changes, expected.length, `changes of ${application.name}`);
    assert.deepEqual(changes, expected, application.name);
  }
}

matrix('a remount resumes where the last one ended', async (application) => {
  const id = await conversation();
  const client = application.client();
  const seqs = [];
  const writing = writer(async (n) => message(id, `message ${n}`));
  let last = 0;
  for (let i = 0; i < 20; i++) {
    const mounted = client.channel(`chat:${id}`).on('postgres_changes', {
      event: 'INSERT', schema: 'public', table: 'messages', filter: `conversation_id=eq.${id}`, get after() { return last; },
    }, ({ new: { seq } }) => {
      seqs.push(seq);
      last = seq;
    });
    await subscribed(mounted);
    const enough = seqs.length + 3;
    await until(() => seqs.length >= enough, 'three more messages');
    await client.removeChannel(mounted);
  }
  const { length } = await writing.stop();
  const end = resuming(client, id, last);
  await subscribed(end.channel);
  await until(() => end.last() === length, () => `the last of ${length} messages, have ${end.last()}`);
  assert.deepEqual([...seqs, ...end.messages.map(({ seq }) => seq)], Array.from({ length }, (_, i) => i + 1));
});

matrix('a channel that is opened anew at once gets nothing of the old one twice', async (application) => {
  const t = await table('id int primary key');
  const name = unique('anew');
  const client = application.client();
  let position = null;
  const ids = [];
  const open = () => client.channel(name).on('postgres_changes', {
    event: '*', schema: t.schema, table: t.name, position: '_position', get after() { return position; },
  }, ({ new: row }) => {
    position = row._position;
    ids.push(row.id);
  });
  let channel = open();
  await subscribed(channel);
  const writing = [1, 2, 3].map((n) => writer(async (i) => db.query(`insert into ${t.full} values (${3 * i + n})`)));
  await arrived(ids, 1);
  for (let i = 0; i < 40; i++) {
    // as an effect does that runs again: nobody waits for the old one's end
    client.removeChannel(channel);
    channel = open();
    await subscribed(channel);
    const enough = ids.length + 3;
    await until(() => ids.length >= enough, 'three more rows');
  }
  await Promise.all(writing.map((one) => one.stop()));
  const { rows } = await db.query(`select id from ${t.full}`);
  await until(() => new Set(ids).size === rows.length, () => `all ${rows.length} rows, have ${new Set(ids).size}`);
  assert.equal(ids.length, rows.length);
});

matrix('null is from now on', async (application) => {
  const id = await conversation();
  const witness = resuming(application.client(), id);
  await subscribed(witness.channel);
  // What has only just been committed may come to who joins at that moment
  await message(id, 'before');
  await arrived(witness.messages, 1);
  const channel = application.client().channel(unique('null'));
  const changes = collect(channel, 'postgres_changes', { event: 'INSERT', schema: 'public', table: 'messages', filter: `conversation_id=eq.${id}`, after: null });
  await subscribed(channel);
  await message(id, 'later');
  await arrived(changes, 1);
  assert.deepEqual(changes.map(({ new: { content } }) => content), ['later']);
});

matrix('an after that is none is told by a system message, and the channel goes on', async (application) => {
  const id = await conversation();
  const channel = application.client().channel(unique('nonsense'));
  const system = collect(channel, 'system', {});
  collect(channel, 'postgres_changes', { event: 'INSERT', schema: 'public', table: 'messages', filter: `conversation_id=eq.${id}`, after: 'nonsense' });
  await subscribed(channel);
  await until(() => system.some(({ status }) => status === 'error'), 'a system message');
  assert.equal(channel.state, 'joined');
});
