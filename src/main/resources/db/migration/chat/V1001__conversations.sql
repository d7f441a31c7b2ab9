create table public.conversations (
  id          uuid        primary key default gen_random_uuid(),
  subject     text,
  customer_id text,
  status      text        not null default 'open' check (status in ('open', 'closed')),
  created_at  timestamptz not null default now(),
  updated_at  timestamptz not null default now(),
  metadata    jsonb       not null default '{}'
);
create index conversations_customer on public.conversations (customer_id) where customer_id is not null;

-- Whoever changes a row, updated_at tells.
create function parley.touch_conversation() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  new.updated_at := clock_timestamp();
  return new;
end $$;
create trigger parley_touch before update on public.conversations
  for each row when (old.* is distinct from new.* and old.updated_at = new.updated_at) execute function parley.touch_conversation();
