package dev.parley.database;

import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgBuilder;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.pgclient.PgConnection;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.PoolOptions;
import io.vertx.sqlclient.SqlConnectOptions;
import io.vertx.sqlclient.SqlConnection;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** Connections of our own beside Quarkus' pool: same server and user, named for what they are for, with a session set up. */
@ApplicationScoped
public class Connections {

    /**
     * What every session needs, whatever is set for the role or the database. It may write, unless it says itself that it won't, and each of its statements sees
     * what has committed before it. A transaction's time is bounded
     * by us, by statement: one that is ended by {@code transaction_timeout} (PostgreSQL 17) takes its session along, and what reads long would never get through.
     * Nor may a session end because nothing is asked of it ({@code idle_session_timeout}, 14): one that listens is asked nothing, and what a pool keeps is for later.
     * What it says has committed is flushed, whatever else is to be waited for.
     */
    static final String EVERY_SESSION = """
            select set_config(t.name, '0', false) from (values ('transaction_timeout'), ('idle_session_timeout')) t (name) where current_setting(t.name, true) is not null;
            set default_transaction_read_only = off; set default_transaction_isolation = 'read committed'; set extra_float_digits = 1;
            select set_config('synchronous_commit', 'on', false) where current_setting('synchronous_commit') = 'off';
            """;
    /**
     * For sessions that a pool keeps: on a standby they end, after a second, so that whoever waits for one does not come again at once. An address that leads to a
     * new primary led to the old one before, which may be back as a standby and stay: nothing could be written there, and what its snapshots say is not so.
     */
    private static final String PRIMARY_ONLY = """
            do $$ begin
              if pg_catalog.pg_is_in_recovery() then
                begin perform pg_catalog.pg_sleep(1); exception when query_canceled then null; end;
                perform pg_catalog.pg_terminate_backend(pg_catalog.pg_backend_pid());
              end if;
            end $$;
            """;
    /** For sessions that read rows: they look the same whoever reads them, whatever is set for the role or the database. */
    public static final String SAME_TEXTS = "; set timezone = 'UTC'; set datestyle = 'ISO, MDY'; set bytea_output = hex; set intervalstyle = postgres";
    /**
     * For sessions in which nobody's triggers, policies or types are in force, which may name what they need without a schema. Where everybody may create in
     * {@code public} (any database made before PostgreSQL 15), a function or operator there that fits the arguments more closely than the system's own is called in
     * its place, with our rights; in all other sessions the statements say {@code pg_catalog} where that could be.
     */
    public static final String SYSTEM_NAMES_ONLY = "; set search_path = pg_catalog, pg_temp";
    /** What the client asks for at the start of each session though a pooler, as PgBouncer is by default, lets nobody in who does; it is set afterwards. */
    private static final String UNASKED = "extra_float_digits";

    private final Vertx vertx;
    private final Encryption encryption;
    private final TlsOffers tlsOffers;
    private final TlsFiles tlsFiles;
    private final Optional<List<String>> url;
    private final Optional<String> username;
    private final Optional<String> password;

    Connections(Vertx vertx, Encryption encryption, TlsOffers tlsOffers, TlsFiles tlsFiles,
                @ConfigProperty(name = "quarkus.datasource.reactive.url") Optional<List<String>> url,
                @ConfigProperty(name = "quarkus.datasource.username") Optional<String> username,
                @ConfigProperty(name = "quarkus.datasource.password") Optional<String> password) {
        this.vertx = vertx;
        this.encryption = encryption;
        this.tlsOffers = tlsOffers;
        this.tlsFiles = tlsFiles;
        this.url = url;
        this.username = username;
        this.password = password;
    }

    /** The service's database. */
    public PgConnectOptions options(String name) {
        return options(url(), name);
    }

    /** Another way to the same database, with the same user unless the URL names one, and encrypted alike but for what the URL says of that. */
    public PgConnectOptions options(String otherUrl, String name) {
        PgConnectOptions options = PgConnectOptions.fromUri(otherUrl.replaceFirst("^vertx-reactive:", ""));
        if (!otherUrl.contains("@")) {
            username.ifPresent(options::setUser);
            password.ifPresent(options::setPassword);
        }
        Map<String, String> said = new HashMap<>(DatabaseUrls.encryption(url()));
        said.putAll(DatabaseUrls.encryption(otherUrl));
        encryption.applyTo(options, said);
        options.setTcpKeepAlive(true).setConnectTimeout(10_000);
        options.setCachePreparedStatements(true);
        options.addProperty("application_name", name);
        return forAnyPooler(options);
    }

    /** Leaves out of the start of a session what poolers refuse; {@link #EVERY_SESSION} makes up for it. */
    static PgConnectOptions forAnyPooler(PgConnectOptions options) {
        options.getProperties().remove(UNASKED);
        return options;
    }

    private String url() {
        return url.filter(urls -> !urls.isEmpty()).map(urls -> urls.get(0))
                .orElseThrow(() -> new IllegalStateException("quarkus.datasource.reactive.url is not set"));
    }

    /** One connection, on the caller's context. */
    public Future<PgConnection> connect(PgConnectOptions options) {
        return tlsOffers.connect(options, settled -> tlsFiles.read(settled).compose(read -> PgConnection.connect(vertx, read))).onSuccess(Connections::withoutComplaint);
    }

    /** What breaks a connection its users learn by their statements and by its end, and say what matters; the client by itself would print a stack trace each time. */
    public static <C extends SqlConnection> C withoutComplaint(C connection) {
        connection.exceptionHandler(said -> { });
        return connection;
    }

    /** One connection that is a session of its own, see {@link OwnSession}, on the caller's context. */
    public Future<PgConnection> session(PgConnectOptions options) {
        return connect(options).compose(one -> OwnSession.require(one, () -> connect(options)).map(one).onFailure(failure -> one.close()));
    }

    /** The same in session state {@code setup} (SQL). */
    public Future<PgConnection> session(PgConnectOptions options, String setup) {
        return session(options).compose(connection -> prepare(connection, setup).map(connection).onFailure(failure -> connection.close()));
    }

    /** Puts a connection that came without in session state {@code setup} (SQL). */
    public static Future<?> prepare(SqlConnection connection, String setup) {
        return connection.query(EVERY_SESSION + setup).execute();
    }

    /** A pool whose connections all are in session state {@code setup} (SQL). */
    public Pool pool(PgConnectOptions options, int size, String setup) {
        return pool(options, size, setup, () -> { });
    }

    /** The same. @param connected called for each new connection once it is in that state, before it is used; on any event loop */
    public Pool pool(PgConnectOptions options, int size, String setup, Runnable connected) {
        return PgBuilder.pool().using(vertx).connectingTo(() -> forNext(options))
                .with(new PoolOptions().setMaxSize(size).setShared(false).setConnectionTimeout(10))
                .withConnectHandler(inSession(setup, connected))
                .build();
    }

    /** What a pool makes its next connection with: whether that is encrypted is settled, files are read. The future belongs to the caller's context. */
    Future<SqlConnectOptions> forNext(PgConnectOptions options) {
        return tlsOffers.settle(options).compose(tlsFiles::read).map(read -> read);
    }

    /** Puts a pool's new connection in session state {@code setup} (SQL) and hands it over. */
    static Handler<SqlConnection> inSession(String setup) {
        return inSession(setup, () -> { });
    }

    private static Handler<SqlConnection> inSession(String setup, Runnable connected) {
        return connection -> prepare(withoutComplaint(connection), PRIMARY_ONLY + setup).onComplete(done -> {
            connected.run();
            connection.close();
        });
    }
}
