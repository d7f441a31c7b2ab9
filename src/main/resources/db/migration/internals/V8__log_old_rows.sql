-- A row cut down to some of its columns. Not every json that can be stored can be taken apart: \u0000 and half a surrogate pair fail the reader, and here
-- that is a foreign writer. Escapes are told from escaped backslashes by the even number of these before them.
create function parley.only_columns(record json, columns text[]) returns json
language plpgsql immutable
as $$
declare
  safe   json := case when record::text !~* '\\u(0000|d[89a-f])' then record
                      else regexp_replace(record::text, '(?<!\\)((?:\\\\)*)\\u(?:0000|d[89a-f][0-9a-f]{2})', '\1\\ufffd', 'gi')::json end;
  chosen text := '';
  name   text;
begin
  foreach name in array columns loop
    continue when (safe -> name) is null; -- renamed since the trigger was made
    chosen := chosen || case chosen when '' then '' else ',' end || to_json(name)::text || ':' || (safe -> name)::text;
  end loop;
  return ('{' || chosen || '}')::json;
end $$;
revoke all on function parley.only_columns(json, text[]) from public;

-- The log trigger once more: an update logs the old row too, as far as the table's replica identity goes.
--
-- Arguments: the schema and table to log under (the root's name, for partitions and children); of the update trigger then also
-- 'full', or 'key' and the names of the identity's columns, or nothing where there is no identity.
-- The settings make a record independent of the writer's session; the owner's rights let writers log without any right on this schema.
-- Rows come in the order in which the statement made them, and old and new rows of an update come in step. They are not joined by their number:
-- a plan made for one row would be a nested loop for a million. There are more old rows than new ones when a trigger of somebody else swallows a row
-- on its way to another partition: which old row is whose is then unknown.
create or replace function parley.log_change() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC' set datestyle = 'ISO, MDY' set bytea_output = 'hex' set intervalstyle = 'postgres' set extra_float_digits = 1
as $$
#variable_conflict use_variable -- a watched table may have columns of any name
declare
  logged bigint;
begin
  if tg_op = 'INSERT' then
    insert into parley.change_log (schema_name, table_name, operation, bytes, record)
      select tg_argv[0], tg_argv[1], tg_op, octet_length(r.record::text), r.record from (select to_json(new_rows.*) as record from new_rows offset 0) r;
  elsif tg_op = 'UPDATE' then
    if tg_argv[2] is null or (select count(*) from old_rows) <> (select count(*) from new_rows) then
      insert into parley.change_log (schema_name, table_name, operation, bytes, record)
        select tg_argv[0], tg_argv[1], tg_op, octet_length(r.record::text), r.record from (select to_json(new_rows.*) as record from new_rows offset 0) r;
    else
      insert into parley.change_log (schema_name, table_name, operation, bytes, record, old_record)
        select tg_argv[0], tg_argv[1], tg_op, octet_length(p.record::text) + octet_length(p.old_record::text), p.record, p.old_record
        from (
          select v.version, v.record, lead(v.record) over (order by v.number, v.version) as old_record
          from (
            select row_number() over () as number, 'new' as version, to_json(new_rows.*) as record from new_rows
            union all
            select o.number, 'old', case tg_argv[2] when 'full' then o.record else parley.only_columns(o.record, tg_argv[3:]) end
            from (select row_number() over () as number, to_json(old_rows.*) as record from old_rows) o
          ) v
        ) p
        where p.version = 'new';
    end if;
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
