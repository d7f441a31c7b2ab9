-- A conversation replays its edits and deletes from the log: by this index it finds them without looking at those of the others.
-- Told from the text, since not every json that can be stored can be taken apart. What belongs to all conversations (TRUNCATE) is under ''.
create function parley.conversation_of(table_name text, record json) returns text
language sql immutable
as $$
  select pg_catalog.substring(coalesce(record::pg_catalog.text, ''), case table_name operator(pg_catalog.=) 'messages'
    when true then '"conversation_id":"([0-9a-f-]{36})"' else '"id":"([0-9a-f-]{36})"' end)
$$;
create index change_log_conversation on parley.change_log (parley.conversation_of(table_name, coalesce(record, old_record)), xid)
  where operation <> 'INSERT' and schema_name = 'public' and table_name in ('messages', 'conversations');
