package dev.parley.conversation;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.vertx.core.VertxException;
import io.vertx.pgclient.PgException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WriteFailureTest {

    @ParameterizedTest
    @CsvSource({"FATAL,53300,PAUSE", "FATAL,28P01,PAUSE", "FATAL,3D000,PAUSE", "FATAL,57P01,PAUSE", "PANIC,53100,PAUSE", "ERROR,25006,PAUSE",
            "ERROR,08001,SUSPECT", "ERROR,53100,SUSPECT", "ERROR,25001,SUSPECT", "ERROR,28000,SUSPECT", "ERROR,3D000,SUSPECT", "FEHLER,08001,SUSPECT",
            "ERROR,58030,SUSPECT", "ERROR,XX000,SUSPECT", "ERROR,40001,REPEAT", "ERROR,40P01,REPEAT", "ERROR,23505,REPEAT", "ERROR,23503,REPEAT", "ERROR,55P03,SPLIT", "ERROR,P0001,SPLIT"})
    void whatMayBeOneMessagesFaultDoesNotKeepAllOthersWaiting(String severity, String state, WriteFailure expected) {
        assertEquals(expected, WriteFailure.of(new PgException("no", severity, state, null)));
    }

    @Test
    void aServerThatDoesNotAnswerIsWaitedFor() {
        assertEquals(WriteFailure.PAUSE, WriteFailure.of(new VertxException("Connection was closed")));
    }
}
