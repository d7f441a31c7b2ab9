select parley.watch('public.conversations');
select parley.watch('public.messages');
