package dev.parley.testing;

import java.io.IOException;
import java.util.UUID;

/** A table of an application that has nothing to do with chat. */
public final class Orders {

    private static final String TABLE = """
            create table public.orders (
              id uuid primary key default gen_random_uuid(),
              customer text not null,
              total numeric(10, 2) not null default 0,
              version int not null default 1);
            alter table public.orders replica identity full""";

    private Orders() {
    }

    /** Makes the table and has it watched; returns once every instance knows. */
    public static void createWatched(TestPostgres database, Iterable<Instance> instances) throws IOException {
        Sql.on(database).run(TABLE);
        Sql.on(database).run("select parley.watch('public.orders')");
        for (Instance instance : instances) {
            try (RealtimeClient client = RealtimeClient.of(RealtimeVersion.V2).connect(instance)) {
                client.channel("orders are watched").on(ChangeBinding.of("*", "public", "orders")).joinOnceWatched();
            }
        }
    }

    public static ChangeBinding binding(String event) {
        return ChangeBinding.of(event, "public", "orders");
    }

    public static void insert(TestPostgres database, UUID id, String customer) {
        Sql.on(database).run("insert into orders (id, customer, total) values (?, ?, 10)", id, customer);
    }
}
