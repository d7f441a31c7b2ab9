-- As before, for a table to which an operator has added a generated column or a check: a new partition has to have it as well, and rows are moved without the former.
create or replace function parley.keep_message_partitions(retention interval) returns setof text
language plpgsql
set search_path = pg_catalog, pg_temp set client_min_messages = 'warning' set lock_timeout = '2s'
as $$
declare
  utc      timestamp := timezone('UTC', clock_timestamp());
  messages record;
  stray    regclass;
  day      date;
  name     text;
  columns  text;
begin
  select c.oid, c.relowner, n.oid as space into messages
    from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_partitioned_table p on p.partrelid = c.oid
    where n.nspname = 'realtime' and c.relname = 'messages' and p.partstrat = 'r';
  if messages.oid is null then
    return;
  elsif not pg_has_role(messages.relowner, 'USAGE') then
    return next parley.membership_in(messages.relowner);
    return;
  elsif not has_schema_privilege(messages.space, 'CREATE') then
    return next format('grant create on schema realtime to %I', current_user);
    return;
  elsif not pg_try_advisory_xact_lock(x'6D65737361676573'::bigint) then -- "messages"; another replica is at it
    return;
  end if;

  stray := (select i.inhrelid from pg_inherits i join pg_class c on c.oid = i.inhrelid
            where i.inhparent = messages.oid and pg_get_expr(c.relpartbound, c.oid) = 'DEFAULT');
  columns := (select string_agg(quote_ident(attname), ', ' order by attnum) from pg_attribute
              where attrelid = messages.oid and attnum > 0 and not attisdropped and attgenerated = '');
  for day in select d::date from generate_series(utc::date - 1, utc::date + 3, interval '1 day') d loop
    name := 'messages_' || to_char(day, 'YYYY_MM_DD');
    continue when exists (select from pg_class c where c.relnamespace = messages.space and c.relname = name);
    execute format('create table realtime.%I (like realtime.messages including defaults including generated including constraints)', name);
    if stray is not null then
      execute format('lock table only %s in access exclusive mode', stray);
      execute format('with moved as (delete from %1$s where inserted_at >= %2$L and inserted_at < %3$L returning *) insert into realtime.%4$I (%5$s) select %5$s from moved',
                     stray, day, day + 1, name, columns);
    end if;
    execute format('alter table realtime.messages attach partition realtime.%I for values from (%L) to (%L)', name, day, day + 1);
  end loop;
end $$;
