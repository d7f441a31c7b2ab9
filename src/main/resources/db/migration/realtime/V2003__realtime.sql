-- The service does the same at its start and now and then; these are for those who ask right after the migrations.
select parley.make_realtime();
select parley.grant_realtime();
select parley.keep_message_partitions('72 hours');
