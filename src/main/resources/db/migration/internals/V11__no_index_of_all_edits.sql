-- A conversation's edits have an index of their own now (chat's V1006), and nobody asks for those of all.
drop index parley.change_log_edits;
