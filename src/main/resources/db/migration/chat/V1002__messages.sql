create table public.messages (
  id              uuid        primary key default gen_random_uuid(),
  conversation_id uuid        not null references public.conversations (id) on delete cascade,
  seq             bigint      not null, -- given by a trigger, rises by commit order within a conversation
  sender_id       text        not null default 'anonymous',
  sender_role     text        not null default 'customer' check (sender_role in ('customer', 'admin', 'system')),
  content         text        not null,
  created_at      timestamptz not null default clock_timestamp(),
  metadata        jsonb       not null default '{}',
  unique (conversation_id, seq)
);
