package dev.parley.testing;

import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** Makes conversations by plain SQL. */
public final class Conversations {

    private Conversations() {
    }

    public static UUID insert(TestPostgres database, String subject) {
        UUID id = UUID.randomUUID();
        Sql.on(database).run("insert into conversations (id, subject) values (?, ?)", id, subject);
        return id;
    }

    public static List<UUID> insert(TestPostgres database, int number) {
        List<UUID> ids = new ArrayList<>();
        for (int i = 0; i < number; i++) {
            ids.add(insert(database, "conversation " + i));
        }
        return ids;
    }
}
