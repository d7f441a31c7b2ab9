-- Where the feed stood at some times: trimming goes by snapshot, and needs one that is as old as the retention.
create table parley.feed_marks (
  taken_at timestamptz primary key default clock_timestamp(),
  snapshot pg_snapshot not null, -- clamped, as every position is
  last_id  bigint      not null  -- the highest id in the log then, for the cap on its size
);
