-- A batch tells what it logged, so that the replica that stored it need not read it: which transaction it is, what its statement saw (all that it saw must have
-- been delivered before), the log's ids and the rows. Only where that is all that the transaction logs: a trigger of somebody else may add to it, also at the
-- commit, and so may a rule, a view or a partition in place of the table, or a column's default. The statement holds the table's lock when its snapshot is taken
-- (in READ COMMITTED, which the service's sessions are in), so no trigger can appear unseen.
--
-- Whether to tell is asked for: a replica that can't use it need not get each row twice. Else as in V1010; whoever asks and reads as he did there goes on without it.

drop function parley.store_messages(uuid[], uuid[], integer[], text[], text[], text[], text[], integer);
create function parley.store_messages(
  ids uuid[], conversation_ids uuid[],
  numbers integer[], -- of each message among those of its conversation, from 1
  sender_ids text[], sender_roles text[], contents text[], metadatas text[], lock_timeout_ms integer,
  tells boolean default false, -- whether the log's rows are wanted
  out stored_ids uuid[], out seqs bigint[], out created_at text,
  out stored_metadatas text[], -- null where all of it is empty
  out stored_rows text[], -- the rows that are not as they were sent, null for the others; null where all are
  out own_commit text, -- "xid snapshot server", null where not all that the transaction writes is told
  out logged_at timestamptz, out log_ids bigint[], out log_records text[])
language plpgsql
as $$
declare
  locked    uuid[];
  last_seqs bigint[];
  stamp     timestamptz;
  changed   boolean;
  ignored   text;
begin
  -- an assignment is evaluated in place, where "perform" would be a statement
  ignored := pg_catalog.set_config('parley.writer', 'batch', true) || pg_catalog.set_config('parley.logged', 'on', true)
    || pg_catalog.set_config('lock_timeout', lock_timeout_ms::text, true);

  select pg_catalog.array_agg(l.conversation_id), pg_catalog.array_agg(l.last_seq) into locked, last_seqs
  from (
    select k.conversation_id, k.last_seq from parley.conversation_counter k where k.conversation_id = any (conversation_ids)
    order by k.conversation_id for no key update skip locked
  ) l;
  stamp := clock_timestamp();

  with inserted as (
    insert into public.messages as m (id, conversation_id, seq, sender_id, sender_role, content, created_at, metadata)
    select i.id, i.conversation_id, l.last_seq + i.number, i.sender_id, i.sender_role, i.content, stamp, i.metadata::jsonb
    from unnest(ids, conversation_ids, numbers, sender_ids, sender_roles, contents, metadatas)
      i (id, conversation_id, number, sender_id, sender_role, content, metadata)
    join (
      select u.conversation_id, u.last_seq from unnest(locked, last_seqs) u (conversation_id, last_seq)
      join public.conversations c on c.id = u.conversation_id and c.status = 'open'
    ) l on l.conversation_id = i.conversation_id
    where not exists (select from public.messages known where known.id = any (ids))
    order by i.number -- the log's ids rise with seq, however the join is done
    returning m.*
  ), counted as (
    update parley.conversation_counter k set last_seq = n.last, last_message_at = stamp
    from (select f.conversation_id, max(f.seq) as last from inserted f group by f.conversation_id) n
    where k.conversation_id = n.conversation_id
  ), logged as (
    insert into parley.change_log (schema_name, table_name, operation, bytes, record, logged_at)
    select 'public', 'messages', 'INSERT', octet_length(r.record::text), r.record, stamp
    from (select pg_catalog.to_json(inserted.*) as record from inserted offset 0) r
    returning id, record
  )
  select s.ids, s.seqs, s.metadatas, s.changed, l.ids, l.records,
      case when exists (
        select from pg_catalog.pg_class c where c.oid = 'public.messages'::regclass and c.relkind = 'r' and not c.relhasrules
      ) and not exists (
        select from pg_catalog.pg_trigger t where t.tgrelid = 'public.messages'::regclass and not t.tgisinternal
          and t.tgname not in ('parley_number', 'parley_log_insert', 'parley_log_update', 'parley_log_delete', 'parley_log_truncate', 'parley_keep_numbering')
      ) then pg_catalog.pg_current_xact_id()::text || ' ' || pg_catalog.pg_current_snapshot()::text || ' ' || pg_catalog.pg_postmaster_start_time()::text end
    into stored_ids, seqs, stored_metadatas, changed, log_ids, log_records, own_commit
  from (
    select pg_catalog.array_agg(n.id), pg_catalog.array_agg(n.seq), case when bool_or(n.metadata <> '{}') then pg_catalog.array_agg(n.metadata::text) end,
      bool_or((n.conversation_id, n.sender_id, n.sender_role, n.content, n.created_at)
        is distinct from (i.conversation_id, i.sender_id, i.sender_role, i.content, stamp))
    from inserted n
    left join unnest(ids, conversation_ids, sender_ids, sender_roles, contents) i (id, conversation_id, sender_id, sender_role, content) on i.id = n.id
  ) s (ids, seqs, metadatas, changed), (
    select case when tells then pg_catalog.array_agg(g.id) end, case when tells then pg_catalog.array_agg(g.record::text) end from logged g
  ) l (ids, records);

  if tells and (select count(*) from parley.change_log g where g.xid = pg_catalog.pg_current_xact_id()) > pg_catalog.cardinality(log_ids) then
    own_commit := null;
  end if;

  if changed then
    own_commit := null;
    select pg_catalog.array_agg(case when (m.content, m.created_at) is distinct from (i.content, stamp) then pg_catalog.to_json(m.*)::text end order by s.ordinal)
      into stored_rows
    from pg_catalog.unnest(stored_ids) with ordinality s (id, ordinal)
    join public.messages m on m.id = s.id
    left join unnest(ids, conversation_ids, sender_ids, sender_roles, contents) i (id, conversation_id, sender_id, sender_role, content)
      on (i.id, i.conversation_id, i.sender_id, i.sender_role) = (m.id, m.conversation_id, m.sender_id, m.sender_role)
    having parley.refuse_strays(count(*) filter (where i.id is null));
  end if;

  created_at := pg_catalog.to_json(stamp) #>> '{}'::text[];
  logged_at := stamp;
  ignored := pg_catalog.set_config('parley.writer', '', true) || pg_catalog.set_config('parley.logged', '', true);
end $$;
revoke all on function parley.store_messages(uuid[], uuid[], integer[], text[], text[], text[], text[], integer, boolean) from public;
