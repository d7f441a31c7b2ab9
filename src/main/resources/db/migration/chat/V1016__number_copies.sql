-- A trigger of somebody else may insert a message while a batch is being stored, a copy of one with its seq for example: that one has a number of its own
-- conversation to get, as it has when psql is the writer. The batch's own rows are inserted by no trigger.
-- Of the same name, for its place among others; behind somebody's long read nobody is to wait, and on PostgreSQL 13, where the old one has to be dropped
-- first, no longer than two seconds: the migration is then tried again
set local lock_timeout = '2s';
do $$
declare
  replaces boolean := current_setting('server_version_num')::integer >= 140000;
begin
  if not replaces then
    drop trigger parley_number on public.messages;
  end if;
  execute 'create ' || case when replaces then 'or replace ' else '' end || 'trigger parley_number before insert on public.messages
    for each row when (new.seq is null or current_setting(''parley.writer'', true) is distinct from ''batch'' or pg_trigger_depth() > 0)
    execute function parley.number_message()';
end $$;
