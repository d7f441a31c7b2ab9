package dev.parley.conversation;

import io.smallrye.mutiny.TimeoutException;
import io.smallrye.mutiny.Uni;
import io.vertx.core.VertxException;
import io.vertx.pgclient.PgException;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.nio.channels.ClosedChannelException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import javax.net.ssl.SSLException;

/** Tells the failures of the database apart that mean something to a client. */
final class DatabaseErrors {

    private static final String UNIQUE_VIOLATION = "23505";
    private static final String UNTRANSLATABLE_CHARACTER = "22P05";

    /** Classes of SQLSTATE that say "not now": connection, another transaction in the way, resources, operator's intervention, system. */
    private static final Set<String> PASSING = Set.of("08", "40", "53", "57", "58");
    /** The same of single ones: a standby's refusal to write, a transaction that took too long, a lock that was not to be had in time. */
    private static final Set<String> PASSING_STATES = Set.of("25006", "25P04", "55P03");
    /** Classes that say that the data break a rule: a constraint, or what a trigger raises. */
    private static final Set<String> REFUSING = Set.of("23", "P0");

    /** What the client throws when there is no server to answer. */
    private static final List<Class<? extends Throwable>> AWAY = List.of(SocketException.class, UnknownHostException.class,
            ClosedChannelException.class, SSLException.class, VertxException.class, TimeoutException.class);

    /** A call that waits for a connection or for a silent network longer than this is given up; a statement the server gives up before. */
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private DatabaseErrors() {
    }

    /** Lets a database call fail rather than wait for ever. */
    static <T> Uni<T> bounded(Uni<T> call) {
        return call.ifNoItem().after(PATIENCE).fail();
    }

    static boolean isUniqueViolation(Throwable failure) {
        return UNIQUE_VIOLATION.equals(sqlState(failure));
    }

    /** Whether the database is away, starting, stopping or full, so that the same request may succeed later. */
    static boolean isUnavailable(Throwable failure) {
        String state = sqlState(failure);
        if (state != null) {
            return PASSING_STATES.contains(state) || hasClass(state, PASSING);
        }
        return AWAY.stream().anyMatch(type -> cause(failure, type) != null);
    }

    /** Whether somebody's own constraint or trigger does not let the data in. */
    static boolean isRefused(Throwable failure) {
        String state = sqlState(failure);
        return state != null && hasClass(state, REFUSING);
    }

    /** Whether the database's encoding has no such character: any but UTF-8 lacks most. */
    static boolean isUntranslatable(Throwable failure) {
        return UNTRANSLATABLE_CHARACTER.equals(sqlState(failure));
    }

    private static boolean hasClass(String state, Set<String> classes) {
        return state.length() == 5 && classes.contains(state.substring(0, 2));
    }

    /** What the server said, or null when it said nothing; Hibernate hands on the client's exception as JDBC's. */
    private static String sqlState(Throwable failure) {
        PgException client = cause(failure, PgException.class);
        if (client != null) {
            return client.getSqlState();
        }
        SQLException jdbc = cause(failure, SQLException.class);
        return jdbc == null ? null : jdbc.getSQLState();
    }

    private static <T extends Throwable> T cause(Throwable failure, Class<T> type) {
        Throwable current = failure;
        for (int depth = 0; current != null && depth < 20; depth++, current = current.getCause()) {
            if (type.isInstance(current)) {
                return type.cast(current);
            }
        }
        return null;
    }
}
