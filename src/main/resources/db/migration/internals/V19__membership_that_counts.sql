-- The statement that lets this role do what only members of that one may. From PostgreSQL 16 on it is the membership that says whether its rights are inherited, as the
-- member's own attribute said when it was granted: to grant it again, without a word of that, changes nothing. Before 16 it is that attribute.
-- V2005 says so too. Open to all: roles that were let to watch their own tables have no grant for it.
create function parley.membership_in(role oid) returns text
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select format('grant %I to %I', pg_get_userbyid(role), current_user)
    || case when current_setting('server_version_num')::integer >= 160000 then ' with inherit true'
            when not m.rolinherit then format('; alter role %I inherit', current_user)
            else '' end
  from pg_roles m where m.rolname = current_user
$$;

-- As in V15, with that statement.
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
                then parley.membership_in(c.relowner)
         end
  from change h join pg_class c on c.oid = h.relation join pg_namespace n on n.oid = c.relnamespace
  order by h.relation = h.root nulls first, h.relation, h.event
$$;
