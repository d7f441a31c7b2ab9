-- What somebody's own trigger made of a message is in the answer to whoever sent it: where the stored row is not what was sent, it comes back whole.
-- A trigger that changes the id, the conversation or the sender is refused: by these a repeated send is known, so each repetition would be stored once more.
--
-- His triggers see the session's search_path, as they do with an insert of his own: a function's setting would be in force for them too, and hide every table
-- that they name without a schema. So the functions have none. What they call is found in pg_catalog first, and where a function of the same name and
-- nearer types in another schema would win (those that take any type, or literals), they name the schema.
--
-- A counter that is behind its messages is caught up with them where messages go one by one.
--
-- The functions are those of V1009 and V1004 with that changed; whoever reads their answers by name goes on without it.

create function parley.refuse_strays(strays bigint) returns boolean
language plpgsql
as $$
begin
  if strays > 0 then
    raise exception 'a trigger on messages changes the id, the conversation or the sender of a message' using errcode = 'PY001';
  end if;
  return true;
end $$;
revoke all on function parley.refuse_strays(bigint) from public;

drop function parley.store_messages(uuid[], uuid[], integer[], text[], text[], text[], text[], integer);
create function parley.store_messages(
  ids uuid[], conversation_ids uuid[],
  numbers integer[], -- of each message among those of its conversation, from 1
  sender_ids text[], sender_roles text[], contents text[], metadatas text[], lock_timeout_ms integer,
  out stored_ids uuid[], out seqs bigint[], out created_at text,
  out stored_metadatas text[], -- null where all of it is empty
  out stored_rows text[]) -- the rows that are not as they were sent, null for the others; null where all are
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
    insert into parley.change_log (schema_name, table_name, operation, bytes, record)
    select 'public', 'messages', 'INSERT', octet_length(r.record::text), r.record from (select pg_catalog.to_json(inserted.*) as record from inserted offset 0) r
  )
  select pg_catalog.array_agg(n.id), pg_catalog.array_agg(n.seq), case when bool_or(n.metadata <> '{}') then pg_catalog.array_agg(n.metadata::text) end,
      bool_or((n.conversation_id, n.sender_id, n.sender_role, n.content, n.created_at)
        is distinct from (i.conversation_id, i.sender_id, i.sender_role, i.content, stamp))
    into stored_ids, seqs, stored_metadatas, changed
  from inserted n
  left join unnest(ids, conversation_ids, sender_ids, sender_roles, contents) i (id, conversation_id, sender_id, sender_role, content) on i.id = n.id;

  if changed then
    select pg_catalog.array_agg(case when (m.content, m.created_at) is distinct from (i.content, stamp) then pg_catalog.to_json(m.*)::text end order by s.ordinal)
      into stored_rows
    from pg_catalog.unnest(stored_ids) with ordinality s (id, ordinal)
    join public.messages m on m.id = s.id
    left join unnest(ids, conversation_ids, sender_ids, sender_roles, contents) i (id, conversation_id, sender_id, sender_role, content)
      on (i.id, i.conversation_id, i.sender_id, i.sender_role) = (m.id, m.conversation_id, m.sender_id, m.sender_role)
    having parley.refuse_strays(count(*) filter (where i.id is null));
  end if;

  created_at := pg_catalog.to_json(stamp) #>> '{}'::text[];
  ignored := pg_catalog.set_config('parley.writer', '', true) || pg_catalog.set_config('parley.logged', '', true);
end $$;
revoke all on function parley.store_messages(uuid[], uuid[], integer[], text[], text[], text[], text[], integer) from public;

drop function parley.store_message(uuid, uuid, text, text, text, text, integer);
create function parley.store_message(
  message_id uuid, conversation uuid, sender_id text, sender_role text, content text, metadata text, lock_timeout_ms integer,
  out seq bigint, out created_at text,
  out stored_metadata text, -- null where it is empty
  out stored_row text) -- null where it is as it was sent
language plpgsql
as $$
#variable_conflict use_variable
declare
  number  bigint;
  stamp   timestamptz;
  stray   boolean;
  ignored text;
begin
  ignored := pg_catalog.set_config('parley.writer', 'batch', true) || pg_catalog.set_config('parley.logged', 'on', true)
    || pg_catalog.set_config('lock_timeout', lock_timeout_ms::text, true);

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
    select 'public', 'messages', 'INSERT', octet_length(r.record::text), r.record from (select pg_catalog.to_json(inserted.*) as record from inserted offset 0) r
  )
  select n.seq, nullif(n.metadata::text, '{}'), (n.id, n.conversation_id, n.sender_id, n.sender_role) <> (message_id, conversation, sender_id, sender_role),
      case when (n.content, n.created_at) is distinct from (content, stamp) then pg_catalog.to_json(n.*)::text end
    into seq, stored_metadata, stray, stored_row
  from inserted n;

  if stray then
    perform parley.refuse_strays(1);
  end if;

  created_at := pg_catalog.to_json(stamp) #>> '{}'::text[];
  ignored := pg_catalog.set_config('parley.writer', '', true) || pg_catalog.set_config('parley.logged', '', true);
end $$;
revoke all on function parley.store_message(uuid, uuid, text, text, text, text, integer) from public;

drop function parley.write_messages(uuid[], uuid[], text[], text[], text[], text[], boolean, integer);
create function parley.write_messages(
  ids uuid[], conversation_ids uuid[], sender_ids text[], sender_roles text[], contents text[], metadatas text[],
  wait_for_locks boolean, lock_timeout_ms integer)
returns table (ordinal integer, id uuid, outcome text, seq bigint, created_at text, stored text, stored_row text)
language plpgsql
set timezone = 'UTC' set bytea_output = 'hex' set intervalstyle = 'postgres' set extra_float_digits = 1
-- a plan made while the tables were empty must not become a sequential scan of full ones
set plan_cache_mode = 'force_generic_plan' set enable_seqscan = off set jit = off
as $$
#variable_conflict use_column
declare
  wanted uuid[] := array(select distinct c from pg_catalog.unnest(conversation_ids) c);
  locked uuid[];
  made   boolean := false;
  plain  boolean;
  stamp  timestamptz;
begin
  perform pg_catalog.set_config('parley.quiet', 'on', true), pg_catalog.set_config('parley.writer', 'batch', true),
          pg_catalog.set_config('lock_timeout', lock_timeout_ms::text, true);

  loop
    if wait_for_locks then
      locked := array(select k.conversation_id from parley.conversation_counter k
                      where k.conversation_id = any (wanted) order by k.conversation_id for no key update);
    else
      locked := array(select k.conversation_id from parley.conversation_counter k
                      where k.conversation_id = any (wanted) order by k.conversation_id for no key update skip locked);
    end if;
    exit when made or pg_catalog.cardinality(locked) = pg_catalog.cardinality(wanted);

    insert into parley.conversation_counter (conversation_id, last_seq, last_message_at)
      select c.id, coalesce(m.seq, 0), m.created_at
      from public.conversations c
      left join lateral (select l.seq, l.created_at from public.messages l where l.conversation_id = c.id order by l.seq desc limit 1) m on true
      where c.id = any (wanted)
        and c.id <> all (array(select k.conversation_id from parley.conversation_counter k where k.conversation_id = any (wanted)))
      order by c.id
    on conflict do nothing;
    made := true;
  end loop;

  if wait_for_locks then
    -- rows that came while no trigger fired, as a restore or logical replication brings them, are ahead of the counter and in the way of every send
    update parley.conversation_counter k set last_seq = m.seq
    from pg_catalog.unnest(locked) l (id)
    cross join lateral (select x.seq from public.messages x where x.conversation_id = l.id order by x.seq desc limit 1) m
    where k.conversation_id = l.id and k.last_seq < m.seq;
  end if;
  stamp := clock_timestamp();

  plain := pg_catalog.cardinality(locked) = pg_catalog.cardinality(wanted)
    and (select count(*) from public.conversations c where c.id = any (wanted) and c.status = 'open') = pg_catalog.cardinality(wanted)
    and not exists (select from public.messages m where m.id = any (ids))
    and (select pg_catalog.count(distinct i) from pg_catalog.unnest(ids) i) = pg_catalog.cardinality(ids);

  if plain then
    return query
    with counter as materialized (
      select k.conversation_id, k.last_seq from parley.conversation_counter k where k.conversation_id = any (wanted)
    ), inserted as (
      insert into public.messages as m (id, conversation_id, seq, sender_id, sender_role, content, created_at, metadata)
      select i.id, i.conversation_id, k.last_seq + row_number() over (partition by i.conversation_id order by i.ordinal),
             i.sender_id, i.sender_role, i.content, stamp, i.metadata::jsonb
      from unnest(ids, conversation_ids, sender_ids, sender_roles, contents, metadatas)
        with ordinality i (id, conversation_id, sender_id, sender_role, content, metadata, ordinal)
      join counter k on k.conversation_id = i.conversation_id
      returning m.*
    ), counted as (
      update parley.conversation_counter k set last_seq = n.last, last_message_at = stamp
      from (select f.conversation_id, max(f.seq) as last from inserted f group by f.conversation_id) n
      where k.conversation_id = n.conversation_id
    )
    select null::integer, n.id, 'created', n.seq, pg_catalog.to_json(stamp) #>> '{}'::text[], nullif(n.metadata::text, '{}'),
      case when (n.content, n.created_at) is distinct from (i.content, stamp) then pg_catalog.to_json(n.*)::text end
    from inserted n
    join unnest(ids, contents) i (id, content) on i.id = n.id
    where (
      select parley.refuse_strays(count(*) filter (where a.id is null)) from inserted s
      left join unnest(ids, conversation_ids, sender_ids, sender_roles) a (id, conversation_id, sender_id, sender_role)
        on (a.id, a.conversation_id, a.sender_id, a.sender_role) = (s.id, s.conversation_id, s.sender_id, s.sender_role)
    );

    perform pg_catalog.set_config('parley.writer', '', true);
    return;
  end if;

  return query
  with input as materialized (
    select i.* from unnest(ids, conversation_ids, sender_ids, sender_roles, contents, metadatas)
      with ordinality i (id, conversation_id, sender_id, sender_role, content, metadata, ordinal)
  ), known as materialized (
    select m.* from public.messages m where m.id = any (ids)
  ), target as materialized (
    select c.id, c.status, k.last_seq, c.id = any (locked) as locked
    from (select c.id, c.status from public.conversations c where c.id = any (wanted)) c
    left join (select k.conversation_id, k.last_seq from parley.conversation_counter k where k.conversation_id = any (wanted)) k
      on k.conversation_id = c.id
  ), fresh as materialized (
    select i.*, t.last_seq + row_number() over (partition by i.conversation_id order by i.ordinal) as number
    from (select distinct on (f.id) f.* from input f order by f.id, f.ordinal) i
    join target t on t.id = i.conversation_id and t.locked and (t.status = 'open' or i.sender_role <> 'customer')
    where not exists (select from known k where k.id = i.id)
  ), inserted as (
    insert into public.messages as m (id, conversation_id, seq, sender_id, sender_role, content, created_at, metadata)
    select f.id, f.conversation_id, f.number, f.sender_id, f.sender_role, f.content, stamp, f.metadata::jsonb from fresh f order by f.ordinal
    returning m.*
  ), counted as (
    update parley.conversation_counter k set last_seq = n.last, last_message_at = stamp
    from (select f.conversation_id, max(f.number) as last from fresh f group by f.conversation_id) n
    where k.conversation_id = n.conversation_id
  ), present as (
    select true as created, n.* from inserted n
    union all
    select false, k.* from known k
  )
  select i.ordinal::integer, i.id,
    case when p.id is not null and m.id is null then 'conflict'
         when p.created and f.ordinal = i.ordinal then 'created'
         when p.id is not null then 'duplicate'
         when t.id is null then 'unknown'
         when t.status = 'closed' and i.sender_role = 'customer' then 'closed'
         when not t.locked then 'busy'
         when f.ordinal = i.ordinal then 'refused'
         else 'again' end,
    m.seq,
    pg_catalog.to_json(stamp) #>> '{}'::text[],
    case when p.created and f.ordinal = i.ordinal then nullif(p.metadata::text, '{}') else pg_catalog.to_json(m.*)::text end,
    case when p.created and f.ordinal = i.ordinal and (p.content, p.created_at) is distinct from (i.content, stamp) then pg_catalog.to_json(m.*)::text end
  from input i
  left join present p on p.id = i.id
  left join target t on t.id = i.conversation_id
  left join fresh f on f.id = i.id
  left join lateral (select p.id, p.conversation_id, p.seq, p.sender_id, p.sender_role, p.content, p.created_at, p.metadata) m
    on (p.conversation_id, p.sender_id, p.sender_role) = (i.conversation_id, i.sender_id, i.sender_role) -- or nothing of it is told
  where (
    select parley.refuse_strays(count(*) filter (where a.id is null)) from inserted s
    left join fresh a on (a.id, a.conversation_id, a.sender_id, a.sender_role) = (s.id, s.conversation_id, s.sender_id, s.sender_role)
  )
  order by i.ordinal;

  perform pg_catalog.set_config('parley.writer', '', true);
end $$;
revoke all on function parley.write_messages(uuid[], uuid[], text[], text[], text[], text[], boolean, integer) from public;
