package dev.parley.access;

import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.runtime.configuration.ConfigurationException;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import java.net.URI;
import java.net.URISyntaxException;
import java.security.Key;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * The public keys: those of the settings, and those at the URL, read at the start, now and then, and when a token names a key that is not
 * among them. While the URL is away, or answers nonsense, the keys that were there last go on holding. Any thread; never blocks.
 */
@ApplicationScoped
class Jwks {

    private static final Logger LOG = Logger.getLogger(Jwks.class);
    private static final int MAX_BYTES = 256 * 1024;
    private static final int TIMEOUT_MS = 5_000;
    private static final long RETRY_MS = 10_000;
    /** Anybody can make up a key's name: that must not make us hammer the URL. */
    private static final long LEAST_PAUSE_MS = 3_000;

    private final Vertx vertx;
    private final URI url;
    private final long refreshMs;
    private final long leastPauseMs;
    private final KeySet configured;
    private volatile KeySet fetched = KeySet.EMPTY;

    private HttpClient client;
    private Future<Void> fetching;
    private boolean fetchedOnce;
    private long fetchedAt;
    private long timer = -1;
    private boolean stopped;
    private String content;
    private String trouble;

    @Inject
    Jwks(Vertx vertx, JwtConfig config) {
        this(vertx, config, LEAST_PAUSE_MS);
    }

    Jwks(Vertx vertx, JwtConfig config, long leastPauseMs) {
        this.vertx = vertx;
        this.leastPauseMs = leastPauseMs;
        this.url = config.jwksUrl().map(Jwks::url).orElse(null);
        this.refreshMs = Math.max(1_000, config.jwksRefresh().toMillis());
        this.configured = config.jwks().map(Jwks::configured).orElse(KeySet.EMPTY);
    }

    void start(@Observes StartupEvent event) {
        lookAgain();
    }

    synchronized void stop(@Observes ShutdownEvent event) {
        stopped = true;
        vertx.cancelTimer(timer);
        if (client != null) {
            client.close();
        }
    }

    /** A key and where it is from: it holds for as long as {@link #holds} says so. */
    record Found(Key key, KeySet from) {
    }

    /** The key of that name that the algorithm takes, null when it is not there or no name is given. */
    Found find(String kid, TokenAlgorithm algorithm) {
        if (kid == null) {
            return null;
        }
        KeySet current = fetched;
        Key key = configured.find(kid, algorithm);
        if (key != null) {
            return new Found(key, configured);
        }
        key = current.find(kid, algorithm);
        return key == null ? null : new Found(key, current);
    }

    /** Whether these keys have not been replaced by others. */
    boolean holds(KeySet keys) {
        return keys == configured || keys == fetched;
    }

    /** Reads the URL again, unless that was done a moment ago. Completes when what there is to know is known; never fails. */
    synchronized Future<Void> lookAgain() {
        if (fetching != null) {
            return fetching;
        }
        boolean tooSoon = fetchedOnce && System.nanoTime() - fetchedAt < leastPauseMs * 1_000_000;
        return url == null || stopped || tooSoon ? Future.succeededFuture() : fetch();
    }

    private Future<Void> fetch() {
        fetchedOnce = true;
        fetchedAt = System.nanoTime();
        vertx.cancelTimer(timer);
        if (client == null) {
            client = vertx.createHttpClient(new HttpClientOptions().setConnectTimeout(TIMEOUT_MS).setMaxPoolSize(1).setKeepAlive(false));
        }
        Promise<Void> done = Promise.promise();
        fetching = done.future();
        String known = content;
        read(client).compose(text -> vertx.executeBlocking(() -> parsed(text, known), false)).onComplete(answer -> {
            synchronized (this) {
                if (answer.succeeded()) {
                    take(answer.result());
                } else {
                    failed(answer.cause());
                }
                fetching = null;
                if (!stopped) {
                    timer = vertx.setTimer(trouble == null ? refreshMs : Math.min(refreshMs, RETRY_MS), tick -> lookAgain());
                }
            }
            done.complete();
        });
        return done.future();
    }

    private Future<String> read(HttpClient from) {
        RequestOptions options = new RequestOptions().setMethod(HttpMethod.GET).setAbsoluteURI(url.toString()).setTimeout(TIMEOUT_MS)
                .putHeader("Accept", "application/json");
        return from.request(options).compose(request -> request.send().compose(Jwks::body)
                .timeout(TIMEOUT_MS, TimeUnit.MILLISECONDS).onFailure(failure -> request.reset()));
    }

    private static Future<String> body(HttpClientResponse response) {
        Promise<String> read = Promise.promise();
        Buffer all = Buffer.buffer();
        response.exceptionHandler(read::tryFail);
        if (response.statusCode() != 200) {
            return Future.failedFuture("it answered with status " + response.statusCode());
        }
        response.endHandler(end -> read.tryComplete(all.toString()));
        response.handler(part -> {
            if (all.length() + part.length() > MAX_BYTES) {
                read.tryFail("it answered with more than " + MAX_BYTES + " bytes");
            } else {
                all.appendBuffer(part);
            }
        });
        return read.future();
    }

    /** @param keys null when they are the ones known already */
    private record Answer(String content, KeySet keys) {
    }

    private static Answer parsed(String content, String known) {
        return new Answer(content, content.equals(known) ? null : KeySet.parse(content));
    }

    private void take(Answer answer) {
        content = answer.content();
        // the same keys as before stay the same object: tokens that were verified by them need not be verified again
        if (answer.keys() != null) {
            fetched = answer.keys();
        }
        if (trouble != null) {
            LOG.info("parley.jwt.jwks-url can be read again: " + fetched.size() + " keys");
        }
        trouble = null;
    }

    private void failed(Throwable cause) {
        String reason = cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
        if (!reason.equals(trouble) && !stopped) {
            LOG.warn("parley.jwt.jwks-url can't be read: " + reason + ". The keys read before go on holding; trying again");
        }
        trouble = reason;
    }

    private static URI url(String text) {
        try {
            URI url = new URI(text.strip());
            boolean web = "http".equalsIgnoreCase(url.getScheme()) || "https".equalsIgnoreCase(url.getScheme());
            if (web && url.getHost() != null) {
                return url;
            }
        } catch (URISyntaxException e) {
            // as below
        }
        throw new ConfigurationException("parley.jwt.jwks-url must be an address that begins with https:// or http://");
    }

    private static KeySet configured(String json) {
        try {
            return KeySet.parse(json);
        } catch (IllegalArgumentException e) {
            throw new ConfigurationException("parley.jwt.jwks is " + e.getMessage());
        }
    }
}
