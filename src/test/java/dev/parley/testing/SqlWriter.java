package dev.parley.testing;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;

/**
 * Writes as a foreign program does: single rows, several conversations in one transaction, savepoints that are rolled back, whole transactions
 * that are rolled back or only ring the doorbell, and now and then one that stays open for a second.
 */
final class SqlWriter implements Writer {

    private static final Duration BACK_OFF = Duration.ofMillis(100);
    private static final String INSERT = "insert into messages (id, conversation_id, sender_id, content) values (?, ?, 'sql', ?)";

    private record Row(UUID id, UUID conversation, String content) {
    }

    private interface Statements {
        void run(Connection connection) throws SQLException;
    }

    private final Load load;
    private final Random random;
    private final TestPostgres database;
    private int heldOpen;
    private Connection connection;

    SqlWriter(Load load, Random random, TestPostgres database, int heldOpen) {
        this.load = load;
        this.random = random;
        this.database = database;
        this.heldOpen = heldOpen;
    }

    @Override
    public int write() {
        int kind = random.nextInt(100);
        if (heldOpen > 0 && random.nextInt(30) == 0) {
            heldOpen--;
            return heldOpen(random.nextInt(4) == 0);
        }
        if (kind < 10) {
            rolledBack();
            return 0;
        }
        List<Row> rows = rows(kind < 60 ? 1 : 2 + random.nextInt(4));
        if (kind < 75) {
            return commit(rows, c -> insert(c, rows));
        }
        return commit(rows, c -> insertAroundASavepoint(c, rows));
    }

    /** @param lockFirst the conversation's counter is locked all the time, otherwise only the transaction id is old */
    private int heldOpen(boolean lockFirst) {
        List<Row> rows = rows(2);
        return commit(rows, c -> {
            if (lockFirst) {
                insert(c, rows.subList(0, 1));
            }
            Sql.run(c, "select pg_current_xact_id(), pg_sleep(1)");
            insert(c, rows.subList(lockFirst ? 1 : 0, 2));
        });
    }

    private void rolledBack() {
        try {
            Connection c = open();
            if (random.nextBoolean()) {
                insert(c, rows(1));
                c.rollback();
            } else {
                // Takes a transaction id that nothing flushes: after a crash it comes again.
                Sql.run(c, "notify nobody_listens");
                c.commit();
            }
        } catch (SQLException e) {
            giveUp();
        }
    }

    private List<Row> rows(int number) {
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < number; i++) {
            rows.add(new Row(UUID.randomUUID(), load.anyConversation(random), load.content(random)));
        }
        return rows;
    }

    private int commit(List<Row> rows, Statements statements) {
        Statements attempt = statements;
        while (true) {
            try {
                Connection c = open();
                attempt.run(c);
                c.commit();
                rows.forEach(row -> load.acknowledged(row.id()));
                return rows.size();
            } catch (SQLException e) {
                load.failIfOverdue(e);
                giveUp();
                // Whether the commit got through before the connection broke is unknown: from here on known ids are skipped.
                attempt = c -> insertUnlessThere(c, rows);
                Await.pause(BACK_OFF);
            }
        }
    }

    private static void insert(Connection c, List<Row> rows) throws SQLException {
        for (Row row : rows) {
            Sql.run(c, INSERT, row.id(), row.conversation(), row.content());
        }
    }

    private static void insertUnlessThere(Connection c, List<Row> rows) throws SQLException {
        for (Row row : rows) {
            Sql.run(c, INSERT + " on conflict (id) do nothing", row.id(), row.conversation(), row.content());
        }
    }

    private void insertAroundASavepoint(Connection c, List<Row> rows) throws SQLException {
        insert(c, rows.subList(0, 1));
        Savepoint savepoint = c.setSavepoint();
        insert(c, rows(1));
        c.rollback(savepoint);
        c.setSavepoint();
        insert(c, rows.subList(1, rows.size()));
    }

    private Connection open() throws SQLException {
        if (connection == null) {
            connection = database.connect("foreign-writer");
            connection.setAutoCommit(false);
        }
        return connection;
    }

    private void giveUp() {
        try {
            if (connection != null) {
                connection.close();
            }
        } catch (SQLException ignored) {
            // It was broken: that is why it is given up.
        }
        connection = null;
    }

    @Override
    public void close() {
        giveUp();
    }
}
