-- updated_at once more, for tables to which somebody has added columns of his own: json, xml and the geometric types have no equality, and "is distinct from"
-- failed every update; a whole row in a trigger's condition is refused where a column is generated, so that a dump could not be restored. The function
-- compares instead, byte by byte. A stored generated column is not computed yet when it looks: with one, an update that changes nothing touches too.
create or replace function parley.touch_conversation() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  if old *<> new then
    new.updated_at := clock_timestamp();
  end if;
  return new;
end $$;
-- of the same name, for its place among others; behind somebody's long read nobody is to wait, and on PostgreSQL 13, where the old one has to be dropped
-- first, no longer than two seconds: the migration is then tried again
set local lock_timeout = '2s';
do $$
declare
  replaces boolean := current_setting('server_version_num')::integer >= 140000;
begin
  if not replaces then
    drop trigger parley_touch on public.conversations;
  end if;
  execute 'create ' || case when replaces then 'or replace ' else '' end || 'trigger parley_touch before update on public.conversations
    for each row when (old.updated_at = new.updated_at) execute function parley.touch_conversation()';
end $$;
