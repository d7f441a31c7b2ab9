// Presence, section 8 of the protocol. 2.109.0 loses count of a key's earlier presences when another one comes under it (its own fault: it takes the
// references out of what it keeps): until its next join it shows who has left. What depends on that is shown with 2.119.1.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { arrived, collect, matrix, member, PUBLISHABLE, sees, subscribed, unique, until, Wire } from './harness.js';

matrix('coming, changing, going: everybody at both instances agrees', async (application) => {
  const name = unique('room');
  const ann = await member(application.client(), name, 'ann');
  const bob = await member(application.client({ instance: 1 }), name, 'bob');
  assert.deepEqual(ann.state(), {});

  assert.equal(await ann.channel.track({ name: 'Ann' }), 'ok');
  assert.equal(await bob.channel.track({ name: 'Bob' }), 'ok');
  for (const each of [ann, bob]) {
    await sees(each, { ann: [{ name: 'Ann' }], bob: [{ name: 'Bob' }] });
  }
  assert.deepEqual(bob.join.map(({ key }) => key).sort(), ['ann', 'bob']);
  const first = bob.join.find(({ key }) => key === 'ann');
  assert.deepEqual(first.currentPresences, []);
  assert.equal(first.newPresences[0].name, 'Ann');

  if (application.newest) {
    assert.equal(await ann.channel.track({ name: 'Anna', mood: ['fine'] }), 'ok');
    for (const each of [ann, bob]) {
      await sees(each, { ann: [{ name: 'Anna', mood: ['fine'] }], bob: [{ name: 'Bob' }] });
    }
  }
  assert.equal(await ann.channel.untrack(), 'ok');
  for (const each of [ann, bob]) {
    await sees(each, { bob: [{ name: 'Bob' }] });
  }
  const last = bob.leave.at(-1);
  assert.deepEqual([last.key, last.currentPresences, last.leftPresences.map((left) => left.name)], ['ann', [], [application.newest ? 'Anna' : 'Ann']]);

  const carl = await member(application.client(), name, 'carl');
  await sees(carl, { bob: [{ name: 'Bob' }] });
  await bob.channel.unsubscribe();
  await sees(carl, {});
  await sees(ann, {});
});

matrix('two tabs under one key are one person until both are gone', async (application) => {
  const name = unique('tabs');
  const watcher = await member(application.client({ instance: 1 }), name, 'watcher');
  const [one, two] = [await member(application.client(), name, 'ann'), await member(application.client({ instance: 1 }), name, 'ann')];
  await one.channel.track({ tab: 1 });
  await two.channel.track({ tab: 2 });
  await until(() => watcher.state().ann?.length === 2, 'two presences of Ann');
  assert.deepEqual(watcher.state().ann.map(({ tab }) => tab).sort(), [1, 2]);
  await one.channel.unsubscribe();
  if (application.newest) {
    await sees(watcher, { ann: [{ tab: 2 }] });
  }
  await sees(await member(application.client(), name, 'newcomer'), { ann: [{ tab: 2 }] });
  await two.channel.unsubscribe();
  if (application.newest) {
    await sees(watcher, {});
  }
  await sees(await member(application.client({ instance: 1 }), name, 'newcomer'), {});
});

matrix('a lost connection is a leave', async (application) => {
  const name = unique('lost');
  const watcher = await member(application.client({ instance: 1 }), name, 'watcher');
  const client = application.client();
  const ann = await member(client, name, 'ann');
  await ann.channel.track({ here: true });
  await sees(watcher, { ann: [{ here: true }] });
  client.realtime.disconnect();
  await sees(watcher, {});
});

matrix('without a key everybody gets one of his own', async (application) => {
  const name = unique('keys');
  const [one, two] = [await member(application.client(), name, ''), await member(application.client(), name, '')];
  await one.channel.track({ n: 1 });
  await two.channel.track({ n: 2 });
  await until(() => Object.keys(one.state()).length === 2, 'two keys');
  for (const key of Object.keys(one.state())) {
    assert.match(key, /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/);
  }
});

matrix('the same again is no change', async (application) => {
  const name = unique('same');
  const ann = await member(application.client(), name, 'ann');
  await ann.channel.track({ name: 'Ann' });
  await sees(ann, { ann: [{ name: 'Ann' }] });
  const reference = ann.channel.presenceState().ann[0].presence_ref;
  const joins = ann.join.length;
  assert.equal(await ann.channel.track({ name: 'Ann' }), 'ok');
  const bob = await member(application.client(), name, 'bob');
  await bob.channel.track({});
  await sees(ann, { ann: [{ name: 'Ann' }], bob: [{}] });
  assert.equal(ann.channel.presenceState().ann[0].presence_ref, reference);
  assert.equal(ann.join.length, joins + 1);
});

matrix('who tracks without listening is seen', async (application) => {
  const name = unique('quiet');
  const watcher = await member(application.client(), name, 'watcher');
  const quiet = application.client().channel(name, { config: { presence: { key: 'quiet' } } });
  await subscribed(quiet);
  assert.equal(await quiet.track({ n: 1 }), 'ok');
  await sees(watcher, { quiet: [{ n: 1 }] });
});

matrix('who does not take part is not told', async (application) => {
  const name = unique('apart');
  const channel = application.client().channel(name);
  const heard = collect(channel, 'broadcast', { event: '*' });
  await subscribed(channel);
  const ann = await member(application.client(), name, 'ann');
  await ann.channel.track({ n: 1 });
  await sees(ann, { ann: [{ n: 1 }] });
  await ann.channel.send({ type: 'broadcast', event: 'after', payload: {} });
  await arrived(heard, 1);
  assert.deepEqual(channel.presenceState(), {});
});

/** A socket without the client around it that has joined one topic with this presence config. */
async function joinedByHand(vsn, topic, presence) {
  const first = vsn === '1.0.0';
  const wire = await Wire.open(`/realtime/v1/websocket?apikey=${PUBLISHABLE}&vsn=${vsn}`);
  const push = (ref, event, payload) => wire.send(first ? { topic, event, payload, ref, join_ref: 'j1' } : ['j1', ref, topic, event, payload]);
  const next = async (event) => {
    const frame = await wire.next((one) => (first ? one.event : one[3]) === event, event);
    return first ? frame : { join_ref: frame[0], ref: frame[1], topic: frame[2], event: frame[3], payload: frame[4] };
  };
  push('j1', 'phx_join', { config: { broadcast: { ack: false, self: false }, presence, postgres_changes: [] } });
  await next('phx_reply');
  return { wire, push, next };
}

for (const vsn of ['1.0.0', '2.0.0']) {
  // The client for C# untracks so
  test(`a presence frame that names no event is answered ok, one with an event that there is not is refused (${vsn})`, async (t) => {
    const { wire, push, next } = await joinedByHand(vsn, `realtime:${unique('nameless')}`, { key: '', enabled: false });
    t.after(() => wire.close());
    for (const [i, payload] of [{ type: 'presence' }, { type: 'presence', event: null, payload: null }, null, {}].entries()) {
      push(`${i}`, 'presence', payload);
      const { ref, payload: answer } = await next('phx_reply');
      assert.deepEqual([ref, answer], [`${i}`, { status: 'ok', response: {} }]);
    }
    for (const event of ['', 'nothing', 7]) {
      push('no', 'presence', { type: 'presence', event });
      assert.equal((await next('phx_reply')).payload.status, 'error');
    }
  });

  // supabase-js before 2.54: it wants to know who is there, and has no word for it
  test(`a join that says its presence key and no more is told who is there (${vsn})`, async () => {
    const topic = `realtime:${unique('old')}`;
    const [old, no, speaker] = [await joinedByHand(vsn, topic, { key: '' }), await joinedByHand(vsn, topic, { key: '', enabled: false }),
      await joinedByHand(vsn, topic, { key: 'speaker', enabled: false })];
    await old.next('presence_state');
    speaker.push('2', 'presence', { type: 'presence', event: 'track', payload: {} });
    assert.deepEqual(Object.keys((await old.next('presence_diff')).payload.joins), ['speaker']);
    no.push('2', 'presence', { type: 'presence', event: 'nothing' });
    await no.next('phx_reply');
    assert.deepEqual(no.wire.frames, []);
    [old, no, speaker].forEach(({ wire }) => wire.close());
  });

  test(`what is told of presence says whose join it is for: a channel opened anew does not take it (${vsn})`, async () => {
    const topic = `realtime:${unique('anew')}`;
    const [one, speaker] = [await joinedByHand(vsn, topic, { key: 'one', enabled: true }), await joinedByHand(vsn, topic, { key: 'speaker', enabled: false })];
    assert.equal((await one.next('presence_state')).join_ref, 'j1');
    speaker.push('2', 'presence', { type: 'presence', event: 'track', payload: {} });
    assert.equal((await one.next('presence_diff')).join_ref, 'j1');
    [one, speaker].forEach(({ wire }) => wire.close());
  });
}
