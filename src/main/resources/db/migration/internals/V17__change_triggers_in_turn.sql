-- As in V15, and one replica at a time for a table: "drop trigger" locks the trigger before the table, so that two which drop several of one table waited for each
-- other until PostgreSQL ended one, and named it in the log.
create or replace function parley.change_trigger(relation oid, event text, arguments text[], action text) returns void
language plpgsql
set search_path = pg_catalog, pg_temp set client_min_messages = 'warning' set lock_timeout = '2s'
as $$
declare
  -- PostgreSQL 13 can't replace a trigger; the newer ones then need no lock that keeps readers out, and no more than the right to create one
  replaces boolean := current_setting('server_version_num')::integer >= 140000;
begin
  perform pg_advisory_xact_lock(hashtextextended('parley.change_trigger', relation::bigint));
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
