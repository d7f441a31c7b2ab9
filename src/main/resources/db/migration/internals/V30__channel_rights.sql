-- What the policies on realtime.messages let a role do on a private channel. As Supabase Realtime does it: rows for the channel are put into the
-- table, and it is tried whether that role sees them (SELECT policies) and may add such rows itself (INSERT policies). All of it is undone again.
--
-- The policies find the channel in realtime.topic() (setting realtime.topic) and the token in request.jwt.claims and its kin.
-- Runs with the caller's rights, since only then may it take another role, and with the session's search_path, which is what functions of
-- policies expect that have none of their own. Statements are executed as text, since a kept plan would outlive a change of a role's attributes
-- and memberships, which decide what policies hold for it.
--
-- outcome: 'asked'; 'no such role'; 'not a member', when the session's user may not take the role.
-- problem: what a policy failed with, which counts as a no. Whatever else fails, fails the call.
create function parley.channel_rights(caller_role text, channel text, claims text, subject text)
returns table (outcome text, broadcast_read boolean, broadcast_write boolean, presence_read boolean, presence_write boolean, problem text)
language plpgsql
as $$
declare
  of_broadcast uuid := gen_random_uuid();
  of_presence  uuid := gen_random_uuid();
  probe        text;
  allowed      boolean;
begin
  outcome := 'asked';
  broadcast_read := false;
  broadcast_write := false;
  presence_read := false;
  presence_write := false;
  -- nothing of this transaction remains: no listener need be rung, no flush waited for
  perform set_config('parley.quiet', 'on', true), set_config('synchronous_commit', 'off', true);

  -- also keeps out the word "none", which would be the session's own user
  if not exists (select from pg_catalog.pg_roles r where r.rolname = caller_role) then
    outcome := 'no such role';
    return next;
    return;
  end if;

  begin
    execute $sql$insert into realtime.messages (id, topic, extension) values ($1, $3, 'broadcast'), ($2, $3, 'presence')$sql$
      using of_broadcast, of_presence, channel;

    perform set_config('realtime.topic', channel, true),
            set_config('request.jwt.claims', claims, true),
            set_config('request.jwt.claim.sub', coalesce(subject, ''), true),
            set_config('request.jwt.claim.role', caller_role, true),
            set_config('request.headers', '{}', true);
    begin
      perform set_config('role', caller_role, true);
    exception when insufficient_privilege then
      outcome := 'not a member';
      raise sqlstate 'PY001';
    end;

    begin
      execute $sql$select coalesce(bool_or(m.id = $1), false), coalesce(bool_or(m.id = $2), false)
                   from realtime.messages m where m.id in ($1, $2) and m.topic = $3$sql$
        into broadcast_read, presence_read using of_broadcast, of_presence, channel;
    exception when cardinality_violation or data_exception or integrity_constraint_violation or syntax_error_or_access_rule_violation
                   or plpgsql_error then
      problem := sqlstate || ' ' || sqlerrm;
    end;

    foreach probe in array array['broadcast', 'presence'] loop
      begin
        execute 'insert into realtime.messages (topic, extension) values ($1, $2)' using channel, probe;
        allowed := true;
      exception
        when insufficient_privilege then -- this is how a policy says no
          allowed := false;
        when cardinality_violation or data_exception or integrity_constraint_violation or syntax_error_or_access_rule_violation
             or plpgsql_error then
          allowed := false;
          problem := sqlstate || ' ' || sqlerrm;
      end;
      if probe = 'broadcast' then
        broadcast_write := allowed;
      else
        presence_write := allowed;
      end if;
    end loop;
    raise sqlstate 'PY001'; -- undoes the rows, the settings and the role
  exception when sqlstate 'PY001' then
    null;
  end;
  return next;
end $$;
revoke all on function parley.channel_rights(text, text, text, text) from public;
