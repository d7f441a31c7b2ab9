-- The log trigger once more, see V18. To learn what the policies of realtime.messages let a role do, rows are put in and taken out again (see V30). They are nobody's
-- changes, and to log them was a third of what the question cost: after a restart every client of a private channel asks, all at once. The sessions that ask say so.
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
  stored text; -- the columns to log, where it is not all of them
  rows   text;
begin
  if tg_argv[0] = 'realtime' and current_setting('parley.asks_policies', true) = 'on' then
    return null;
  end if;
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

  -- older servers have no virtual columns, and a truncation has no rows
  if current_setting('server_version_num')::integer >= 180000 and tg_op <> 'TRUNCATE' then
    if exists (select from pg_attribute a where a.attrelid = tg_relid and a.attgenerated = 'v') then
      stored := coalesce((select string_agg(quote_ident(a.attname), ', ' order by a.attnum) from pg_attribute a
                          where a.attrelid = tg_relid and a.attnum > 0 and not a.attisdropped and a.attgenerated <> 'v'), '');
    end if;
  end if;

  if stored is not null then
    rows := 'select to_json(n.*) as record, null::json as old_record from (select <stored> from new_rows) n';
    if tg_op = 'DELETE' then
      rows := 'select null::json as record, to_json(o.*) as old_record from (select <stored> from old_rows) o';
    elsif tg_op = 'UPDATE' and tg_argv[2] is not null then
      if (select count(*) from old_rows) = (select count(*) from new_rows) then
        rows := $sql$
          select u.record, u.old_record from (
            select v.version, v.record, lead(v.record) over (order by v.number, v.version) as old_record
            from (
              select row_number() over () as number, 'new' as version, to_json(n.*) as record from (select <stored> from new_rows) n
              union all
              select o.number, 'old', case $1[2] when 'full' then o.record else parley.only_columns(o.record, $1[3:]) end
              from (select row_number() over () as number, to_json(r.*) as record from (select <stored> from old_rows) r) o
            ) v
          ) u where u.version = 'new' $sql$;
      end if;
    end if;
    execute format($sql$
      insert into parley.change_log (schema_name, table_name, operation, bytes, record, old_record)
      select $1[0], $1[1], $2, p.bytes, case when p.bytes <= $3 then p.record else parley.small_values(p.record, $4) end,
             case when p.bytes <= $3 then p.old_record else parley.small_values(p.old_record, $4) end
      from (
        select w.record, w.old_record, coalesce(octet_length(w.record::text), 0) + coalesce(octet_length(w.old_record::text), 0) as bytes from (%s) w offset 0
      ) p $sql$, replace(rows, '<stored>', stored)) using tg_argv, tg_op, whole, small;
  elsif tg_op = 'INSERT' then
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
