-- A row cut down to some of its columns, as before; every name is written out now, since it is called with the writer's search_path.
create or replace function parley.only_columns(record json, columns text[]) returns json
language plpgsql immutable
as $$
declare
  safe   pg_catalog.json := case
    when record::pg_catalog.text operator(pg_catalog.!~*) '\\u(0000|d[89a-f])' then record
    else pg_catalog.regexp_replace(record::pg_catalog.text, '(?<!\\)((?:\\\\)*)\\u(?:0000|d[89a-f][0-9a-f]{2})', '\1\\ufffd', 'gi')::pg_catalog.json end;
  chosen pg_catalog.text := '';
  name   pg_catalog.text;
  value  pg_catalog.text;
begin
  foreach name in array columns loop
    value := (safe operator(pg_catalog.->) name)::pg_catalog.text;
    continue when value is null; -- renamed since the trigger was made
    chosen := pg_catalog.concat(chosen, case when chosen operator(pg_catalog.<>) '' then ',' end, pg_catalog.to_json(name)::pg_catalog.text, ':', value);
  end loop;
  return pg_catalog.concat('{', chosen, '}')::pg_catalog.json;
end $$;

-- The log trigger once more, for what it costs a writer: the function has no settings of its own, each of which would be put in force and taken back at
-- every call.
--
-- A record does not depend on the writer's session all the same: settings that make rows look otherwise, which few sessions have, are changed for the
-- moment. The owner's rights are not to be had by way of the search_path, since every name is written out.
--
-- What Parley's own functions insert into messages they log themselves, and say so in parley.logged; what a trigger of somebody else inserts meanwhile
-- is deeper down and logged here.
--
-- Arguments, and how old and new rows are matched: see V8.
create or replace function parley.log_change() returns trigger
language plpgsql security definer
as $$
#variable_conflict use_variable -- a watched table may have columns of any name
declare
  logged bigint;
  usual  boolean;
  before pg_catalog.text[];
  minute pg_catalog.text;
begin
  if tg_op operator(pg_catalog.=) 'INSERT' and tg_table_name operator(pg_catalog.=) 'messages'
     and pg_catalog.current_setting('parley.logged', true) operator(pg_catalog.=) 'on' and pg_catalog.pg_trigger_depth() operator(pg_catalog.=) 1 then
    return null;
  end if;

  -- in ISO style the order of day and month has no say, nor has how many float digits more than none there are
  usual := pg_catalog.current_setting('timezone') operator(pg_catalog.=) any (array['UTC', 'Etc/UTC', 'GMT'])
    and pg_catalog."left"(pg_catalog.current_setting('datestyle'), 3) operator(pg_catalog.=) 'ISO'
    and pg_catalog.current_setting('bytea_output') operator(pg_catalog.=) 'hex'
    and pg_catalog.current_setting('intervalstyle') operator(pg_catalog.=) 'postgres'
    and pg_catalog.current_setting('extra_float_digits') operator(pg_catalog.=) any (array['1', '2', '3']);
  if not usual then
    before := array[pg_catalog.current_setting('timezone'), pg_catalog.current_setting('datestyle'), pg_catalog.current_setting('bytea_output'),
                    pg_catalog.current_setting('intervalstyle'), pg_catalog.current_setting('extra_float_digits')];
    perform pg_catalog.set_config('timezone', 'UTC', true), pg_catalog.set_config('datestyle', 'ISO, MDY', true), pg_catalog.set_config('bytea_output', 'hex', true),
            pg_catalog.set_config('intervalstyle', 'postgres', true), pg_catalog.set_config('extra_float_digits', '1', true);
  end if;

  if tg_op operator(pg_catalog.=) 'INSERT' or tg_op operator(pg_catalog.=) 'UPDATE' and tg_argv[2] is null then
    insert into parley.change_log (schema_name, table_name, operation, bytes, record)
      select tg_argv[0], tg_argv[1], tg_op, pg_catalog.octet_length(r.record::pg_catalog.text), r.record
      from (select pg_catalog.to_json(new_rows.*) as record from new_rows offset 0) r;
  elsif tg_op operator(pg_catalog.=) 'UPDATE' then
    if (select pg_catalog.count(*) from old_rows) operator(pg_catalog.<>) (select pg_catalog.count(*) from new_rows) then
      insert into parley.change_log (schema_name, table_name, operation, bytes, record)
        select tg_argv[0], tg_argv[1], tg_op, pg_catalog.octet_length(r.record::pg_catalog.text), r.record
        from (select pg_catalog.to_json(new_rows.*) as record from new_rows offset 0) r;
    else
      insert into parley.change_log (schema_name, table_name, operation, bytes, record, old_record)
        select tg_argv[0], tg_argv[1], tg_op, pg_catalog.octet_length(p.record::pg_catalog.text) operator(pg_catalog.+) pg_catalog.octet_length(p.old_record::pg_catalog.text),
               p.record, p.old_record
        from (
          select v.version, v.record, pg_catalog.lead(v.record) over (order by v.number, v.version) as old_record
          from (
            select pg_catalog.row_number() over () as number, 'new' as version, pg_catalog.to_json(new_rows.*) as record from new_rows
            union all
            select o.number, 'old', case when tg_argv[2] operator(pg_catalog.=) 'full' then o.record else parley.only_columns(o.record, tg_argv[3:]) end
            from (select pg_catalog.row_number() over () as number, pg_catalog.to_json(old_rows.*) as record from old_rows) o
          ) v
        ) p
        where p.version operator(pg_catalog.=) 'new';
    end if;
  elsif tg_op operator(pg_catalog.=) 'DELETE' then
    insert into parley.change_log (schema_name, table_name, operation, bytes, old_record)
      select tg_argv[0], tg_argv[1], tg_op, pg_catalog.octet_length(r.record::pg_catalog.text), r.record
      from (select pg_catalog.to_json(old_rows.*) as record from old_rows offset 0) r;
  else
    insert into parley.change_log (schema_name, table_name, operation) values (tg_argv[0], tg_argv[1], tg_op);
  end if;
  get diagnostics logged = row_count;

  if not usual then
    perform pg_catalog.set_config('timezone', before[1], true), pg_catalog.set_config('datestyle', before[2], true),
            pg_catalog.set_config('bytea_output', before[3], true), pg_catalog.set_config('intervalstyle', before[4], true),
            pg_catalog.set_config('extra_float_digits', before[5], true);
  end if;

  -- A transaction that notifies takes a database-wide lock through its commit, so bulk writers may ask for quiet;
  -- the service then finds their rows at its next poll. That nobody wants to be rung for is remembered for a minute of this session:
  -- to ask would be a sixteenth of a single row's transaction.
  if logged operator(pg_catalog.>) 0
     and coalesce(pg_catalog.current_setting('parley.quiet', true), '') operator(pg_catalog.<>) all (array['on', 'true', '1']) then
    minute := pg_catalog.date_part('minute', pg_catalog.now())::pg_catalog.text;
    if coalesce(pg_catalog.current_setting('parley.silent_minute', true), '') operator(pg_catalog.<>) minute then
      if (select f.notify from parley.feed f) then
        perform pg_catalog.pg_notify('parley', '');
      else
        perform pg_catalog.set_config('parley.silent_minute', minute, false);
      end if;
    end if;
  end if;
  return null;
end $$;
revoke all on function parley.log_change() from public;
