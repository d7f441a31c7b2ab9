package dev.parley.conversation;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** Settings of the writer. */
@ConfigMapping(prefix = "parley.writer")
public interface WriterConfig {

    /** Transactions in flight at most; whatever arrives meanwhile forms the next batch. */
    @WithDefault("2")
    int transactions();

    /** Messages that must wait before a further transaction is begun beside one in flight; fewer are cheaper stored together, after it. */
    @WithDefault("24")
    int overlap();

    /** Messages in one transaction, at most. */
    @WithDefault("500")
    int batch();

    /** Transactions that wait for conversations which somebody else has locked. */
    @WithDefault("4")
    int waiters();

    /** Messages accepted and not yet stored; more are refused as overloaded. */
    @WithDefault("50000")
    int queue();

    /** Bytes of messages accepted and not yet stored, about; more are refused likewise. */
    @WithDefault("67108864")
    long queueBytes();

    /** How long a message may wait for the database or for a locked conversation before its sender is told to try again. */
    @WithDefault("20s")
    Duration patience();
}
