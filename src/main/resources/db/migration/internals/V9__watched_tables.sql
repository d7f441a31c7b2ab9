-- Which tables are to be watched, and who wants it: 'hand' (parley.watch), 'chat', 'settings', 'publication' and its name.
create table parley.watched (
  schema_name text not null,
  table_name  text not null,
  source      text not null,
  primary key (schema_name, table_name, source)
);

-- The arguments of a trigger as pg_trigger keeps them.
create function parley.trigger_arguments(variadic arguments text[]) returns bytea
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select string_agg(convert_to(a.argument, getdatabaseencoding()::text) || decode('00', 'hex'), ''::bytea order by a.number)
  from unnest(arguments) with ordinality a (argument, number)
$$;

-- What of an old row an update logs: {full}, {key, the columns' names} or {}.
create function parley.replica_identity(relation oid) returns text[]
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select case c.relreplident
    when 'f' then array['full']
    when 'n' then array[]::text[]
    else coalesce((
      select array['key'] || array_agg(a.attname::text order by k.number)
      from pg_index i, unnest(i.indkey::smallint[]) with ordinality k (attnum, number), pg_attribute a
      where i.indrelid = c.oid and case c.relreplident when 'i' then i.indisreplident else i.indisprimary end
        and k.number <= i.indnkeyatts and a.attrelid = c.oid and a.attnum = k.attnum
      having count(*) > 0), array[]::text[])
    end
  from pg_class c where c.oid = relation
$$;

-- Whether a table can be watched at all: not views, nor foreign and temporary tables, nor what belongs to the system or to Parley.
create function parley.is_watchable(relation oid) returns boolean
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select exists (
    select from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.oid = relation and c.relkind in ('r', 'p') and c.relpersistence <> 't'
      and n.nspname not in ('parley', 'realtime', 'information_schema') and n.nspname not like 'pg\_%')
$$;

-- The log triggers that the watched tables, their partitions and their children should have, all of them logging under the root's name.
-- A table with two watched parents belongs to the older one.
create function parley.wanted_triggers() returns table (relation oid, root oid, event text, arguments text[])
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  with recursive wanted as (
    select distinct coalesce(case when c.relispartition then pg_partition_root(c.oid)::oid end, c.oid) as root
    from parley.watched w
    join pg_namespace n on n.nspname = w.schema_name
    join pg_class c on c.relnamespace = n.oid and c.relname = w.table_name
  ), family as (
    select w.root, w.root as relation from wanted w where parley.is_watchable(w.root)
    union
    select f.root, i.inhrelid from family f join pg_inherits i on i.inhparent = f.relation
  ), member as (
    select distinct on (f.relation) f.relation, f.root from family f
    where not exists (select from family above where above.relation = f.root and above.root <> f.root)
      and parley.is_watchable(f.relation)
    order by f.relation, f.root
  ), root as (
    select r.root, array[n.nspname::text, c.relname::text] as name, parley.replica_identity(r.root) as identity
    from (select distinct m.root from member m) r join pg_class c on c.oid = r.root join pg_namespace n on n.oid = c.relnamespace
  )
  select m.relation, m.root, e.event, r.name || case e.event when 'update' then r.identity else '{}' end
  from member m join root r on r.root = m.root cross join (values ('insert'), ('update'), ('delete'), ('truncate')) e (event)
$$;

-- What is to be done so that exactly those triggers are there: create or replace one, or drop one; and the statement that gives this role the right
-- to do it, where it lacks one. A root comes after its members, so that a table counts as watched once all of it is.
create function parley.triggers_to_change() returns table (relation oid, name text, root oid, event text, arguments text[], action text, lacking text)
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  with there as materialized (
    select t.tgrelid as relation, substr(t.tgname, length('parley_log_') + 1) as event, t.tgargs as arguments
    from pg_trigger t join pg_class c on c.oid = t.tgrelid
    where t.tgfoid = 'parley.log_change()'::regprocedure and t.tgname like 'parley\_log\_%'
      and c.relnamespace is distinct from (select n.oid from pg_namespace n where n.nspname = 'realtime')
  ), wanted as materialized (
    select * from parley.wanted_triggers()
  ), change as (
    select coalesce(w.relation, t.relation) as relation, w.root, coalesce(w.event, t.event) as event, w.arguments,
           case when w.relation is null then 'drop' when t.relation is null then 'create' else 'replace' end as action
    from wanted w full join there t on t.relation = w.relation and t.event = w.event
    where w.relation is null or t.relation is null or t.arguments <> parley.trigger_arguments(variadic w.arguments)
  )
  select h.relation, format('%I.%I', n.nspname, c.relname), h.root, h.event, h.arguments, h.action,
         case when not has_schema_privilege(n.oid, 'USAGE')
                then format('grant usage on schema %I to %I', n.nspname, current_user)
              when h.action <> 'drop' and not has_table_privilege(c.oid, 'TRIGGER')
                then format('grant trigger on %I.%I to %I', n.nspname, c.relname, current_user)
              when (h.action = 'drop' or h.action = 'replace' and current_setting('server_version_num')::integer < 140000)
                and not pg_has_role(c.relowner, 'USAGE')
                then format('grant %I to %I', pg_get_userbyid(c.relowner), current_user)
         end
  from change h join pg_class c on c.oid = h.relation join pg_namespace n on n.oid = c.relnamespace
  order by h.relation = h.root nulls first, h.relation, h.event
$$;

-- Does one of these. Never queues up in front of the table's own traffic for long.
create function parley.change_trigger(relation oid, event text, arguments text[], action text) returns void
language plpgsql
set search_path = pg_catalog, pg_temp set client_min_messages = 'warning' set lock_timeout = '2s'
as $$
declare
  -- PostgreSQL 13 can't replace a trigger; the newer ones then need no lock that keeps readers out, and no more than the right to create one
  replaces boolean := current_setting('server_version_num')::integer >= 140000;
begin
  if action = 'create' and exists (select from pg_trigger t where t.tgrelid = relation and t.tgname = 'parley_log_' || event) then
    return; -- another replica has made it meanwhile
  end if;
  if action = 'drop' or action = 'replace' and not replaces then
    execute format('drop trigger if exists parley_log_%s on %s', event, relation::regclass);
  end if;
  if action <> 'drop' then
    execute format('create %s trigger parley_log_%s after %s on %s %s for each statement execute function parley.log_change(%s)',
      case when replaces then 'or replace' end, event, event, relation::regclass,
      case event when 'insert' then 'referencing new table as new_rows'
                 when 'update' then 'referencing old table as old_rows new table as new_rows'
                 when 'delete' then 'referencing old table as old_rows' end,
      (select string_agg(quote_literal(a.argument), ', ' order by a.number) from unnest(arguments) with ordinality a (argument, number)));
  end if;
end $$;

-- Watches a table until parley.unwatch, with its partitions and children, whose direct writers are logged under the root's name.
-- Changes nothing where everything is as it should be.
create or replace function parley.watch(watched regclass) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  head oid := coalesce(case when c.relispartition then pg_partition_root(c.oid)::oid end, c.oid) from pg_class c where c.oid = watched;
begin
  if head is null or not parley.is_watchable(head) then
    raise exception '% can''t be watched: only tables can, and neither temporary ones nor those of the system', watched using errcode = 'wrong_object_type';
  end if;
  insert into parley.watched (schema_name, table_name, source)
    select n.nspname, c.relname, 'hand' from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = watched
  on conflict do nothing;
  perform parley.change_trigger(t.relation, t.event, t.arguments, t.action)
  from parley.triggers_to_change() t
  where t.root = (select w.root from parley.wanted_triggers() w where w.relation = watched limit 1);
end $$;

-- Takes a table's log triggers off again, whoever wanted them. What a publication or the settings name comes back by itself.
create function parley.unwatch(watched regclass) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  head oid := coalesce(case when c.relispartition then pg_partition_root(c.oid)::oid end, c.oid) from pg_class c where c.oid = watched;
begin
  delete from parley.watched w using pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.oid in (head, watched) and w.schema_name = n.nspname and w.table_name = c.relname;
  perform parley.change_trigger(t.relation, t.event, t.arguments, t.action)
  from parley.triggers_to_change() t
  where t.relation in (
    with recursive family as (
      select head as relation
      union
      select i.inhrelid from family f join pg_inherits i on i.inhparent = f.relation
    )
    select f.relation from family f);
end $$;

revoke all on function parley.trigger_arguments(text[]), parley.replica_identity(oid), parley.is_watchable(oid), parley.wanted_triggers(),
  parley.triggers_to_change(), parley.change_trigger(oid, text, text[], text), parley.watch(regclass), parley.unwatch(regclass) from public;

-- What was watched by then goes on being watched.
insert into parley.watched (schema_name, table_name, source)
  select n.nspname, c.relname, 'hand'
  from pg_trigger t join pg_class c on c.oid = t.tgrelid join pg_namespace n on n.oid = c.relnamespace
  where t.tgfoid = 'parley.log_change()'::regprocedure and t.tgname = 'parley_log_insert'
    and t.tgargs = parley.trigger_arguments(n.nspname, c.relname);
