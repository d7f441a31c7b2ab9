-- Makes what broadcasts from the database need, as far as it is not there: in a Supabase stack it is, and belongs to somebody else.
-- Never replaces anything. Gives the statements, for an operator to run, that would let it do what it had to leave.
create function parley.make_realtime() returns setof text
language plpgsql
set search_path = pg_catalog, pg_temp set client_min_messages = 'warning' set lock_timeout = '2s'
as $$
declare
  space    oid := (select n.oid from pg_namespace n where n.nspname = 'realtime');
  messages oid;
begin
  if space is null then
    if not has_database_privilege(current_database(), 'CREATE') then
      return next format('grant create on database %I to %I', current_database(), current_user);
      return;
    end if;
    create schema realtime;
    space := (select n.oid from pg_namespace n where n.nspname = 'realtime');
  end if;
  if not has_schema_privilege(space, 'USAGE') then
    return next format('grant usage on schema realtime to %I', current_user);
    return;
  end if;

  messages := (select c.oid from pg_class c where c.relnamespace = space and c.relname = 'messages');
  if has_schema_privilege(space, 'CREATE') then
    if messages is null then
      create table realtime.messages (
        id             uuid      not null default gen_random_uuid(),
        topic          text      not null, -- without "realtime:"
        extension      text      not null, -- 'broadcast'; policies also see 'presence'
        event          text,
        payload        jsonb,
        binary_payload bytea,
        private        boolean   default false,
        inserted_at    timestamp not null default timezone('UTC', now()),
        updated_at     timestamp not null default timezone('UTC', now()),
        primary key (id, inserted_at)
      ) partition by range (inserted_at);
      create index messages_replay on realtime.messages (topic, inserted_at desc) where extension = 'broadcast' and private;
      -- catches what comes while nobody makes partitions
      create table realtime.messages_default partition of realtime.messages default;
      -- who may read and write a private channel is told by policies on this table
      alter table realtime.messages enable row level security;
      messages := 'realtime.messages'::regclass;
    end if;

    if to_regprocedure('realtime.topic()') is null then
      create function realtime.topic() returns text
      language sql stable
      as $f$ select nullif(current_setting('realtime.topic', true), '') $f$;
    end if;

    if to_regprocedure('realtime.send(jsonb, text, text, boolean)') is null then
      create function realtime.send(payload jsonb, event text, topic text, private boolean default true) returns void
      language plpgsql
      as $f$
      declare
        message_id uuid := gen_random_uuid();
      begin
        perform set_config('realtime.topic', topic, true);
        insert into realtime.messages (id, topic, extension, event, payload, private)
        values (message_id, topic, 'broadcast', event,
                case when payload ? 'id' then payload else jsonb_set(payload, '{id}', to_jsonb(message_id)) end, private);
      exception when others then -- telling others must not undo what is told
        raise warning 'WarnSendingBroadcastMessage: %', sqlerrm;
      end $f$;
    end if;

    if to_regprocedure('realtime.send_binary(bytea, text, text, boolean)') is null then
      create function realtime.send_binary(payload bytea, event text, topic text, private boolean default true) returns void
      language plpgsql
      as $f$
      begin
        perform set_config('realtime.topic', topic, true);
        insert into realtime.messages (topic, extension, event, binary_payload, private) values (topic, 'broadcast', event, payload, private);
      exception when others then
        raise warning 'WarnSendingBroadcastMessage: %', sqlerrm;
      end $f$;
    end if;

    if to_regprocedure('realtime.broadcast_changes(text, text, text, text, text, record, record, text)') is null then
      create function realtime.broadcast_changes(topic_name text, event_name text, operation text, table_name text, table_schema text,
        new record, old record, level text default 'ROW') returns void
      language plpgsql
      as $f$
      begin
        if level = 'STATEMENT' then
          raise exception 'broadcast_changes is for row triggers, not for statement triggers';
        elsif operation not in ('INSERT', 'UPDATE', 'DELETE') then
          raise exception 'broadcast_changes does not know the operation %', operation;
        end if;
        perform realtime.send(jsonb_build_object('operation', operation, 'schema', table_schema, 'table', table_name,
                                                 'record', new, 'old_record', old), event_name, topic_name);
      end $f$;
    end if;
  elsif messages is null or to_regprocedure('realtime.topic()') is null or to_regprocedure('realtime.send(jsonb, text, text, boolean)') is null
      or to_regprocedure('realtime.send_binary(bytea, text, text, boolean)') is null
      or to_regprocedure('realtime.broadcast_changes(text, text, text, text, text, record, record, text)') is null then
    return next format('grant create on schema realtime to %I', current_user);
  end if;

  -- Each replica's tail brings what is sent. A partition has no writers of its own.
  if messages is not null and not exists (select from pg_trigger t where t.tgrelid = messages and t.tgname = 'parley_log_insert') then
    if has_table_privilege(messages, 'TRIGGER') then
      perform parley.change_trigger(messages, 'insert', array['realtime', 'messages'], 'create');
    else
      return next format('grant trigger on realtime.messages to %I', current_user);
    end if;
  end if;
end $$;

-- Gives the roles of a Supabase project, as far as they are there, what they need in schema realtime; policies decide the rest.
-- Writes nothing when nothing is missing.
create function parley.grant_realtime() returns void
language plpgsql
set search_path = pg_catalog, pg_temp set lock_timeout = '2s'
as $$
declare
  space record;
  part  record;
  name  text;
begin
  select n.oid, n.nspowner into space from pg_namespace n where n.nspname = 'realtime';
  if space.oid is null then
    return;
  end if;
  for name in select r.rolname from pg_roles r where r.rolname in ('anon', 'authenticated', 'service_role') loop
    if not has_schema_privilege(name, space.oid, 'USAGE') and pg_has_role(space.nspowner, 'USAGE') then
      execute format('grant usage on schema realtime to %I', name);
    end if;
    for part in
      select c.oid from pg_class c where c.relnamespace = space.oid and c.relname = 'messages' and pg_has_role(c.relowner, 'USAGE')
        and not (has_table_privilege(name, c.oid, 'SELECT') and has_table_privilege(name, c.oid, 'INSERT'))
    loop
      execute format('grant select, insert on realtime.messages to %I', name);
    end loop;
    for part in
      select p.oid::regprocedure as function from pg_proc p
      where p.pronamespace = space.oid and p.proname in ('topic', 'send', 'send_binary', 'broadcast_changes')
        and pg_has_role(p.proowner, 'USAGE') and not has_function_privilege(name, p.oid, 'EXECUTE')
    loop
      execute format('grant execute on function %s to %I', part.function, name);
    end loop;
  end loop;
end $$;

revoke all on function parley.make_realtime(), parley.grant_realtime() from public;
