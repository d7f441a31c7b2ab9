-- Taking rows apart, whatever the writer's session and the database's encoding are. A plain literal with a backslash is another one where
-- standard_conforming_strings is off, and a pattern kept by a function that began so stays wrong for the session: so backslashes are in E'' literals.
--
-- Where the encoding is not UTF-8, PostgreSQL can't read every escape beyond ASCII in a json, or none. These are then treated as those of V8, and become
-- question marks, since U+FFFD could not be read either.

-- A row cut down to some of its columns. See V8.
create or replace function parley.only_columns(record json, columns text[]) returns json
language plpgsql immutable
as $$
declare
  -- NUL and half a surrogate pair; all but ASCII
  broken text := case when getdatabaseencoding() = 'UTF8' then '(?:0000|d[89a-f][0-9a-f]{2})' else '(?:0000|(?!00[0-7])[0-9a-f]{4})' end;
  safe   json := case when record::text !~* (E'\\\\u' || broken) then record
                      else regexp_replace(record::text, E'(?<!\\\\)((?:\\\\\\\\)*)\\\\u' || broken,
                                          E'\\1' || case when getdatabaseencoding() = 'UTF8' then E'\\\\ufffd' else '?' end, 'gi')::json end;
  chosen text := '';
  name   text;
begin
  foreach name in array columns loop
    continue when (safe -> name) is null; -- renamed since the trigger was made
    chosen := chosen || case chosen when '' then '' else ',' end || to_json(name)::text || ':' || (safe -> name)::text;
  end loop;
  return ('{' || chosen || '}')::json;
end $$;
revoke all on function parley.only_columns(json, text[]) from public;

-- Its values that are not large. See V14.
create or replace function parley.small_values(record json, at_most integer) returns json
language plpgsql immutable strict
set search_path = pg_catalog, pg_temp
as $$
declare
  small text;
begin
  begin
    select string_agg(to_json(f.key)::text || ':' || f.value::text, ',') into small from json_each(record) f where octet_length(f.value::text) <= at_most;
  exception when others then
    select string_agg(to_json(f.key)::text || ':' || f.value::text, ',') into small
    from json_each(case when getdatabaseencoding() = 'UTF8'
      then regexp_replace(record::text, E'(?<!\\\\)((?:\\\\\\\\)*)\\\\u(?:0000|d[89a-f][0-9a-f]{2})', E'\\1\\\\ufffd', 'gi')
      else regexp_replace(record::text, E'(?<!\\\\)((?:\\\\\\\\)*)\\\\u(?:0000|(?!00[0-7])[0-9a-f]{4})', E'\\1?', 'gi') end::json) f
    where octet_length(f.value::text) <= at_most;
  end;
  return ('{' || coalesce(small, '') || '}')::json;
exception when others then
  return '{}'::json;
end $$;
revoke all on function parley.small_values(json, integer) from public;
