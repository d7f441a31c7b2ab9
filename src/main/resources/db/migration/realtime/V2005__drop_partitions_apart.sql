-- Partitions are made by one call and dropped by another: who keeps an old one from being dropped, by a transaction left open, must not undo the new ones, without
-- which rows go to the default partition and stay there. What is to be moved out of that one is locked first: a row that came meanwhile would forbid the new one.
-- Whoever calls the first function as before only has nothing dropped by it.
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
  for day in select d::date from generate_series(utc::date - 1, utc::date + 3, interval '1 day') d loop
    name := 'messages_' || to_char(day, 'YYYY_MM_DD');
    continue when exists (select from pg_class c where c.relnamespace = messages.space and c.relname = name);
    execute format('create table realtime.%I (like realtime.messages including defaults)', name);
    if stray is not null then
      execute format('lock table only %s in access exclusive mode', stray);
      execute format('with moved as (delete from %s where inserted_at >= %L and inserted_at < %L returning *) insert into realtime.%I select * from moved',
                     stray, day, day + 1, name);
    end if;
    execute format('alter table realtime.messages attach partition realtime.%I for values from (%L) to (%L)', name, day, day + 1);
  end loop;
end $$;

-- Drops the oldest partition whose whole day is too old, and gives its name; to be called until there is none. Whoever writes waits for a lock that is waited for,
-- so it is not waited for long. What a role has no right for, the function above says.
create function parley.drop_message_partition(retention interval) returns setof text
language plpgsql
set search_path = pg_catalog, pg_temp set client_min_messages = 'warning' set lock_timeout = '200ms'
as $$
declare
  utc    timestamp := timezone('UTC', clock_timestamp());
  parent regclass;
  stray  regclass;
  name   text;
begin
  parent := (select c.oid from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_partitioned_table p on p.partrelid = c.oid
             where n.nspname = 'realtime' and c.relname = 'messages' and p.partstrat = 'r' and pg_has_role(c.relowner, 'USAGE'));
  if parent is null or not pg_try_advisory_xact_lock(x'6D65737361676573'::bigint) then
    return;
  end if;
  name := (select min(c.relname::text) from pg_inherits i join pg_class c on c.oid = i.inhrelid join pg_class p on p.oid = i.inhparent
    where i.inhparent = parent and c.relnamespace = p.relnamespace and c.relname ~ '^messages_[0-9]{4}_[0-9]{2}_[0-9]{2}$'
      and case when c.relname ~ '^messages_[0-9]{4}_(0[0-9]|1[0-2])_([0-2][0-9]|3[01])$' then to_date(right(c.relname, 10), 'YYYY_MM_DD') + 1 <= utc - retention end);
  if name is not null then
    execute format('drop table realtime.%I', name);
    return next name;
    return;
  end if;
  stray := (select i.inhrelid from pg_inherits i join pg_class c on c.oid = i.inhrelid
            where i.inhparent = parent and pg_get_expr(c.relpartbound, c.oid) = 'DEFAULT');
  if stray is not null then
    execute format('delete from %s where inserted_at < %L', stray, utc - retention);
  end if;
end $$;
revoke all on function parley.drop_message_partition(interval) from public;
