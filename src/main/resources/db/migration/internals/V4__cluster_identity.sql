-- The timeline changes when a standby is promoted or a backup is recovered; a position from before does not hold after it.
-- Raises on a standby, which must never be read: its snapshots lack running transactions.
create function parley.timeline() returns integer
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  return ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::integer;
exception when insufficient_privilege then
  return 0;
end $$;

-- Differs between clusters: after a dump and restore transaction ids begin again.
create function parley.system_identifier() returns bigint
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  return (select c.system_identifier from pg_control_system() c);
exception when insufficient_privilege then
  return null;
end $$;
