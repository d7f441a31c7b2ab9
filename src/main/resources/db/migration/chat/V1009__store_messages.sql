-- Group commit of usual messages: the conversation is open, numbered and nobody else's at the moment, the id new. What is usual is stored, numbered and
-- logged by one statement; whatever is missing in the answer is for parley.write_messages to judge. With a known id among them nothing is stored.
--
-- The functions log what they insert themselves (parley.logged, see parley.log_change): a trigger with its transition table costs more.
-- Together: a call 103 -> 88 µs for one message, 828 -> 717 µs for 32, with the flush off. Each statement sees what has committed up to its start: the lock on the counters comes before the look for known ids and for who is open.
-- Counters are locked in id order (or two replicas deadlock), and held ones are passed over.
--
-- They are called on sessions of the service's writer alone, which have the settings that parley.write_messages brings along, and parley.quiet.
-- The search_path is not among them: triggers of somebody else that are put off until the commit find what they name without a schema.
create function parley.store_messages(
  ids uuid[], conversation_ids uuid[],
  numbers integer[], -- of each message among those of its conversation, from 1
  sender_ids text[], sender_roles text[], contents text[], metadatas text[], lock_timeout_ms integer,
  out stored_ids uuid[], out seqs bigint[], out created_at text,
  out stored_metadatas text[]) -- null where all of it is empty
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  locked    uuid[];
  last_seqs bigint[];
  stamp     timestamptz;
  ignored   text;
begin
  -- an assignment is evaluated in place, where "perform" would be a statement
  ignored := set_config('parley.writer', 'batch', true) || set_config('parley.logged', 'on', true)
    || set_config('lock_timeout', lock_timeout_ms::text, true);

  select array_agg(l.conversation_id), array_agg(l.last_seq) into locked, last_seqs
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
    insert into parley.change_log (schema_name, table_name, operation, bytes, record)
    select 'public', 'messages', 'INSERT', octet_length(r.record::text), r.record from (select to_json(inserted.*) as record from inserted offset 0) r
  )
  select array_agg(n.id), array_agg(n.seq), case when bool_or(n.metadata <> '{}') then array_agg(n.metadata::text) end
    into stored_ids, seqs, stored_metadatas from inserted n;

  created_at := to_json(stamp) #>> '{}';
  ignored := set_config('parley.writer', '', true) || set_config('parley.logged', '', true);
end $$;
revoke all on function parley.store_messages(uuid[], uuid[], integer[], text[], text[], text[], text[], integer) from public;

-- The same for a message by itself, the batch of a system that is not busy. Without seq nothing is stored.
create function parley.store_message(
  message_id uuid, conversation uuid, sender_id text, sender_role text, content text, metadata text, lock_timeout_ms integer,
  out seq bigint, out created_at text,
  out stored_metadata text) -- null where it is empty
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_variable
declare
  number  bigint;
  stamp   timestamptz;
  ignored text;
begin
  ignored := set_config('parley.writer', 'batch', true) || set_config('parley.logged', 'on', true)
    || set_config('lock_timeout', lock_timeout_ms::text, true);

  select k.last_seq + 1 into number from parley.conversation_counter k where k.conversation_id = conversation for no key update skip locked;
  if number is null then
    return;
  end if;
  stamp := clock_timestamp();

  with inserted as (
    insert into public.messages as m (id, conversation_id, seq, sender_id, sender_role, content, created_at, metadata)
    select message_id, conversation, number, sender_id, sender_role, content, stamp, metadata::jsonb
    where exists (select from public.conversations c where c.id = conversation and c.status = 'open')
      and not exists (select from public.messages known where known.id = message_id)
    returning m.*
  ), counted as (
    update parley.conversation_counter k set last_seq = number, last_message_at = stamp from inserted n where k.conversation_id = n.conversation_id
  ), logged as (
    insert into parley.change_log (schema_name, table_name, operation, bytes, record)
    select 'public', 'messages', 'INSERT', octet_length(r.record::text), r.record from (select to_json(inserted.*) as record from inserted offset 0) r
  )
  select n.seq, nullif(n.metadata::text, '{}') into seq, stored_metadata from inserted n;

  created_at := to_json(stamp) #>> '{}';
  ignored := set_config('parley.writer', '', true) || set_config('parley.logged', '', true);
end $$;
revoke all on function parley.store_message(uuid, uuid, text, text, text, text, integer) from public;
