-- Numbers a message of a foreign writer as before, in two statements instead of four: the usual message takes its number at once, and the rare one whose id
-- is there already gives it back. Taking the number locks the counter, so the look comes after the lock: two writers of one id to one conversation see
-- each other. No settings of the function's own, each of which would be put in force and taken back for every row; every name is written out instead.
create or replace function parley.number_message() returns trigger
language plpgsql security definer
as $$
declare
  known bigint;
begin
  loop
    update parley.conversation_counter k
      set last_seq = k.last_seq operator(pg_catalog.+) 1, last_message_at = greatest(k.last_message_at, new.created_at)
      where k.conversation_id operator(pg_catalog.=) new.conversation_id
      returning k.last_seq into new.seq;
    exit when found;
    insert into parley.conversation_counter (conversation_id, last_seq, last_message_at)
      select new.conversation_id, coalesce(pg_catalog.max(m.seq), 0), pg_catalog.max(m.created_at) from public.messages m
      where m.conversation_id operator(pg_catalog.=) new.conversation_id
    on conflict do nothing;
  end loop;

  -- An id that exists takes that row's seq: the insert then fails or goes into its "on conflict" clause, and no number is burnt.
  known := (select m.seq from public.messages m where m.id operator(pg_catalog.=) new.id);
  if known is not null then
    update parley.conversation_counter k
      set last_seq = k.last_seq operator(pg_catalog.-) 1,
          last_message_at = coalesce((select m.created_at from public.messages m
            where m.conversation_id operator(pg_catalog.=) new.conversation_id order by m.seq desc limit 1), k.last_message_at)
      where k.conversation_id operator(pg_catalog.=) new.conversation_id;
    new.seq := known;
  end if;
  return new;
end $$;
revoke all on function parley.number_message() from public;
