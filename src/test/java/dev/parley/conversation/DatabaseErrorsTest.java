package dev.parley.conversation;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.smallrye.mutiny.TimeoutException;
import io.vertx.core.VertxException;
import io.vertx.pgclient.PgException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.sql.SQLException;
import org.hibernate.HibernateException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DatabaseErrorsTest {

    @ParameterizedTest
    @CsvSource({"57P01,true", "57P03,true", "08006,true", "53300,true", "53100,true", "58030,true", "25006,true", "25P04,true",
            "40001,true", "40P01,true", "55P03,true", "23505,false", "42P01,false", "22003,false", "22P05,false", "P0001,false"})
    void whatTheServerSaysDecidesWhetherItIsAway(String state, boolean away) {
        PgException refused = new PgException("refused", "ERROR", state, null);
        assertEquals(away, DatabaseErrors.isUnavailable(refused));
        assertEquals(away, DatabaseErrors.isUnavailable(new HibernateException("wrapped", new SQLException("refused", state))));
        assertEquals(state.equals("23505"), DatabaseErrors.isUniqueViolation(new HibernateException("wrapped", refused)));
        assertEquals(state.equals("22P05"), DatabaseErrors.isUntranslatable(new HibernateException("wrapped", refused)));
    }

    @Test
    void aServerThatDoesNotAnswerIsAway() {
        for (Throwable failure : new Throwable[] {new ConnectException("refused"), new UnknownHostException("db"), new TimeoutException(),
                new VertxException("Connection was closed"), new HibernateException("wrapped", new ConnectException("refused"))}) {
            assertEquals(true, DatabaseErrors.isUnavailable(failure), failure.toString());
        }
    }

    @Test
    void anErrorOfOursIsNotTheDatabases() {
        for (Throwable failure : new Throwable[] {new NullPointerException(), new IllegalStateException(), new IOException("Request too large")}) {
            assertEquals(false, DatabaseErrors.isUnavailable(failure), failure.toString());
        }
    }
}
