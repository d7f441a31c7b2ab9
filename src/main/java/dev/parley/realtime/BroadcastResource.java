package dev.parley.realtime;

import dev.parley.access.Caller;
import dev.parley.access.Credentials;
import dev.parley.access.CredentialsException;
import dev.parley.access.Origins;
import dev.parley.broadcast.Broadcast;
import dev.parley.broadcast.Topic;
import dev.parley.broadcast.TopicHub;
import dev.parley.conversation.RootPath;
import dev.parley.realtime.BroadcastBatch.Item;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/**
 * Broadcasts by REST: {@code POST /api/broadcast} and {@code POST /api/broadcast/{topic}/events/{event}}, and the protocol's two paths that say that the
 * service is there; all under {@code /realtime/v1} too. From any origin.
 *
 * <p>A filter in front of Quarkus' routes: their limit of a body is lower, and these paths have a CORS rule of their own. On the event loop; never waits.
 */
@ApplicationScoped
class BroadcastResource {

    private static final Logger LOG = Logger.getLogger(BroadcastResource.class);
    private static final int BEFORE_REST = 2_000;
    private static final long AUTH_TIMEOUT_MS = 10_000;
    private static final int MAX_BATCH_BYTES = 8_000_000;
    /** Each costs a question to the database. */
    private static final int MAX_PRIVATE_TOPICS = 100;
    private static final String PROTOCOL = "/realtime/v1";
    private static final Pattern EVENT = Pattern.compile("/api/broadcast/([^/]+)/events/([^/]+)");
    private static final String JSON = "application/json";
    private static final String BYTES = "application/octet-stream";
    private static final String BEARER = "bearer ";
    private static final String NOT_NOW = "The database cannot be reached at the moment";

    private final Credentials credentials;
    private final RestQuestions questions;
    private final TopicHub hub;
    private final StoredBroadcasts stored;
    private final RealtimeSettings settings;
    private final CallerRates rates;
    private final Vertx vertx;
    private final String root;

    BroadcastResource(Credentials credentials, RestQuestions questions, TopicHub hub, StoredBroadcasts stored, RealtimeSettings settings, Vertx vertx,
            @ConfigProperty(name = "parley.realtime.max-rest-events-per-second", defaultValue = "1000") int perSecond,
            RootPath root) {
        this.credentials = credentials;
        this.questions = questions;
        this.hub = hub;
        this.stored = stored;
        this.settings = settings;
        this.rates = new CallerRates(perSecond);
        this.vertx = vertx;
        this.root = root.base();
    }

    void register(@Observes Filters filters) {
        filters.register(this::serve, BEFORE_REST);
    }

    private void serve(RoutingContext context) {
        String path = context.request().path();
        if (path == null || !path.startsWith(root)) {
            context.next();
            return;
        }
        String rest = path.substring(root.length());
        String local = rest.startsWith(PROTOCOL + "/") ? rest.substring(PROTOCOL.length()) : rest;
        Matcher event = EVENT.matcher(local);
        if (local.equals("/healthcheck")) {
            look(context, "text/plain", "ok");
        } else if (local.equals("/api/ping")) {
            look(context, JSON, "{\"message\":\"Success\"}");
        } else if (local.equals("/api/broadcast")) {
            post(context, this::batch);
        } else if (event.matches()) {
            post(context, (request, caller, name) -> single(request, caller, name, event.group(1), event.group(2)));
        } else {
            context.next();
        }
    }

    private static void look(RoutingContext context, String type, String body) {
        HttpMethod method = context.request().method();
        if (method == HttpMethod.OPTIONS) {
            preflight(context);
        } else if (method == HttpMethod.GET || method == HttpMethod.HEAD) {
            open(context.response()).putHeader(HttpHeaders.CONTENT_TYPE, type).end(method == HttpMethod.HEAD ? "" : body);
        } else {
            notAllowed(context, "GET, HEAD, OPTIONS");
        }
    }

    /** What to do with a post, on the request's event loop. Fails with {@link RestRefusal}. */
    private interface Post {

        /** @param name whose allowance it is; one has been taken of it */
        Future<Void> by(HttpServerRequest request, Caller caller, String name);
    }

    private void post(RoutingContext context, Post post) {
        HttpServerRequest request = context.request();
        if (request.method() == HttpMethod.OPTIONS) {
            preflight(context);
            return;
        }
        if (request.method() != HttpMethod.POST) {
            notAllowed(context, "POST, OPTIONS");
            return;
        }
        request.pause();
        caller(request).compose(caller -> {
            String name = name(caller, request);
            rates.take(name, 1); // before anything is read, and whatever comes of it: what is refused costs too
            return post.by(request, caller, name);
        }).onComplete(done -> {
            if (context.response().ended() || context.response().closed()) {
                return; // nobody is there to be told
            }
            if (done.succeeded()) {
                open(context.response()).setStatusCode(202).end();
            } else {
                refuse(context, done.cause());
            }
        });
    }

    private static void refuse(RoutingContext context, Throwable failure) {
        HttpServerResponse response = context.response();
        RestRefusal refusal = failure instanceof RestRefusal known ? known
                : failure instanceof RestBody.Endless ? RestRefusal.message(413, "Request Entity Too Large")
                : failure instanceof TimeoutException ? RestRefusal.message(408, "Request Timeout")
                : RestRefusal.message(500, "Internal Server Error");
        if (refusal.status() == 500) {
            LOG.error("a broadcast by REST failed", failure);
        }
        open(response).setStatusCode(refusal.status()).putHeader(HttpHeaders.CONTENT_TYPE, JSON);
        if (!context.request().isEnded() && context.request().version() != HttpVersion.HTTP_2) {
            // what is not read of the body would be taken for the next request; by HTTP/2 Quarkus passes over it
            response.putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
            response.end(refusal.body()).onComplete(sent -> context.request().connection().close());
        } else {
            response.end(refusal.body());
        }
    }

    private Future<Caller> caller(HttpServerRequest request) {
        String credential;
        try {
            credential = credential(request);
        } catch (IllegalArgumentException e) {
            return Future.failedFuture(RestRefusal.message(400, "Bad Request"));
        }
        return here(Futures.of(credentials.check(credential)).timeout(AUTH_TIMEOUT_MS, TimeUnit.MILLISECONDS)).recover(failure ->
                Future.failedFuture(failure instanceof CredentialsException ? RestRefusal.message(401, "Unauthorized") : RestRefusal.message(503, NOT_NOW)));
    }

    /** A query that is not encoded as it should be is an {@link IllegalArgumentException}. */
    private static String credential(HttpServerRequest request) {
        String authorization = request.getHeader(HttpHeaders.AUTHORIZATION);
        if (authorization != null && authorization.toLowerCase(Locale.ROOT).startsWith(BEARER)) {
            return authorization.substring(BEARER.length()).strip();
        }
        String injected = request.getHeader("x-api-key");
        String key = injected != null ? injected : request.getHeader("apikey");
        return key != null ? key : request.getParam("apikey");
    }

    private Future<Void> batch(HttpServerRequest request, Caller caller, String name) {
        if (!JSON.equals(mediaType(request))) {
            return Future.failedFuture(RestRefusal.error(415, "Unsupported Media Type"));
        }
        int limit = Math.max(MAX_BATCH_BYTES, settings.maxBroadcastBytes);
        return RestBody.read(request, limit, RestRefusal.message(413, "Request Entity Too Large")).compose(body -> {
            List<Item> items = BroadcastBatch.read(text(body), settings.maxBroadcastBytes, rates.burst());
            rates.take(name, items.size() - 1);
            return writable(name, caller, items).onSuccess(writable -> items.forEach(item -> {
                // what may not be said is left out without a word
                if (!item.topic().isPrivate() || writable.get(item.topic().name())) {
                    hub.publish(item.topic(), item.broadcast(), null);
                }
            })).mapEmpty();
        });
    }

    private Future<Void> single(HttpServerRequest request, Caller caller, String name, String encodedTopic, String encodedEvent) {
        String type = mediaType(request);
        boolean json = JSON.equals(type);
        if (!json && !BYTES.equals(type)) {
            return Future.failedFuture(RestRefusal.error(415, "Unsupported Media Type"));
        }
        Topic topic;
        String event;
        boolean persist;
        try {
            topic = new Topic(decoded(encodedTopic), "true".equals(request.getParam("private")));
            event = decoded(encodedEvent);
            persist = persist(request, topic);
        } catch (IllegalArgumentException e) {
            return Future.failedFuture(RestRefusal.message(400, "Bad Request"));
        }
        requireName("topic", topic.name());
        requireName("event", event);
        RestRefusal tooLarge = RestRefusal.invalid("payload", "Payload size exceeds tenant limit");
        return RestBody.read(request, settings.maxBroadcastBytes, tooLarge).compose(body -> {
            byte[] payload = json && body.length == 0 ? RawJson.bytes("{}") : body;
            if (json && !RawJson.isValid(payload)) {
                throw RestRefusal.message(400, "Bad Request");
            }
            Item item = new Item(topic, Broadcast.of(event, payload, json, null));
            return writable(name, caller, List.of(item)).compose(writable -> {
                if (topic.isPrivate() && !writable.get(topic.name())) {
                    throw RestRefusal.message(403, "Unauthorized");
                }
                return say(item, persist);
            });
        });
    }

    private Future<Void> say(Item item, boolean persist) {
        if (persist) {
            return here(stored.store(item.topic().name(), item.broadcast())).recover(failure -> Future.failedFuture(notStored(failure))).mapEmpty();
        }
        hub.publish(item.topic(), item.broadcast(), null);
        return Future.succeededFuture();
    }

    private static RestRefusal notStored(Throwable failure) {
        return failure instanceof Unstorable unstorable ? RestRefusal.invalid(unstorable.field(), "can't be stored")
                : RestRefusal.message(503, failure instanceof UnknownOutcome ? "It is not known whether the broadcast was stored" : "The broadcast could not be stored");
    }

    private static boolean persist(HttpServerRequest request, Topic topic) {
        String ttl = request.getParam("persist[ttl]");
        if (ttl != null && !ttl.matches("0*[1-9][0-9]{0,8}")) {
            throw RestRefusal.message(422, "persist ttl must be a positive integer");
        }
        boolean persist = ttl != null || "true".equals(request.getParam("persist"));
        if (persist && !topic.isPrivate()) {
            throw RestRefusal.invalid("persist", "can only be used on private channels");
        }
        return persist;
    }

    /** Which private topics the caller may write to. */
    private Future<Map<String, Boolean>> writable(String name, Caller caller, List<Item> items) {
        Set<String> topics = new LinkedHashSet<>();
        items.stream().map(Item::topic).filter(Topic::isPrivate).forEach(topic -> topics.add(topic.name()));
        if (topics.size() > MAX_PRIVATE_TOPICS) {
            throw CallerRates.tooLarge();
        }
        Map<String, Boolean> writable = new HashMap<>();
        Future<Void> asked = Future.succeededFuture();
        long latest = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(AUTH_TIMEOUT_MS);
        for (String topic : topics) {
            asked = asked.compose(before -> questions.ask(name, caller, topic, latest))
                    .onSuccess(rights -> writable.put(topic, rights.broadcastWrite())).mapEmpty();
        }
        return here(asked.timeout(AUTH_TIMEOUT_MS, TimeUnit.MILLISECONDS))
                .recover(failure -> Future.failedFuture(RestRefusal.message(503, NOT_NOW))).map(writable);
    }

    /** Whose allowance it is: a key that many share counts for each address apart. */
    private static String name(Caller caller, HttpServerRequest request) {
        return caller.role() + (caller.subject() != null ? " " + caller.subject() : "@" + request.remoteAddress().hostAddress());
    }

    private static void requireName(String field, String name) {
        if (name.isBlank()) {
            throw RestRefusal.invalid(field, "can't be blank");
        }
        if (name.getBytes(StandardCharsets.UTF_8).length > BroadcastBatch.MAX_NAME) {
            throw RestRefusal.invalid(field, "should be at most " + BroadcastBatch.MAX_NAME + " byte(s)");
        }
    }

    private static String decoded(String part) {
        // a plus sign in a path is one
        return QueryStringDecoder.decodeComponent(part.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    private static String mediaType(HttpServerRequest request) {
        String type = request.getHeader(HttpHeaders.CONTENT_TYPE);
        return type == null ? "" : type.replaceFirst(";.*", "").strip().toLowerCase(Locale.ROOT);
    }

    private static String text(byte[] body) {
        try {
            return RawJson.text(ByteBuffer.wrap(body));
        } catch (CharacterCodingException e) {
            throw RestRefusal.message(400, "Bad Request");
        }
    }

    /** The outcome back on this event loop. */
    private <T> Future<T> here(Future<T> elsewhere) {
        Context context = vertx.getOrCreateContext();
        Promise<T> promise = Promise.promise();
        elsewhere.onComplete(done -> context.runOnContext(back -> promise.handle(done)));
        return promise.future();
    }

    private static void notAllowed(RoutingContext context, String allowed) {
        open(context.response()).setStatusCode(405).putHeader(HttpHeaders.ALLOW, allowed).putHeader(HttpHeaders.CONTENT_TYPE, JSON)
                .end("{\"message\":\"Method Not Allowed\"}");
    }

    private static void preflight(RoutingContext context) {
        open(context.response()).setStatusCode(204)
                .putHeader(HttpHeaders.ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, OPTIONS")
                // nothing here goes by cookies, so later clients may bring headers that nobody here knows
                .putHeader(HttpHeaders.ACCESS_CONTROL_ALLOW_HEADERS,
                        Origins.requestedHeaders(context.request()).orElse("authorization, apikey, content-type, x-client-info"))
                .putHeader(HttpHeaders.ACCESS_CONTROL_MAX_AGE, "86400")
                .putHeader(HttpHeaders.VARY, HttpHeaders.ACCESS_CONTROL_REQUEST_HEADERS)
                .end();
    }

    private static HttpServerResponse open(HttpServerResponse response) {
        return response.putHeader(HttpHeaders.ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    }
}
