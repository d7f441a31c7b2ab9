-- Brings parley.watched up to what the publication and the settings want now; gives the tables in the settings that are not there.
-- Writes nothing when nothing has changed.
--
-- starting: at a service's start. Only then is forgotten what other settings wanted: of replicas with different settings, as there are while a new
-- version is rolled out, none may undo what another does.
create function parley.sync_watched(publication text, schemas text[], tables text[], chat boolean, starting boolean) returns setof text
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  published text := 'publication ' || publication;
begin
  -- A table that is watched by hand may be given another name: its triggers still tell the old one.
  update parley.watched w set schema_name = n.nspname, table_name = c.relname
  from pg_trigger t join pg_class c on c.oid = t.tgrelid join pg_namespace n on n.oid = c.relnamespace
  where w.source = 'hand' and t.tgfoid = 'parley.log_change()'::regprocedure and t.tgname = 'parley_log_insert'
    and t.tgargs = parley.trigger_arguments(w.schema_name, w.table_name)
    and not exists (select from pg_inherits i where i.inhrelid = c.oid)
    and not exists (select from pg_class o join pg_namespace p on p.oid = o.relnamespace where p.nspname = w.schema_name and o.relname = w.table_name)
    and not exists (select from parley.watched o where (o.schema_name, o.table_name, o.source) = (n.nspname, c.relname, 'hand'));

  with desired as materialized (
    select p.schemaname::text as schema_name, p.tablename::text as table_name, published as source
    from pg_publication_tables p where p.pubname = publication
    union
    select s.schema_name, s.table_name, 'settings' from unnest(schemas, tables) s (schema_name, table_name)
    union
    select c.schema_name, c.table_name, 'chat' from (values ('public', 'conversations'), ('public', 'messages')) c (schema_name, table_name) where chat
  ), gone as (
    delete from parley.watched w
    where (w.source = published or starting and w.source <> 'hand')
      and not exists (select from desired d where (d.schema_name, d.table_name, d.source) = (w.schema_name, w.table_name, w.source))
  )
  insert into parley.watched (schema_name, table_name, source)
    select d.* from desired d
    where not exists (select from parley.watched w where (w.schema_name, w.table_name, w.source) = (d.schema_name, d.table_name, d.source))
  on conflict do nothing;

  return query
  select format('%I.%I', s.schema_name, s.table_name) from unnest(schemas, tables) s (schema_name, table_name)
  where not exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace
                    where n.nspname = s.schema_name and c.relname = s.table_name and parley.is_watchable(c.oid));
end $$;
revoke all on function parley.sync_watched(text, text[], text[], boolean, boolean) from public;
