-- One message by itself, the batch of a system that is not busy. Where all is usual (the conversation is open, numbered and nobody else's at the moment,
-- the id new) this does what parley.write_messages does in a third of the statements' cost. Else it does nothing and gives no row: the caller then asks
-- that one, which judges. A row without seq: a trigger of somebody else took the message away.
create function parley.write_message(
  message_id uuid, conversation uuid, sender_id text, sender_role text, content text, metadata text, lock_timeout_ms integer)
returns table (seq bigint, created_at text, stored text)
language plpgsql
set search_path = pg_catalog, pg_temp
set timezone = 'UTC' set bytea_output = 'hex' set intervalstyle = 'postgres' set extra_float_digits = 1
set plan_cache_mode = 'force_generic_plan' set enable_seqscan = off set jit = off
as $$
#variable_conflict use_variable
declare
  number  bigint;
  stamp   timestamptz;
  ignored text;
begin
  -- an assignment is evaluated in place, where "perform" would be a statement
  ignored := set_config('parley.quiet', 'on', true) || set_config('parley.writer', 'batch', true)
    || set_config('lock_timeout', lock_timeout_ms::text, true);

  -- each statement sees what has committed up to its start: the lock comes first
  select k.last_seq + 1 into number from parley.conversation_counter k where k.conversation_id = conversation for no key update skip locked;
  if number is null or not exists (
      select from public.conversations c where c.id = conversation and c.status = 'open'
      and not exists (select from public.messages m where m.id = message_id)) then
    return;
  end if;
  stamp := clock_timestamp();

  insert into public.messages as m (id, conversation_id, seq, sender_id, sender_role, content, created_at, metadata)
    values (message_id, conversation, number, sender_id, sender_role, content, stamp, metadata::jsonb)
    returning nullif(m.metadata::text, '{}') into stored;
  if found then
    update parley.conversation_counter k set last_seq = number, last_message_at = stamp where k.conversation_id = conversation;
    seq := number;
    created_at := to_json(stamp) #>> '{}';
  end if;
  ignored := set_config('parley.writer', '', true);
  return next;
end $$;
revoke all on function parley.write_message(uuid, uuid, text, text, text, text, integer) from public;
