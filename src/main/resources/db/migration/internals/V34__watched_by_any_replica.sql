-- Replicas may have other settings for a while, as there are while a new version is rolled out, or for good: what one does not want another may. Each says now and
-- then for how long it wants what it wants, and what nobody wants any more is forgotten. Before, a replica that started took the others' tables away, with what
-- was written to them until they put them back, and the last of those that went put back what the settings no longer named, for good.
set local lock_timeout = '2s';
alter table parley.watched add column wanted_until timestamptz not null default now() + interval '5 minutes';

-- As sync_watched, but for what is forgotten.
--
-- turn:    how often the caller comes: what it wants it wants for sixty turns, and says so again after ten
-- forgets: the caller has come for so long that whoever wants something would have said so
create function parley.keep_watched(publication text, schemas text[], tables text[], chat boolean, turn interval, forgets boolean) returns setof text
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
    select p.schema_name, p.table_name, published as source from parley.published_tables(publication) p
    union
    select s.schema_name, s.table_name, 'settings' from unnest(schemas, tables) s (schema_name, table_name)
    union
    select c.schema_name, c.table_name, 'chat' from (values ('public', 'conversations'), ('public', 'messages')) c (schema_name, table_name) where chat
  ), wanted as (
    update parley.watched w set wanted_until = now() + 60 * turn from desired d
    where (d.schema_name, d.table_name, d.source) = (w.schema_name, w.table_name, w.source) and w.wanted_until < now() + 50 * turn
  ), gone as (
    delete from parley.watched w
    where (w.source = published or forgets and w.source <> 'hand' and w.wanted_until < now())
      and not exists (select from desired d where (d.schema_name, d.table_name, d.source) = (w.schema_name, w.table_name, w.source))
  )
  insert into parley.watched (schema_name, table_name, source, wanted_until)
    select d.*, now() + 60 * turn from desired d
    where not exists (select from parley.watched w where (w.schema_name, w.table_name, w.source) = (d.schema_name, d.table_name, d.source))
  on conflict do nothing;

  return query
  select format('%I.%I', s.schema_name, s.table_name) from unnest(schemas, tables) s (schema_name, table_name)
  where not exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace
                    where n.nspname = s.schema_name and c.relname = s.table_name and parley.is_watchable(c.oid));
end $$;
revoke all on function parley.keep_watched(text, text[], text[], boolean, interval, boolean) from public;

-- For replicas of the version before, as long as there are any. The only one of its name: they leave it to the server which types they mean.
create or replace function parley.sync_watched(publication text, schemas text[], tables text[], chat boolean, starting boolean) returns setof text
language sql
set search_path = pg_catalog, pg_temp
as $$ select parley.keep_watched(publication, schemas, tables, chat, interval '5 seconds', false) $$;
