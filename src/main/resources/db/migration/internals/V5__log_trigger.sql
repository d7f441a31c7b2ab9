-- Logs what one statement did to a watched table and rings the doorbell.
--
-- Arguments: the schema and table to log under (the root's name, for partitions and children).
-- The settings make a record independent of the writer's session; the owner's rights let writers log without any right on this schema.
-- Rows come in the order in which the statement made them, and old and new rows of an update come in step.
create function parley.log_change() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC' set bytea_output = 'hex' set intervalstyle = 'postgres' set extra_float_digits = 1
as $$
#variable_conflict use_variable -- a watched table may have columns of any name
declare
  logged bigint;
begin
  if tg_op = 'INSERT' then
    insert into parley.change_log (schema_name, table_name, operation, bytes, record)
      select tg_argv[0], tg_argv[1], tg_op, octet_length(r.record::text), r.record from (select to_json(new_rows.*) as record from new_rows offset 0) r;
  elsif tg_op = 'UPDATE' then
    insert into parley.change_log (schema_name, table_name, operation, bytes, record)
      select tg_argv[0], tg_argv[1], tg_op, octet_length(r.record::text), r.record from (select to_json(new_rows.*) as record from new_rows offset 0) r;
  elsif tg_op = 'DELETE' then
    insert into parley.change_log (schema_name, table_name, operation, bytes, old_record)
      select tg_argv[0], tg_argv[1], tg_op, octet_length(r.record::text), r.record from (select to_json(old_rows.*) as record from old_rows offset 0) r;
  else
    insert into parley.change_log (schema_name, table_name, operation) values (tg_argv[0], tg_argv[1], tg_op);
  end if;
  get diagnostics logged = row_count;

  -- A transaction that notifies takes a database-wide lock through its commit, so bulk writers may ask for quiet;
  -- the service then finds their rows at its next poll.
  if logged > 0 and coalesce(current_setting('parley.quiet', true), '') not in ('on', 'true', '1')
     and (select f.notify from parley.feed f) then
    perform pg_notify('parley', '');
  end if;
  return null;
end $$;
revoke all on function parley.log_change() from public;
