// The service goes away and comes back: what a client sees of it.
import assert from 'node:assert/strict';
import { arrived, collect, conversation, instances, member, message, sees, subscribed, together, unique, until } from './harness.js';

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

together('an instance is killed: its people leave, and come back as the application has it', async (applications) => {
  const rooms = await Promise.all(applications.map(async (application) => {
    const name = unique('killed');
    const watcher = await member(application.client(), name, 'watcher');
    await watcher.channel.track({ watching: true });
    const channel = application.client({ instance: 1 }).channel(name, { config: { presence: { key: 'ann' } } });
    const sync = collect(channel, 'presence', { event: 'sync' });
    // As applications do: tracked anew at each SUBSCRIBED
    channel.subscribe((status) => {
      if (status === 'SUBSCRIBED') {
        channel.track({ name: 'Ann' });
      }
    });
    await sees(watcher, { watcher: [{ watching: true }], ann: [{ name: 'Ann' }] });
    return { watcher, channel, sync };
  }));
  await instances.kill(1);
  await Promise.all(rooms.map(({ watcher }) => sees(watcher, { watcher: [{ watching: true }] })));
  await instances.begin(1);
  for (const { watcher, channel } of rooms) {
    await sees(watcher, { watcher: [{ watching: true }], ann: [{ name: 'Ann' }] });
    await until(() => Object.keys(channel.presenceState()).length === 2, 'Ann sees both again', 40_000);
  }
});

together('an instance restarts in order: no ghosts', async (applications) => {
  const rooms = await Promise.all(applications.map(async (application) => {
    const name = unique('restart');
    const watcher = await member(application.client(), name, 'watcher');
    const ann = await member(application.client({ instance: 1 }), name, 'ann');
    await ann.channel.track({ n: 1 });
    await sees(watcher, { ann: [{ n: 1 }] });
    return { watcher, ann };
  }));
  await instances.restart(1);
  await Promise.all(rooms.map(async ({ watcher, ann }) => {
    await until(() => ann.channel.told.filter((status) => status === 'SUBSCRIBED').length === 2, () => `subscribed again, was told ${ann.channel.told}`, 40_000);
    await sees(watcher, {});
    await ann.channel.track({ n: 2 });
    await sees(watcher, { ann: [{ n: 2 }] });
    await sees(ann, { ann: [{ n: 2 }] });
  }));
});
