-- Puts the log triggers on a table and on its partitions and children, whose direct writers are logged under the root's name.
create function parley.watch(watched regclass) returns void
language plpgsql
set search_path = pg_catalog, pg_temp set client_min_messages = 'warning'
as $$
declare
  root_schema text := (select n.nspname from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = watched);
  root_table  text := (select c.relname from pg_class c where c.oid = watched);
  member      regclass;
  kind        record;
begin
  for member in
    with recursive family as (
      select watched::oid as oid
      union
      select i.inhrelid from pg_inherits i join family f on i.inhparent = f.oid
    )
    select f.oid::regclass from family f join pg_class c on c.oid = f.oid where c.relkind in ('r', 'p')
  loop
    for kind in select * from (values
      ('insert',   'referencing new table as new_rows'),
      ('update',   'referencing old table as old_rows new table as new_rows'),
      ('delete',   'referencing old table as old_rows'),
      ('truncate', '')) k (event, transition)
    loop
      execute format('drop trigger if exists parley_log_%s on %s', kind.event, member);
      execute format('create trigger parley_log_%s after %s on %s %s for each statement execute function parley.log_change(%L, %L)',
                     kind.event, kind.event, member, kind.transition, root_schema, root_table);
    end loop;
  end loop;
end $$;
revoke all on function parley.watch(regclass) from public;
