package dev.parley.access;

import dev.parley.access.RecentAnswers.Asking;
import dev.parley.access.RecentAnswers.Question;
import dev.parley.database.Connections;
import dev.parley.database.Database;
import dev.parley.database.ExpendablePool;
import dev.parley.database.Reminder;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Future;
import io.vertx.pgclient.PgException;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jboss.logging.Logger;

/**
 * What the database's policies let a caller do on a private channel. Any thread; never blocks.
 *
 * <p>It is the row level security of {@code realtime.messages} that answers, in one round trip: see the migration of {@code channel_rights}. An answer serves
 * all who ask the same while it is on its way or shortly after: a client that asks again and again must not keep the connections from the others.
 */
@ApplicationScoped
public class ChannelPolicies {

    private static final Logger LOG = Logger.getLogger(ChannelPolicies.class);
    private static final String ASK = "select outcome, broadcast_read, broadcast_write, presence_read, presence_write, problem "
            + "from parley.channel_rights($1, $2, $3, $4)";
    /** A live server ends a statement by itself before we take its connection for dead. */
    private static final String SESSION = "set statement_timeout = '5s'; set lock_timeout = '3s'; set jit = off; set parley.asks_policies = 'on'; "
            // what functions of policies say for their authors would end up in our log
            + "set client_min_messages = 'error'";
    private static final long DEAD_MS = 7_000;
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    /** For a connection to be free. Less than a join waits, so that what is asked then is in time for it. */
    private static final Duration PATIENCE_IN_THE_QUEUE = Duration.ofSeconds(4);
    private static final String TOO_MANY = "more of them are asked than can be answered in time. Clients try again; parley.realtime.private.connections may be raised";
    private static final int MAX_TOPIC = 1_024;
    private static final int MAX_SAID = 200;
    /** Topics and hashes: 10 MB at the worst. */
    private static final int MAX_ANSWERS = 4_000;

    private final Database database;
    private final PrivateChannelConfig config;
    private final RecentAnswers answers;
    private final Set<String> said = ConcurrentHashMap.newKeySet();
    private final Reminder trouble = new Reminder(Duration.ofSeconds(30));
    private final Reminder raised = new Reminder(Duration.ofSeconds(30));
    private final ExpendablePool pool;

    ChannelPolicies(Connections connections, Database database, PrivateChannelConfig config) {
        this.pool = new ExpendablePool(() -> connections.pool(connections.options("parley-policies"), config.connections(), SESSION), DEAD_MS);
        this.database = database;
        this.config = config;
        this.answers = new RecentAnswers(config.maxAnswerAge(), PATIENCE_IN_THE_QUEUE, MAX_ANSWERS);
    }

    /**
     * @param topic  the sub topic, without {@code realtime:}
     * @param lately whether what was answered a moment ago will do
     * @return the rights, on any thread; fails when the database can't be asked
     */
    public Uni<ChannelRights> rights(Caller caller, String topic, boolean lately) {
        if (!storable(topic)) {
            return Uni.createFrom().item(ChannelRights.NONE);
        }
        Uni<Void> schema = database.ready() ? Uni.createFrom().voidItem() : database.migrated().ifNoItem().after(PATIENCE).fail();
        return schema.chain(inPlace -> Uni.createFrom().completionStage(() -> answer(caller, topic, lately).toCompletionStage()));
    }

    /** Whether {@link #rights} of these need no question of their own: it was asked a moment ago, or is being asked. */
    boolean areKnown(Caller caller, String topic) {
        return answers.has(Question.of(caller, topic));
    }

    private Future<ChannelRights> answer(Caller caller, String topic, boolean lately) {
        return answers.get(Question.of(caller, topic), lately, asking -> ask(caller, topic, asking));
    }

    /** Where more is asked than the database answers in time, it answers those who still wait: else it would be busy with the questions of those who gave up. */
    private Future<ChannelRights> ask(Caller caller, String topic, Asking asking) {
        Tuple question = Tuple.of(caller.role(), topic, caller.claims(), caller.subject());
        return pool.askOne(connection -> !asking.begins() ? Future.failedFuture(TOO_MANY) : connection.preparedQuery(ASK).execute(question)
                        .map(rows -> rights(rows.iterator().next(), caller.role(), connection.databaseMetadata().majorVersion())))
                .onFailure(failure -> trouble.say(() ->
                        LOG.warn("The policies of private channels can't be asked: " + plain(failure.getMessage()) + remedy(failure))));
    }

    /** A "no" by a policy is an answer: what is left is that the service itself may not add a row to try it on. */
    private static String remedy(Throwable failure) {
        boolean right = failure instanceof PgException database && "42501".equals(database.getSqlState());
        return right ? ". The role that Parley runs as needs USAGE on schema realtime, and must own realtime.messages or have INSERT on it "
                + "and BYPASSRLS" : "";
    }

    private ChannelRights rights(Row row, String role, int server) {
        return switch (row.getString(0)) {
            case "asked" -> asked(row, role);
            case "no such role" -> withoutRole(role, "the database has no such role");
            // from 16 on a membership may be without the right to take the role, and to grant it once more does not change that
            default -> withoutRole(role, "the role that Parley runs as may not take it: GRANT " + plain(role) + " TO it" + (server >= 16 ? " WITH SET TRUE" : ""));
        };
    }

    private ChannelRights asked(Row row, String role) {
        String problem = row.getString(5);
        if (problem != null) {
            raised.say(() -> LOG.warn("A policy on realtime.messages failed for role " + plain(role) + ", which counts as a no: " + plain(problem)));
        }
        return new ChannelRights(row.getBoolean(1), row.getBoolean(2), row.getBoolean(3), row.getBoolean(4));
    }

    private ChannelRights withoutRole(String role, String why) {
        boolean allowed = config.withoutRoles() == PrivateChannelConfig.WithoutRole.ALLOW;
        // the names come from tokens: whoever may make those could make up any number
        if (said.size() < MAX_SAID && said.add(role + why)) {
            LOG.warn("Private channels are " + (allowed ? "open" : "closed") + " to role " + plain(role)
                    + ", by parley.realtime.private.without-roles: " + why);
        }
        return allowed ? ChannelRights.ALL : ChannelRights.NONE;
    }

    /** What PostgreSQL can't hold, or not as it is, no policy can judge. */
    private static boolean storable(String topic) {
        return topic.length() <= MAX_TOPIC && topic.indexOf('\0') < 0 && StandardCharsets.UTF_8.newEncoder().canEncode(topic);
    }

    /** Words from outside, fit for one line of the log. */
    private static String plain(String text) {
        String line = text == null ? "no reason given" : text.replaceAll("\\p{Cntrl}+", " ");
        return line.substring(0, Math.min(line.length(), 300));
    }

    @PreDestroy
    void close() {
        pool.close();
    }
}
