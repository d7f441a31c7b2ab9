-- What is not usual is logged as its usual sisters are (V1009): before what a trigger of somebody else writes because of it. So an automatic answer follows
-- its question in a conversation's first message too. Else as in V1010.
create or replace function parley.write_messages(
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
          pg_catalog.set_config('parley.logged', 'on', true),
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
    ), logged as (
      insert into parley.change_log (schema_name, table_name, operation, bytes, record)
      select 'public', 'messages', 'INSERT', octet_length(r.record::text), r.record from (select pg_catalog.to_json(inserted.*) as record from inserted offset 0) r
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

    perform pg_catalog.set_config('parley.writer', '', true), pg_catalog.set_config('parley.logged', '', true);
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
  ), logged as (
    insert into parley.change_log (schema_name, table_name, operation, bytes, record)
    select 'public', 'messages', 'INSERT', octet_length(r.record::text), r.record from (select pg_catalog.to_json(inserted.*) as record from inserted offset 0) r
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

  perform pg_catalog.set_config('parley.writer', '', true), pg_catalog.set_config('parley.logged', '', true);
end $$;
