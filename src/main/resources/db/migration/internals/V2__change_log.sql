-- Every change of a watched table, written by the same transaction that made it.
-- A reader's position is a transaction snapshot, never an id or a time: both are taken before the commit makes the row visible.
create table parley.change_log (
  id          bigint      generated always as identity primary key,
  xid         xid8        not null default pg_current_xact_id(), -- top-level, also inside savepoints
  logged_at   timestamptz not null default clock_timestamp(),
  schema_name text        not null,
  table_name  text        not null,
  operation   text        not null, -- INSERT, UPDATE, DELETE or TRUNCATE
  bytes       integer     not null default 0, -- of the record as text: readers bound their pages by it without fetching what is stored out of line
  record      json,                 -- json, not jsonb: jsonb refuses \u0000 and would fail the foreign writer
  old_record  json
) with (autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);

create index change_log_xid on parley.change_log (xid);
-- A conversation replays its messages from the messages table and only edits and deletes from here: this index holds nothing else.
create index change_log_edits on parley.change_log (xid) where operation <> 'INSERT';
