-- Most transactions write one message. Where the newest version of its counter is, was remembered for others that never came; up to PostgreSQL 15 a session sorts
-- all its settings for each new name of one, and goes through all of them at each commit. So it is remembered from a transaction's second write on: the first is
-- the one that has no number yet.
create or replace function parley.number_message() returns trigger
language plpgsql security definer
as $$
declare
  first boolean := pg_catalog.pg_current_xact_id_if_assigned() is null;
  memory pg_catalog.text;
  remembered pg_catalog.text;
  place pg_catalog.tid;
  known bigint;
begin
  if not first then
    memory := pg_catalog.concat('parley.counter_at_', pg_catalog.right(new.conversation_id::pg_catalog.text, 2));
    remembered := pg_catalog.current_setting(memory, true);
  end if;
  if remembered operator(pg_catalog.<>) '' then
    update parley.conversation_counter k
      set last_seq = k.last_seq operator(pg_catalog.+) 1, last_message_at = greatest(k.last_message_at, new.created_at)
      where k.ctid operator(pg_catalog.=) remembered::pg_catalog.tid and k.conversation_id operator(pg_catalog.=) new.conversation_id
      returning k.last_seq, k.ctid into new.seq, place;
  end if;
  if place is null then
    loop
      update parley.conversation_counter k
        set last_seq = k.last_seq operator(pg_catalog.+) 1, last_message_at = greatest(k.last_message_at, new.created_at)
        where k.conversation_id operator(pg_catalog.=) new.conversation_id
        returning k.last_seq, k.ctid into new.seq, place;
      exit when found;
      insert into parley.conversation_counter (conversation_id, last_seq, last_message_at)
        select new.conversation_id, coalesce(pg_catalog.max(m.seq), 0), pg_catalog.max(m.created_at) from public.messages m
        where m.conversation_id operator(pg_catalog.=) new.conversation_id
      on conflict do nothing;
    end loop;
  end if;

  -- An id that exists takes that row's seq: the insert then fails or goes into its "on conflict" clause, and no number is burnt.
  known := (select m.seq from public.messages m where m.id operator(pg_catalog.=) new.id);
  if known is not null then
    update parley.conversation_counter k
      set last_seq = k.last_seq operator(pg_catalog.-) 1,
          last_message_at = coalesce((select m.created_at from public.messages m
            where m.conversation_id operator(pg_catalog.=) new.conversation_id order by m.seq desc limit 1), k.last_message_at)
      where k.ctid operator(pg_catalog.=) place
      returning k.ctid into place;
    new.seq := known;
  end if;
  if not first then
    remembered := pg_catalog.set_config(memory, place::pg_catalog.text, true);
  end if;
  return new;
end $$;
revoke all on function parley.number_message() from public;
