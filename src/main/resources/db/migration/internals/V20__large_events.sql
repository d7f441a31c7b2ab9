-- Ephemeral events too large for a notification, for the moment between their sender and its fellow replicas: the notification then carries the id.
-- Unlogged, since a crash may lose them; their senders delete what is older than a moment.
create unlogged table parley.large_event (
  id      bigint      primary key generated always as identity,
  made_at timestamptz not null default clock_timestamp(),
  payload text        not null
);
-- what is written and read once is not worth compressing
alter table parley.large_event alter column payload set storage external;
