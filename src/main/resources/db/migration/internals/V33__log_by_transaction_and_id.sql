-- A transaction's rows in order of their ids, and both without a look at the row: pages of a transaction that had stayed open ran through all that was logged
-- since, trimming one with a million rows passed over those of all chunks before while something held on to them, and a reader far behind fetched all that it
-- had missed to find its first page. A transaction that stays open with changes in it keeps the log locked; then this waits for no longer than that, and is tried again.
set local lock_timeout = '2s';
create index change_log_xid_id on parley.change_log (xid, id);
drop index parley.change_log_xid;
