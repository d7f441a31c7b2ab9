-- Makes sure that the log belongs to this cluster, and tells which log it is.
-- After a dump and restore transaction ids begin again: what the log holds is worthless, and positions in it must not hold.
create function parley.claim_log() returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  here bigint := parley.system_identifier();
  feed record;
begin
  select f.feed_id, f.system_identifier into feed from parley.feed f;
  if here is null or feed.system_identifier = here then
    return feed.feed_id;
  end if;
  select f.feed_id, f.system_identifier into feed from parley.feed f for update; -- replicas that start together: one does it
  if feed.system_identifier is null then
    update parley.feed set system_identifier = here;
  elsif feed.system_identifier <> here then
    truncate parley.change_log, parley.feed_marks;
    update parley.feed set system_identifier = here, trimmed = '3:3:';
    return parley.new_log_id();
  end if;
  return feed.feed_id;
end $$;
revoke all on function parley.claim_log() from public;

-- Gives the log a new id, so that no position handed out before holds any more.
create function parley.new_log_id() returns bigint
language sql
set search_path = pg_catalog, pg_temp
as $$
  update parley.feed set feed_id = ('x' || left(replace(gen_random_uuid()::text, '-', ''), 15))::bit(60)::bigint returning feed_id;
$$;
revoke all on function parley.new_log_id() from public;
