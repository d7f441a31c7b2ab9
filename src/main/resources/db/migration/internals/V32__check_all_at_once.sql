-- What the check for watched tables costs, which runs every few seconds. It asked for a foreign member of every single table, and each time PostgreSQL read all of
-- pg_inherits; and it looked tables up by their names alone, so that those of all schemas with a table of that name were asked about for each of them. Both grow
-- with the square of the tables. Now all families are put together once, what is known of a family is told to its members by sorting, whatever the planner
-- expects, and no function is called for every table: a call costs more than all the rest of what is to be known of one.

-- The rule of parley.is_watchable, for statements that have the rest at hand. Has no search_path of its own, and so every name in full, operators too: only
-- then does the planner put it in its caller's place. Open to all, as are those below: roles that were let to watch their own tables have no grant for them.
create function parley.is_watchable_kind(kind "char", persistence "char", space name) returns boolean
language sql immutable
as $$
  select kind operator(pg_catalog.=) any (array['r', 'p']::pg_catalog."char"[]) and persistence operator(pg_catalog.<>) 't'::pg_catalog."char"
    and space operator(pg_catalog.<>) all (array['parley', 'realtime', 'information_schema']::pg_catalog.name[])
    and not pg_catalog.starts_with(space::pg_catalog.text, 'pg_'::pg_catalog.text)
$$;

create or replace function parley.is_watchable(relation oid) returns boolean
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select exists (
    select from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.oid = relation and parley.is_watchable_kind(c.relkind, c.relpersistence, n.nspname))
$$;

-- What parley.replica_identity says, of many tables at once. Not the other way round: what is asked for one table would be planned anew each time.
create function parley.replica_identities(relations oid[]) returns table (relation oid, identity text[])
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select c.oid, case c.relreplident
    when 'f' then array['full']
    when 'n' then array[]::text[]
    else coalesce((
      select array['key'] || array_agg((select a.attname::text from pg_attribute a where a.attrelid = c.oid and a.attnum = k.attnum) order by k.number)
      from pg_index i, unnest(i.indkey::smallint[]) with ordinality k (attnum, number)
      where i.indrelid = c.oid and case c.relreplident when 'i' then i.indisreplident else i.indisprimary end and k.number <= i.indnkeyatts
      having count(*) > 0), array[]::text[])
    end
  from unnest(relations) r (oid) join pg_class c on c.oid = r.oid
$$;

-- The roots that somebody wants to have watched and that are such as can be, each with all below it: whether that can be watched too, and the first foreign table
-- of the whole family, which keeps it from being watched.
create function parley.watched_families() returns table (root oid, relation oid, watchable boolean, foreign_member oid)
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  with recursive named as materialized ( -- first, so that a table is looked up by both of its names
    select n.oid as space, w.table_name from parley.watched w join pg_namespace n on n.nspname = w.schema_name
  ), root as (
    select distinct coalesce(case when c.relispartition then pg_partition_root(c.oid)::oid end, c.oid) as oid
    from named w join pg_class c on c.relnamespace = w.space and c.relname = w.table_name
  ), family as (
    select c.oid as root, c.oid as relation
    from root r join pg_class c on c.oid = r.oid join pg_namespace n on n.oid = c.relnamespace
    where parley.is_watchable_kind(c.relkind, c.relpersistence, n.nspname)
    union
    select f.root, i.inhrelid from family f join pg_inherits i on i.inhparent = f.relation
  )
  select f.root, f.relation, parley.is_watchable_kind(c.relkind, c.relpersistence, n.nspname), min(c.oid) filter (where c.relkind = 'f') over (partition by f.root)
  from family f join pg_class c on c.oid = f.relation join pg_namespace n on n.oid = c.relnamespace
$$;

-- As in V15.
create or replace function parley.wanted_triggers() returns table (relation oid, root oid, event text, arguments text[], stored_arguments bytea)
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  with family as (
    select f.root, f.relation, f.watchable, bool_or(f.root <> f.relation) over (partition by f.relation) as below
    from parley.watched_families() f where f.foreign_member is null
  ), member as materialized (
    select distinct on (f.relation) f.relation, f.root
    from (select f.*, bool_or(f.below and f.root = f.relation) over (partition by f.root) as of_another from family f) f
    where f.watchable and not f.of_another
    order by f.relation, f.root
  ), root as materialized (
    select r.root, r.name, r.update, s.name as stored_name, s.update as stored_update
    from (
      select c.oid as root, array[n.nspname::text, c.relname::text] as name, array[n.nspname::text, c.relname::text] || i.identity as update
      from parley.replica_identities(array(select distinct m.root from member m)) i
      join pg_class c on c.oid = i.relation join pg_namespace n on n.oid = c.relnamespace
      offset 0
    ) r cross join lateral ( -- see parley.trigger_arguments
      select string_agg(a.stored, ''::bytea order by a.number) filter (where a.number <= 2) as name, string_agg(a.stored, ''::bytea order by a.number) as update
      from (
        select a.number, convert_to(a.argument, getdatabaseencoding()::text) || decode('00', 'hex') as stored
        from unnest(r.update) with ordinality a (argument, number)
      ) a
    ) s
  )
  select m.relation, m.root, e.event, case e.event when 'update' then r.update else r.name end,
         case e.event when 'update' then r.stored_update else r.stored_name end
  from member m join root r on r.root = m.root cross join (values ('insert'), ('update'), ('delete'), ('truncate')) e (event)
$$;

-- As in V19.
create or replace function parley.triggers_to_change()
returns table (relation oid, name text, root oid, event text, arguments text[], action text, lacking text)
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  with there as materialized (
    select t.tgrelid as relation, substr(t.tgname, length('parley_log_') + 1) as event, t.tgargs as arguments, t.tgenabled in ('D', 'R') as disabled
    from pg_trigger t join pg_class c on c.oid = t.tgrelid
    where t.tgfoid = 'parley.log_change()'::regprocedure and starts_with(t.tgname::text, 'parley_log_')
      and c.relnamespace is distinct from (select n.oid from pg_namespace n where n.nspname = 'realtime')
  ), wanted as materialized (
    select * from parley.wanted_triggers()
  ), hindered as materialized (
    select distinct f.root, f.foreign_member from parley.watched_families() f where f.foreign_member is not null
  ), change as (
    select coalesce(w.relation, t.relation) as relation, w.root, coalesce(w.event, t.event) as event, w.arguments,
           case when w.relation is null then 'drop' when t.relation is null then 'create' when t.disabled then 'enable' else 'replace' end as action,
           null::oid as foreign_member
    from wanted w full join there t on t.relation = w.relation and t.event = w.event
    where w.relation is null or t.relation is null or t.arguments <> w.stored_arguments or t.disabled
    union all
    select l.root, l.root, null, null, 'leave', l.foreign_member
    from (
      select h.root, h.foreign_member from hindered h
      where not exists (select from wanted w where w.relation = h.root) and not exists (select from there t where t.relation = h.root)
    ) l
  )
  select h.relation, format('%I.%I', n.nspname, c.relname), h.root, h.event, h.arguments, h.action,
         case when h.action = 'leave'
                then (select format('%I.%I', fn.nspname, f.relname) from pg_class f join pg_namespace fn on fn.oid = f.relnamespace where f.oid = h.foreign_member)
              when h.action = 'enable'
                then format('alter table %I.%I %s', n.nspname, c.relname, d.enabling)
              when not has_schema_privilege(n.oid, 'USAGE')
                then format('grant usage on schema %I to %I', n.nspname, current_user)
              when h.action <> 'drop' and not has_table_privilege(c.oid, 'TRIGGER')
                then format('grant trigger on %I.%I to %I', n.nspname, c.relname, current_user)
              when (h.action = 'drop' or h.action = 'replace' and current_setting('server_version_num')::integer < 140000)
                and not pg_has_role(c.relowner, 'USAGE')
                then parley.membership_in(c.relowner)
         end
  from change h join pg_class c on c.oid = h.relation join pg_namespace n on n.oid = c.relnamespace
  left join (
    select t.relation, string_agg('enable trigger parley_log_' || t.event, ', ' order by t.event) as enabling from there t where t.disabled group by t.relation
  ) d on h.action = 'enable' and d.relation = h.relation
  order by h.relation = h.root nulls first, h.relation, h.event
$$;

-- As in V10.
create or replace function parley.published_tables(publication text) returns table (schema_name text, table_name text)
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  return query
  select n.nspname::text, c.relname::text
  from pg_publication p join pg_class c on p.puballtables and c.relpersistence = 'p' and not c.relispartition
  join pg_namespace n on n.oid = c.relnamespace and parley.is_watchable_kind(c.relkind, c.relpersistence, n.nspname)
  where p.pubname = publication
  union
  select n.nspname::text, c.relname::text
  from pg_publication p join pg_publication_rel r on r.prpubid = p.oid join pg_class c on c.oid = r.prrelid join pg_namespace n on n.oid = c.relnamespace
  where p.pubname = publication;
  if current_setting('server_version_num')::integer >= 150000 then
    return query execute '
      select n.nspname::text, c.relname::text
      from pg_publication p join pg_publication_namespace s on s.pnpubid = p.oid
      join pg_class c on c.relnamespace = s.pnnspid and c.relkind in (''r'', ''p'') and c.relpersistence = ''p''
      join pg_namespace n on n.oid = c.relnamespace
      where p.pubname = $1' using publication;
  end if;
end $$;
