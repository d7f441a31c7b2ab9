-- Rows of many megabytes are not for the log: every reader of it would have to hold them. Of a row of more than 8 MiB as JSON, an update's old row included,
-- only the values of up to 4 KiB are logged; its bytes say what it had, and so that something is missing.

-- Not every json that can be stored can be taken apart (see V8): what stands in the way is replaced, and where that can't be done either nothing is left.
create function parley.small_values(record json, at_most integer) returns json
language plpgsql immutable strict
set search_path = pg_catalog, pg_temp
as $$
declare
  small text;
begin
  begin
    select string_agg(to_json(f.key)::text || ':' || f.value::text, ',') into small from json_each(record) f where octet_length(f.value::text) <= at_most;
  exception when others then
    select string_agg(to_json(f.key)::text || ':' || f.value::text, ',') into small
    from json_each(regexp_replace(record::text, '(?<!\\)((?:\\\\)*)\\u(?:0000|d[89a-f][0-9a-f]{2})', '\1\\ufffd', 'gi')::json) f
    where octet_length(f.value::text) <= at_most;
  end;
  return ('{' || coalesce(small, '') || '}')::json;
exception when others then
  return '{}'::json;
end $$;
revoke all on function parley.small_values(json, integer) from public;

-- The log trigger once more. Arguments, and how old and new rows are matched: see V8; the settings: see V13.
create or replace function parley.log_change() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_variable -- a watched table may have columns of any name
declare
  whole  constant integer := 8388608;
  small  constant integer := 4096;
  logged bigint;
  usual  boolean;
  before text[];
  minute text;
begin
  if tg_op = 'INSERT' and tg_argv[1] = 'messages' and tg_argv[0] = 'public' and current_setting('parley.logged', true) = 'on' and pg_trigger_depth() = 1 then
    return null;
  end if;

  -- in ISO style the order of day and month has no say, nor has how many float digits more than none there are
  usual := current_setting('timezone') in ('UTC', 'Etc/UTC', 'GMT') and left(current_setting('datestyle'), 3) = 'ISO'
    and current_setting('bytea_output') = 'hex' and current_setting('intervalstyle') = 'postgres' and current_setting('extra_float_digits') in ('1', '2', '3');
  if not usual then
    before := array[current_setting('timezone'), current_setting('datestyle'), current_setting('bytea_output'), current_setting('intervalstyle'),
                    current_setting('extra_float_digits')];
    perform set_config('timezone', 'UTC', true), set_config('datestyle', 'ISO, MDY', true), set_config('bytea_output', 'hex', true),
            set_config('intervalstyle', 'postgres', true), set_config('extra_float_digits', '1', true);
  end if;

  if tg_op = 'INSERT' then
    insert into parley.change_log (schema_name, table_name, operation, bytes, record)
      select tg_argv[0], tg_argv[1], tg_op, octet_length(r.record::text),
             case when octet_length(r.record::text) <= whole then r.record else parley.small_values(r.record, small) end
      from (select to_json(new_rows.*) as record from new_rows offset 0) r;
  elsif tg_op = 'UPDATE' then
    if tg_argv[2] is null or (select count(*) from old_rows) <> (select count(*) from new_rows) then
      insert into parley.change_log (schema_name, table_name, operation, bytes, record)
        select tg_argv[0], tg_argv[1], tg_op, octet_length(r.record::text),
               case when octet_length(r.record::text) <= whole then r.record else parley.small_values(r.record, small) end
        from (select to_json(new_rows.*) as record from new_rows offset 0) r;
    else
      insert into parley.change_log (schema_name, table_name, operation, bytes, record, old_record)
        select tg_argv[0], tg_argv[1], tg_op, p.bytes, case when p.bytes <= whole then p.record else parley.small_values(p.record, small) end,
               case when p.bytes <= whole then p.old_record else parley.small_values(p.old_record, small) end
        from (select w.record, w.old_record, octet_length(w.record::text) + octet_length(w.old_record::text) as bytes from (
          select v.version, v.record, lead(v.record) over (order by v.number, v.version) as old_record
          from (
            select row_number() over () as number, 'new' as version, to_json(new_rows.*) as record from new_rows
            union all
            select o.number, 'old', case tg_argv[2] when 'full' then o.record else parley.only_columns(o.record, tg_argv[3:]) end
            from (select row_number() over () as number, to_json(old_rows.*) as record from old_rows) o
          ) v
        ) w where w.version = 'new' offset 0) p;
    end if;
  elsif tg_op = 'DELETE' then
    insert into parley.change_log (schema_name, table_name, operation, bytes, old_record)
      select tg_argv[0], tg_argv[1], tg_op, octet_length(r.record::text),
             case when octet_length(r.record::text) <= whole then r.record else parley.small_values(r.record, small) end
      from (select to_json(old_rows.*) as record from old_rows offset 0) r;
  else
    insert into parley.change_log (schema_name, table_name, operation) values (tg_argv[0], tg_argv[1], tg_op);
  end if;
  get diagnostics logged = row_count;

  if not usual then
    perform set_config('timezone', before[1], true), set_config('datestyle', before[2], true), set_config('bytea_output', before[3], true),
            set_config('intervalstyle', before[4], true), set_config('extra_float_digits', before[5], true);
  end if;

  -- A transaction that notifies takes a database-wide lock through its commit, so bulk writers may ask for quiet;
  -- the service then finds their rows at its next poll. That nobody wants to be rung for is remembered for a minute of this session:
  -- to ask would be a sixteenth of a single row's transaction.
  if logged > 0 and coalesce(current_setting('parley.quiet', true), '') not in ('on', 'true', '1') then
    minute := floor(date_part('epoch', now()) / 60)::text;
    if coalesce(current_setting('parley.silent_minute', true), '') <> minute then
      if (select f.notify from parley.feed f) then
        perform pg_notify('parley', '');
      else
        perform set_config('parley.silent_minute', minute, false);
      end if;
    end if;
  end if;
  return null;
end $$;
revoke all on function parley.log_change() from public;
