// The service goes away and comes back: what a client sees of it.
import assert from 'node:assert/strict';
import { arrived, collect, conversation, instances, message, subscribed, together, unique, until } from './harness.js';

const again = (channel, times) => until(() => channel.told.filter((status) => status === 'SUBSCRIBED').length === times,
  () => `${channel.topic} is subscribed ${times} times, was told ${channel.told}`, 40_000);

together('after a restart every channel works again: changes, broadcasts', async (applications) => {
  const clients = await Promise.all(applications.map(async (application) => {
    const [id, name] = [await conversation(), unique('restart')];
    const client = application.client();
    const channel = client.channel(name);
    const changes = collect(channel, 'postgres_changes', { event: 'INSERT', schema: 'public', table: 'messages', filter: `conversation_id=eq.${id}` });
    const heard = collect(channel, 'broadcast', { event: '*' });
    const system = collect(channel, 'system', {});
    await subscribed(channel);
    const other = await subscribed(client.channel(unique('other')));
    const sender = await subscribed(application.client({ instance: 1 }).channel(name));
    return { application, id, channel, changes, heard, system, other, sender };
  }));
  await instances.restart(0);
  for (const { application, id, channel, changes, heard, system, other, sender } of clients) {
    await again(channel, 2);
    await again(other, 2);
    assert.match(channel.told[1], /^CHANNEL_ERROR .*1012/, application.name);
    await message(id, 'after the restart');
    await arrived(changes, 1);
    assert.equal(changes[0].new.content, 'after the restart');
    await sender.send({ type: 'broadcast', event: 'e', payload: { after: 'the restart' } });
    await arrived(heard, 1);
    assert.ok(system.filter(({ message: text }) => text === 'Subscribed to PostgreSQL').length >= 2);
    assert.deepEqual(sender.told, ['SUBSCRIBED']);
  }
});

together('after a crash too', async (applications) => {
  const clients = await Promise.all(applications.map(async (application) => {
    const id = await conversation();
    const channel = application.client().channel(unique('crash'));
    const changes = collect(channel, 'postgres_changes', { event: 'INSERT', schema: 'public', table: 'messages', filter: `conversation_id=eq.${id}` });
    await subscribed(channel);
    return { id, channel, changes };
  }));
  await instances.kill(0);
  await until(() => clients.every(({ channel }) => channel.told.length > 1), 'everybody noticed');
  await instances.begin(0);
  for (const { id, channel, changes } of clients) {
    await again(channel, 2);
    await message(id, 'after the crash');
    await arrived(changes, 1);
  }
});

together('what is removed while the service is away stays removed', async (applications) => {
  const clients = await Promise.all(applications.map(async (application) => {
    const client = application.client();
    return { client, gone: await subscribed(client.channel(unique('gone'))), kept: await subscribed(client.channel(unique('kept'))) };
  }));
  await instances.kill(0);
  await Promise.all(clients.map(({ client, gone }) => client.removeChannel(gone)));
  await instances.begin(0);
  for (const { gone, kept } of clients) {
    await again(kept, 2);
    assert.equal(gone.told.filter((status) => status === 'SUBSCRIBED').length, 1);
  }
});
