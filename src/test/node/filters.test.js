// The filter grammar, section 6.5 of the protocol, with PostgreSQL's own answers.
import assert from 'node:assert/strict';
import { before } from 'node:test';
import { arrived, collect, db, matrix, subscribed, subscriptionOf, table, unique, until } from './harness.js';

const COLUMNS = 'id int primary key, name text, n int8, price numeric, f float8, ok bool, at timestamptz, day date, u uuid';
const LAST = 999;
let items;

before(async () => {
  items = await table(COLUMNS);
});

const ROWS = `(id, name, n, price, f, ok, at, day, u) values
  (1, 'red', 10, 1.50, 0.5, true, '2026-01-01 10:00Z', '2026-01-01', '0192f5a0-0000-7000-8000-000000000001'),
  (2, 'green', 20, 2.50, 1.5, false, '2026-01-02 10:00Z', '2026-01-02', '0192f5a0-0000-7000-8000-000000000002'),
  (3, 'blue, deep', 30, 10.00, 'NaN', null, '2026-01-03 10:00Z', '2026-01-03', '0192f5a0-0000-7000-8000-000000000003'),
  (4, 'Red', -5, 100, -1, true, null, null, null),
  (5, null, null, null, null, null, null, null, null),
  (6, '', 9007199254740993, 0, 0, false, '2026-01-06 10:00Z', '2026-01-06', '0192f5a0-0000-7000-8000-000000000006'),
  (7, 'say "hi"', 70, 2.500, 7, true, '2026-01-07 10:00+02', '2026-01-07', '0192F5A0-0000-7000-8000-000000000007')`;

/** Filter and the ids of the rows that it lets through. */
const FILTERS = [
  ['id=eq.3', [3]],
  ['name=eq.red', [1]],
  ['name=eq.', [6]],
  ['name=neq.red', [2, 3, 4, 6, 7]],
  ['n=lt.20', [1, 4]],
  ['n=lte.20', [1, 2, 4]],
  ['n=gt.20', [3, 6, 7]],
  ['n=gte.20', [2, 3, 6, 7]],
  ['n=eq.9007199254740993', [6]],
  ['price=eq.2.5', [2, 7]],
  ['price=gt.9', [3, 4]],
  ['f=gt.1', [2, 3, 7]],
  ['ok=eq.true', [1, 4, 7]],
  ['ok=is.true', [1, 4, 7]],
  ['ok=is.false', [2, 6]],
  ['ok=is.null', [3, 5]],
  ['ok=is.unknown', [3, 5]],
  ['name=is.null', [5]],
  ['name=not.is.null', [1, 2, 3, 4, 6, 7]],
  ['at=gte.2026-01-03T00:00:00Z', [3, 6, 7]],
  ['at=eq.2026-01-07 08:00:00+00', [7]],
  ['day=in.(2026-01-01,2026-01-06)', [1, 6]],
  ['u=eq.0192f5a0-0000-7000-8000-000000000007', [7]],
  ['u=eq.0192F5A0-0000-7000-8000-000000000002', [2]],
  ['name=in.(red,green)', [1, 2]],
  ['name=in.( red, green )', [1, 2]],
  ['name=in.(red,"blue, deep")', [1, 3]],
  ['name=eq."blue, deep"', [3]],
  ['name=eq."say \\"hi\\""', [7]],
  ['name=not.in.(red,green)', [3, 4, 6, 7]],
  ['name=not.eq.red', [2, 3, 4, 6, 7]],
  ['id=in.(1,2,3),n=gt.10', [2, 3]],
  ['id=gte.2,id=lt.4,ok=is.false', [2]],
  ['name=like.r%', [1]],
  ['name=ilike.r%', [1, 4]],
  ['name=not.ilike.r%', [2, 3, 6, 7]],
  ['name=match.^g', [2]],
  ['name=imatch.^r', [1, 4]],
  ['name=isdistinct.red', [2, 3, 4, 5, 6, 7]],
  ['n=not.isdistinct.20', [2]],
  ['n=isdistinct.20', [1, 3, 4, 5, 6, 7]],
];

matrix('every operator lets through what PostgreSQL lets through', async (application) => {
  // A table of its own: the four clients' rows would mix
  const mine = await table(COLUMNS);
  const client = application.client();
  const subscriptions = await Promise.all(FILTERS.map(async ([filter, expected]) => {
    const channel = client.channel(unique('filter'));
    const entry = { event: 'INSERT', schema: mine.schema, table: mine.name };
    const [through, all] = [collect(channel, 'postgres_changes', { ...entry, filter }), collect(channel, 'postgres_changes', entry)];
    const system = collect(channel, 'system', {});
    await subscribed(channel);
    return { filter, expected, through, all, system };
  }));
  await db.query(`insert into ${mine.full} ${ROWS}`);
  await db.query(`insert into ${mine.full} (id) values (${LAST})`);
  const lacking = () => subscriptions.filter(({ all }) => all.length < 8);
  await until(() => lacking().length === 0, () => `all rows beside each filter, not so: ${lacking().map(({ filter, all }) => `${filter} (${all.length})`).join('; ')}`);
  const wrong = [];
  for (const { filter, expected, through, all, system } of subscriptions) {
    const ids = through.map(({ new: now }) => now.id).filter((id) => id !== LAST);
    if (JSON.stringify(ids) !== JSON.stringify(expected)) {
      wrong.push({ filter, expected, ids, system: system.map(({ message }) => message) });
    }
    assert.equal(all.at(-1).new.id, LAST);
  }
  assert.deepEqual(wrong, []);
});

matrix('an empty filter is none', async (application) => {
  const mine = await table('id int primary key');
  const channel = application.client().channel(unique('empty'));
  const changes = collect(channel, 'postgres_changes', { event: 'INSERT', schema: mine.schema, table: mine.name, filter: '' });
  await subscribed(channel);
  await db.query(`insert into ${mine.full} values (1)`);
  await arrived(changes, 1);
});

matrix('an update that leaves the filter is not told, one that comes in is', async (application) => {
  const mine = await table('id int primary key, state text');
  const channel = application.client().channel(unique('moves'));
  const entry = { event: '*', schema: mine.schema, table: mine.name };
  const [open, all] = [collect(channel, 'postgres_changes', { ...entry, filter: 'state=eq.open' }), collect(channel, 'postgres_changes', entry)];
  await subscribed(channel);
  await db.query(`insert into ${mine.full} values (1, 'open')`);
  await db.query(`update ${mine.full} set state = 'closed'`);
  await db.query(`update ${mine.full} set state = 'open'`);
  await arrived(all, 3);
  assert.deepEqual(open.map(({ eventType, new: now }) => [eventType, now.state]), [['INSERT', 'open'], ['UPDATE', 'open']]);
});

matrix('a filtered delete is judged by what the replica identity keeps', async (application) => {
  const whole = 'alter table TABLE replica identity full';
  const [byKey, full, secured] = await Promise.all([undefined, whole, `${whole}; alter table TABLE enable row level security`].map((sql) =>
    table('id int primary key, state text', { sql })));
  const channel = application.client().channel(unique('deletes'));
  const of = (t, filter) => collect(channel, 'postgres_changes', { event: 'DELETE', schema: t.schema, table: t.name, ...(filter ? { filter } : {}) });
  const told = { key: of(byKey, 'id=eq.1'), column: of(byKey, 'state=eq.open'), fullColumn: of(full, 'state=eq.open'), all: of(full), secured: of(secured, 'state=eq.open') };
  await subscribed(channel);
  for (const { full: name } of [byKey, full, secured]) {
    await db.query(`insert into ${name} values (1, 'open'), (2, 'closed')`);
    await db.query(`delete from ${name}`);
  }
  await arrived(told.all, 2);
  await arrived(told.fullColumn, 1);
  await arrived(told.secured, 1);
  assert.deepEqual(told.key.map(({ old }) => old), [{ id: 1 }]);
  assert.deepEqual(told.column, []);
  assert.deepEqual(told.fullColumn.map(({ old }) => old), [{ id: 1, state: 'open' }]);
  assert.deepEqual(told.secured.map(({ old }) => old), [{ id: 1 }]);
});

matrix('a filter that is none is refused with its reason, and the channel stays', async (application) => {
  const client = application.client();
  const answer = async (filter, more = {}) => {
    const { status, message } = await subscriptionOf(client, { event: 'INSERT', schema: items.schema, table: items.name, filter, ...more });
    assert.equal(status, 'error', `${filter}: ${message}`);
    return message;
  };
  assert.match(await answer('name=foo.hey'), /^Error parsing `filter` params: \["foo", "hey"\]/);
  assert.match(await answer('name=hey'), /^Error parsing `filter` params: \["hey"\]/);
  assert.match(await answer('name'), /^Error parsing `filter` params/);
  assert.match(await answer('name=eq.a,,n=eq.1'), /^Error parsing `filter` params/);
  assert.match(await answer('name=near.red'), /^Error parsing `filter` params/);
  assert.match(await answer('nowhere=eq.1'), /^Unable to subscribe to changes with given parameters\..*nowhere/s);
  assert.match(await answer('n=eq.many'), /^Unable to subscribe to changes with given parameters\..*Exception: .*many/s);
  assert.match(await answer('u=eq.1'), /^Unable to subscribe to changes with given parameters\./);
  assert.match(await answer('name=match.('), /^Unable to subscribe to changes with given parameters\./);
  assert.match(await answer(`id=in.(${Array.from({ length: 101 }, (_, i) => i)})`), /^(Unable to subscribe|Error parsing)/);
});

matrix('a select that is none is refused', async (application) => {
  const client = application.client();
  const answer = async (entry) => {
    const { status, message } = await subscriptionOf(client, { event: 'INSERT', schema: items.schema, ...entry });
    assert.equal(status, 'error', message);
    return message;
  };
  assert.match(await answer({ table: items.name, select: ['nowhere'] }), /nowhere/);
  assert.equal(await answer({ table: '*', select: ['id'] }), 'Column selection is not supported for wildcard subscriptions. Provide an explicit schema and table name.');
});

matrix('one bad binding does not take the good one of another channel with it', async (application) => {
  const client = application.client();
  const mine = await table('id int primary key');
  const good = client.channel(unique('good'));
  const changes = collect(good, 'postgres_changes', { event: 'INSERT', schema: mine.schema, table: mine.name });
  await subscribed(good);
  assert.equal((await subscriptionOf(client, { event: 'INSERT', schema: mine.schema, table: mine.name, filter: 'id=eq.x' })).status, 'error');
  await db.query(`insert into ${mine.full} values (1)`);
  await arrived(changes, 1);
  assert.deepEqual(good.told, ['SUBSCRIBED']);
});
