-- The next number of each conversation. Taking it locks the row until commit, so the order of seq is the order of commits.
-- A table of its own, so that a message changes no row of conversations; half-empty pages keep its updates in the page (HOT).
-- No foreign key: one statement may insert a conversation and its messages in any order.
create table parley.conversation_counter (
  conversation_id uuid   primary key,
  last_seq        bigint not null default 0,
  last_message_at timestamptz
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02);

-- Numbers a message of a foreign writer, whatever seq it brings.
-- An id that exists takes that row's seq: the insert then fails or goes into its "on conflict" clause, and no number is burnt.
create function parley.number_message() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if not exists (select from parley.conversation_counter k where k.conversation_id = new.conversation_id) then
    insert into parley.conversation_counter (conversation_id, last_seq, last_message_at)
      select new.conversation_id, coalesce(max(m.seq), 0), max(m.created_at) from public.messages m where m.conversation_id = new.conversation_id
    on conflict do nothing;
  end if;
  -- the lock comes before the look for the id: two writers of one id to one conversation see each other
  perform from parley.conversation_counter k where k.conversation_id = new.conversation_id for no key update;

  new.seq := (select m.seq from public.messages m where m.id = new.id);
  if new.seq is null then
    update parley.conversation_counter k
      set last_seq = k.last_seq + 1, last_message_at = greatest(k.last_message_at, new.created_at)
      where k.conversation_id = new.conversation_id
      returning k.last_seq into new.seq;
  end if;
  return new;
end $$;
revoke all on function parley.number_message() from public;

-- The batch function numbers its rows itself and says so for the length of its insert; what a trigger of somebody else inserts meanwhile has no number.
create trigger parley_number before insert on public.messages
  for each row when (new.seq is null or current_setting('parley.writer', true) is distinct from 'batch') execute function parley.number_message();

-- A number once given stays: readers resume by it.
create function parley.keep_numbering() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  raise exception 'id, conversation_id and seq of a message cannot be changed'
    using errcode = 'check_violation', table = 'messages', schema = 'public';
end $$;
create trigger parley_keep_numbering before update on public.messages
  for each row when (old.id <> new.id or old.conversation_id <> new.conversation_id or old.seq <> new.seq) execute function parley.keep_numbering();

-- A conversation takes its counter with it.
create function parley.forget_counters() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if tg_op = 'TRUNCATE' then
    delete from parley.conversation_counter;
  else
    delete from parley.conversation_counter k using old_rows o where k.conversation_id = o.id;
  end if;
  return null;
end $$;
revoke all on function parley.forget_counters() from public;
create trigger parley_forget_counters after delete on public.conversations
  referencing old table as old_rows for each statement execute function parley.forget_counters();
create trigger parley_forget_all_counters after truncate on public.conversations
  for each statement execute function parley.forget_counters();
