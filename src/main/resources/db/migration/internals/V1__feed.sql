-- One row: which log this is, and how far back it reaches.
create table parley.feed (
  singleton         boolean     primary key default true check (singleton),
  feed_id           bigint      not null default ('x' || left(replace(gen_random_uuid()::text, '-', ''), 15))::bit(60)::bigint,
  system_identifier bigint,                             -- of the cluster that filled the log; null until the service has looked
  trimmed           pg_snapshot not null default '3:3:', -- everything visible in it may have been deleted from the log
  notify            boolean     not null default true   -- parley.feed.notify: whether foreign writers ring the doorbell
);
insert into parley.feed default values;
