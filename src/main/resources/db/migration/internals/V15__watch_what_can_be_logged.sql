-- A root with a foreign table among its partitions or children can't be watched: PostgreSQL refuses every statement that comes to the foreign one by way
-- of a table whose triggers want transition tables, and no statement of another program may fail for being watched. Such roots are left out, also when
-- the foreign table is attached later, and what stands in the way is told. So are log triggers that somebody has disabled: nothing is logged
-- meanwhile, and whoever disabled them may want that for a moment, so they stay as they are.
--
-- Patterns have no backslashes any more: with standard_conforming_strings off they are read otherwise.

-- The first foreign table among a table's partitions and children. Open to all: roles that were let to watch their own tables have no grant for it.
create function parley.foreign_member(relation oid) returns oid
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  with recursive family as (
    select relation as member
    union
    select i.inhrelid from family f join pg_inherits i on i.inhparent = f.member
  )
  select c.oid from family f join pg_class c on c.oid = f.member where c.relkind = 'f' order by c.oid limit 1
$$;

-- Whether a table can be watched at all: not views, nor foreign and temporary tables, nor what belongs to the system or to Parley.
create or replace function parley.is_watchable(relation oid) returns boolean
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select exists (
    select from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.oid = relation and c.relkind in ('r', 'p') and c.relpersistence <> 't'
      and n.nspname not in ('parley', 'realtime', 'information_schema') and not starts_with(n.nspname::text, 'pg_'))
$$;

-- The log triggers that the watched tables, their partitions and their children should have, all of them logging under the root's name.
-- A table with two watched parents belongs to the older one.
create or replace function parley.wanted_triggers() returns table (relation oid, root oid, event text, arguments text[], stored_arguments bytea)
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  with recursive wanted as (
    select distinct coalesce(case when c.relispartition then pg_partition_root(c.oid)::oid end, c.oid) as root
    from parley.watched w
    join pg_namespace n on n.nspname = w.schema_name
    join pg_class c on c.relnamespace = n.oid and c.relname = w.table_name
  ), any_family as (
    select w.root, w.root as relation from wanted w where parley.is_watchable(w.root)
    union
    select f.root, i.inhrelid from any_family f join pg_inherits i on i.inhparent = f.relation
  ), family as (
    select f.root, f.relation from any_family f
    where f.root not in (select o.root from any_family o join pg_class c on c.oid = o.relation where c.relkind = 'f')
  ), member as (
    select distinct on (f.relation) f.relation, f.root from family f
    where f.root not in (select below.relation from family below where below.root <> below.relation) and parley.is_watchable(f.relation)
    order by f.relation, f.root
  ), root as materialized (
    select r.root, r.name, r.update, parley.trigger_arguments(variadic r.name) as stored_name, parley.trigger_arguments(variadic r.update) as stored_update
    from (
      select m.root, array[n.nspname::text, c.relname::text] as name,
             array[n.nspname::text, c.relname::text] || parley.replica_identity(m.root) as update
      from (select distinct m.root from member m) m join pg_class c on c.oid = m.root join pg_namespace n on n.oid = c.relnamespace
      offset 0
    ) r
  )
  select m.relation, m.root, e.event, case e.event when 'update' then r.update else r.name end,
         case e.event when 'update' then r.stored_update else r.stored_name end
  from member m join root r on r.root = m.root cross join (values ('insert'), ('update'), ('delete'), ('truncate')) e (event)
$$;

-- What is to be done so that exactly those triggers are there: create or replace one, or drop one; and the statement that gives this role the right
-- to do it, where it lacks one. A root comes after its members, so that a table counts as watched once all of it is.
--
-- Two things are not this role's to do, and always lacking: to enable a trigger that somebody has disabled, by the statement that does it, and to leave
-- alone what can't be watched, for the foreign table that is named. The latter comes when the last trigger has gone.
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
  ), change as (
    select coalesce(w.relation, t.relation) as relation, w.root, coalesce(w.event, t.event) as event, w.arguments,
           case when w.relation is null then 'drop' when t.relation is null then 'create' when t.disabled then 'enable' else 'replace' end as action
    from wanted w full join there t on t.relation = w.relation and t.event = w.event
    where w.relation is null or t.relation is null or t.arguments <> w.stored_arguments or t.disabled
    union all
    select c.oid, c.oid, null, null, 'leave'
    from (
      select distinct coalesce(case when c.relispartition then pg_partition_root(c.oid)::oid end, c.oid) as oid
      from parley.watched w join pg_namespace n on n.nspname = w.schema_name join pg_class c on c.relnamespace = n.oid and c.relname = w.table_name
    ) c
    where c.oid not in (select w.relation from wanted w) and c.oid not in (select t.relation from there t)
      and parley.is_watchable(c.oid) and parley.foreign_member(c.oid) is not null
  )
  select h.relation, format('%I.%I', n.nspname, c.relname), h.root, h.event, h.arguments, h.action,
         case when h.action = 'leave'
                then (select format('%I.%I', fn.nspname, f.relname) from pg_class f join pg_namespace fn on fn.oid = f.relnamespace
                      where f.oid = parley.foreign_member(c.oid))
              when h.action = 'enable'
                then format('alter table %I.%I %s', n.nspname, c.relname,
                  (select string_agg('enable trigger parley_log_' || t.event, ', ' order by t.event) from there t where t.relation = h.relation and t.disabled))
              when not has_schema_privilege(n.oid, 'USAGE')
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

-- Does one of these, where it is its to do. Never queues up in front of the table's own traffic for long.
create or replace function parley.change_trigger(relation oid, event text, arguments text[], action text) returns void
language plpgsql
set search_path = pg_catalog, pg_temp set client_min_messages = 'warning' set lock_timeout = '2s'
as $$
declare
  -- PostgreSQL 13 can't replace a trigger; the newer ones then need no lock that keeps readers out, and no more than the right to create one
  replaces boolean := current_setting('server_version_num')::integer >= 140000;
begin
  if action not in ('create', 'replace', 'drop') or not exists (select from pg_class c where c.oid = relation)
     or action = 'create' and exists (select from pg_trigger t where t.tgrelid = relation and t.tgname = 'parley_log_' || event) then
    return; -- not its to do, the table is gone, or another replica has made the trigger
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
  head     oid := coalesce(case when c.relispartition then pg_partition_root(c.oid)::oid end, c.oid) from pg_class c where c.oid = watched;
  disabled text;
begin
  if head is null or not parley.is_watchable(head) then
    raise exception '% can''t be watched: only tables can, and neither temporary ones nor those of the system', watched using errcode = 'wrong_object_type';
  elsif parley.foreign_member(head) is not null then
    raise exception '% can''t be watched: % is a foreign table, and what is written to it by way of % would fail',
      watched, parley.foreign_member(head)::regclass, head::regclass using errcode = 'wrong_object_type';
  end if;
  insert into parley.watched (schema_name, table_name, source)
    select n.nspname, c.relname, 'hand' from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = watched
  on conflict do nothing;
  perform parley.change_trigger(t.relation, t.event, t.arguments, t.action)
  from parley.triggers_to_change() t
  where t.root = (select w.root from parley.wanted_triggers() w where w.relation = watched limit 1);

  disabled := (select string_agg(distinct t.lacking, '; ') from parley.triggers_to_change() t
               where t.action = 'enable' and t.root = (select w.root from parley.wanted_triggers() w where w.relation = watched limit 1));
  if disabled is not null then
    raise exception '% can''t be watched: somebody has disabled its triggers', watched using errcode = 'object_not_in_prerequisite_state', hint = disabled;
  end if;
end $$;
