package dev.parley.database;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DatabaseUrlsTest {

    @ParameterizedTest
    @CsvSource({
        "jdbc:postgresql://db.example:5433/chat, postgresql://db.example:5433/chat",
        "jdbc:postgresql://db.example/chat, postgresql://db.example/chat",
        "jdbc:postgresql://[::1]:5432/chat, postgresql://[::1]:5432/chat",
        "jdbc:postgresql://chat_db:5432/chat, postgresql://chat_db:5432/chat",
        "jdbc:postgresql://db/chat?sslmode=require&ApplicationName=x, postgresql://db/chat?sslmode=require",
        "jdbc:postgresql://db/chat?sslmode=verify-full&sslrootcert=%2Fetc%2Fca.crt, postgresql://db/chat?sslmode=verify-full&sslrootcert=%2Fetc%2Fca.crt",
        "jdbc:postgresql://db/chat?sslcert=me.crt&sslkey=me.key&sslpassword=x, postgresql://db/chat?sslcert=me.crt&sslkey=me.key",
        "jdbc:postgresql://db/chat?ssl=true, postgresql://db/chat?sslmode=verify-full",
        "jdbc:postgresql://db/chat?sslmode=require&ssl=true, postgresql://db/chat?sslmode=require",
        "jdbc:postgresql://db/chat?user=a%40b&password=p%26q, postgresql://db/chat?user=a%40b&password=p%26q",
    })
    void theReactiveClientFindsTheDatabaseOfTheJdbcUrl(String jdbc, String reactive) {
        assertEquals(reactive, DatabaseUrls.reactiveFromJdbc(jdbc));
    }

    @ParameterizedTest
    @CsvSource({
        "postgresql://db.example:5433/chat, jdbc:postgresql://db.example:5433/chat",
        "postgres://db.example/chat?sslmode=verify-full, jdbc:postgresql://db.example/chat?sslmode=verify-full",
        "vertx-reactive:postgresql://db/chat, jdbc:postgresql://db/chat",
        "postgresql://me:secret@chat_db:5432/chat, jdbc:postgresql://chat_db:5432/chat?user=me&password=secret",
        "postgresql://us%40er:se+cr%2Fet@db/chat, jdbc:postgresql://db/chat?user=us%40er&password=se%2Bcr%2Fet",
    })
    void jdbcFindsTheDatabaseOfTheReactiveUrl(String reactive, String jdbc) {
        assertEquals(jdbc, DatabaseUrls.jdbcFromReactive(reactive));
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "jdbc:mysql://db/chat?password=secret",
        "jdbc:postgresql://a,b/chat?password=secret",
        "jdbc:postgresql://db/chat?password=secret&ssl=true&sslfactory=org.postgresql.ssl.NonValidatingFactory",
        "postgresql://db/chat?password=secret",
    })
    void aUrlThatLeadsNowhereIsRefusedWithoutShowingItsPassword(String jdbc) {
        String message = assertThrows(DatabaseSetupException.class, () -> DatabaseUrls.reactiveFromJdbc(jdbc)).getMessage();
        assertTrue(message.contains("quarkus.datasource.jdbc.url"), message);
        assertFalse(message.contains("secret"), message);
    }

    @Test
    void anAddressInALogLineHoldsNoPassword() {
        assertEquals("db:5432/chat", DatabaseProblem.at("jdbc:postgresql://db:5432/chat?user=me&password=secret").address());
        assertEquals("db/chat", DatabaseProblem.at("jdbc:postgresql://me:secret@db/chat").address());
    }
}
