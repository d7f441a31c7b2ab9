-- Messages that came while no trigger fired, as a restore or logical replication brings them, may be ahead of their conversation's counter, and then every
-- insert of a foreign writer fails on a number that is there. What is sent to the service heals it (V1010); to look at each insert would cost the usual one.
--
-- Brings the counters up to their messages; gives how many conversations were behind. To be run once such rows have been committed; an insert waits for it
-- only in a conversation that is behind. Counters are locked in id order, as elsewhere, and only then is looked at the messages.
-- Open to whoever may use the schema: it can do nothing but this.
create function parley.catch_up_numbers() returns bigint
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  behind uuid[];
  caught bigint;
begin
  behind := array(
    select k.conversation_id from parley.conversation_counter k
    where k.last_seq < (select m.seq from public.messages m where m.conversation_id = k.conversation_id order by m.seq desc limit 1));
  perform from parley.conversation_counter k where k.conversation_id = any (behind) order by k.conversation_id for no key update;

  update parley.conversation_counter k set last_seq = m.seq, last_message_at = greatest(k.last_message_at, m.created_at)
  from unnest(behind) b (id)
  cross join lateral (select x.seq, x.created_at from public.messages x where x.conversation_id = b.id order by x.seq desc limit 1) m
  where k.conversation_id = b.id and k.last_seq < m.seq;
  get diagnostics caught = row_count;
  return caught;
end $$;
