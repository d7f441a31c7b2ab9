// The code of existing applications, as it stands.
import assert from 'node:assert/strict';
import { arrived, collect, conversation, matrix, message, row, subscribed, unique, until, URLS } from './harness.js';

/** React's hook as far as the snippet uses it. StrictMode mounts, unmounts and mounts. */
function strictMode() {
  const cleanups = [];
  return {
    useEffect(effect) {
      effect()?.();
      cleanups.push(effect());
    },
    unmount: () => cleanups.forEach((cleanup) => cleanup?.()),
  };
}

function hook(useEffect, supabase) {
  return (conversationId, onNewMessage) => {
    useEffect(() => {
      if (!conversationId) return;
      const channel = supabase
        .channel(`chat:${conversationId}`)
        .on('postgres_changes',
          { event: 'INSERT', schema: 'public', table: 'messages', filter: `conversation_id=eq.${conversationId}` },
          (payload) => onNewMessage(payload.new))
        .subscribe();
      return () => { supabase.removeChannel(channel); };
    }, [conversationId, onNewMessage]);
  };
}

const joined = (client, topic) => until(() => client.getChannels().find((channel) => channel.topic === `realtime:${topic}` && channel.state === 'joined'),
  () => `${topic} is joined, there are ${client.getChannels().map((channel) => `${channel.topic} ${channel.state}`)}`);

matrix('the chat hook under StrictMode gives each message once, by SQL and by REST, and nothing after unmounting', async (application) => {
  const supabase = application.client();
  const [here, elsewhere] = [await conversation(), await conversation()];
  const { useEffect, unmount } = strictMode();
  const messages = [];
  hook(useEffect, supabase)(here, (message) => messages.push(message));
  await joined(supabase, `chat:${here}`);

  await message(elsewhere, 'not for us');
  const first = await message(here, 'by SQL');
  const sent = await fetch(`${URLS[1]}/api/conversations/${here}/messages`, {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ content: 'by REST at the other instance' }),
  });
  assert.equal(sent.status, 201);
  await message(here, 'by SQL again');
  await arrived(messages, 3);
  assert.deepEqual(messages.map(({ content, seq }) => [content, seq]), [['by SQL', 1], ['by REST at the other instance', 2], ['by SQL again', 3]]);
  assert.equal(messages[0].id, first.id);
  assert.equal(messages[0].conversation_id, here);
  assert.deepEqual(messages[0].metadata, {});

  const witness = [];
  hook((effect) => effect(), application.client())(here, (message) => witness.push(message));
  unmount();
  assert.deepEqual(supabase.getChannels(), []);
  await until(async () => {
    await message(here, 'after unmounting');
    return witness.length;
  }, 'the witness hears');
  assert.equal(messages.length, 3);
});

matrix('the hook without a conversation does nothing', async (application) => {
  const supabase = application.client();
  const { useEffect } = strictMode();
  hook(useEffect, supabase)(null, () => assert.fail());
  assert.deepEqual(supabase.getChannels(), []);
});

matrix('admin-global hears of new conversations and of nothing else', async (application) => {
  const supabase = application.client();
  const sidebar = [];
  const addNewConversationToSidebar = (conversation) => sidebar.push(conversation);
  supabase.channel('admin-global')
    .on('postgres_changes', { event: 'INSERT', schema: 'public', table: 'conversations' }, (payload) => addNewConversationToSidebar(payload.new))
    .subscribe();
  await joined(supabase, 'admin-global');

  const subject = unique('subject');
  const id = await conversation(subject);
  await message(id, 'no conversation');
  const last = await conversation(unique('last'));
  await until(() => sidebar.some((conversation) => conversation.id === last), 'the last conversation in the sidebar');
  const mine = sidebar.filter((conversation) => conversation.id === id);
  assert.equal(mine.length, 1);
  assert.equal(mine[0].subject, subject);
  assert.ok(sidebar.every((conversation) => 'subject' in conversation));
});

matrix('two people see each other typing, nobody sees himself', async (application) => {
  const id = await conversation();
  const typing = { customer: [], admin: [] };
  const open = async (who) => {
    const supabase = application.client();
    const channel = supabase.channel(`chat:${id}`);
    const setShowTyping = (payload) => typing[who].push(payload);
    channel.on('broadcast', { event: 'typing' }, (payload) => { setShowTyping(payload); });
    return subscribed(channel);
  };
  const [customer, admin] = [await open('customer'), await open('admin')];

  assert.equal(await admin.send({ type: 'broadcast', event: 'typing', payload: { userId: 'admin' } }), 'ok');
  assert.equal(await customer.send({ type: 'broadcast', event: 'typing', payload: { userId: 'customer' } }), 'ok');
  await arrived(typing.customer, 1);
  await arrived(typing.admin, 1);
  assert.deepEqual(typing.customer, [{ type: 'broadcast', event: 'typing', payload: { userId: 'admin' } }]);
  assert.deepEqual(typing.admin, [{ type: 'broadcast', event: 'typing', payload: { userId: 'customer' } }]);
});

matrix('messages and typing on one channel', async (application) => {
  const id = await conversation();
  const [customer, admin] = [application.client().channel(`chat:${id}`), application.client({ instance: 1 }).channel(`chat:${id}`)];
  const filter = { event: 'INSERT', schema: 'public', table: 'messages', filter: `conversation_id=eq.${id}` };
  const messages = collect(customer, 'postgres_changes', filter);
  const typing = collect(customer, 'broadcast', { event: 'typing' });
  collect(admin, 'postgres_changes', filter);
  await Promise.all([subscribed(customer), subscribed(admin)]);
  await admin.send({ type: 'broadcast', event: 'typing', payload: { userId: 'admin' } });
  await arrived(typing, 1);
  await message(id, 'written');
  await arrived(messages, 1);
  assert.equal(typing[0].payload.userId, 'admin');
  assert.equal(messages[0].new.content, 'written');
});

matrix('a burst of mounts and unmounts ends with one live subscription', async (application) => {
  const supabase = application.client();
  const id = await conversation();
  const calm = supabase.channel(unique('calm'));
  const undisturbed = collect(calm, 'postgres_changes', { event: 'INSERT', schema: 'public', table: 'messages', filter: `conversation_id=eq.${id}` });
  await subscribed(calm);
  const messages = [];
  let unmount = () => {};
  for (let i = 0; i < 30; i++) {
    unmount();
    hook((effect) => { unmount = effect(); }, supabase)(id, (message) => messages.push(message.content));
    if (i % 3 === 1) {
      await new Promise((resolve) => setTimeout(resolve, i)); // the answers of earlier mounts come in between
    } else if (i % 3 === 2) {
      await joined(supabase, `chat:${id}`);
    }
  }
  const topic = await joined(supabase, `chat:${id}`);
  for (let i = 0; i < 10; i++) {
    await message(id, `message ${i}`);
  }
  await arrived(messages, 10);
  await arrived(undisturbed, 10);
  assert.deepEqual(messages, Array.from({ length: 10 }, (_, i) => `message ${i}`));
  assert.equal(undisturbed.length, 10);
  assert.deepEqual(calm.told, ['SUBSCRIBED']);
  assert.equal(topic.state, 'joined');
});

matrix('a channel of the same name is at once open again after removeChannel', async (application) => {
  const supabase = application.client();
  const name = unique('again');
  for (let i = 0; i < 5; i++) {
    const channel = supabase.channel(name);
    await subscribed(channel);
    assert.equal(await supabase.removeChannel(channel), 'ok');
    assert.deepEqual(channel.told, ['SUBSCRIBED', 'CLOSED']);
  }
});

matrix('removeAllChannels closes all, and the client goes on', async (application) => {
  const supabase = application.client();
  const channels = await Promise.all(['a', 'b', 'c'].map((name) => subscribed(supabase.channel(unique(name)))));
  await supabase.removeAllChannels();
  assert.deepEqual(channels.map((channel) => channel.told), channels.map(() => ['SUBSCRIBED', 'CLOSED']));
  await subscribed(supabase.channel(unique('d')));
});

matrix('two tabs of one user get each message once', async (application) => {
  const id = await conversation();
  const tabs = [];
  for (const supabase of [application.client(), application.client()]) {
    const messages = [];
    hook((effect) => effect(), supabase)(id, (message) => messages.push(message.seq));
    await joined(supabase, `chat:${id}`);
    tabs.push(messages);
  }
  for (let i = 0; i < 5; i++) {
    await message(id, 'for both');
  }
  for (const messages of tabs) {
    assert.deepEqual(await arrived(messages, 5), [1, 2, 3, 4, 5]);
  }
});

matrix('fifty channels on one socket', async (application) => {
  const supabase = application.client();
  const all = await Promise.all(Array.from({ length: 50 }, async () => {
    const id = await conversation();
    const messages = [];
    hook((effect) => effect(), supabase)(id, (message) => messages.push(message.conversation_id));
    await joined(supabase, `chat:${id}`);
    return { id, messages };
  }));
  await Promise.all(all.map(({ id }) => message(id, 'hello')));
  for (const { id, messages } of all) {
    assert.deepEqual(await arrived(messages, 1), [id]);
  }
  assert.equal((await row('select count(*)::int as n from public.messages where conversation_id = any ($1)', [all.map(({ id }) => id)])).n, 50);
});
