-- Which migrations the schema has had, in one word: whoever finds the word that it would write itself has nothing to do.
create table parley.schema_record (
  id         boolean primary key default true check (id),
  migrations text    not null
);
