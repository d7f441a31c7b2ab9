package dev.parley.access;

import dev.parley.access.VerifiedTokens.Verified;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Clock;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Verifies tokens, each once: sockets that come with the same one share the work and its outcome. Signatures by a shared secret are
 * verified where the caller is; the others cost a hundred times as much and get threads of their own, of which there are few.
 */
@ApplicationScoped
class TokenVerifier {

    private static final long MAX_KEPT = 8L * 1024 * 1024;
    private static final int MAX_WAITING = 10_000;

    private final Keyring keyring;
    private final Jwks jwks;
    private final Map<String, String> required;
    private final Clock clock;
    private final WorkerExecutor workers;
    private final VerifiedTokens verified = new VerifiedTokens(MAX_KEPT);
    private final Map<String, CompletableFuture<Caller>> underWay = new ConcurrentHashMap<>();

    @Inject
    TokenVerifier(Keyring keyring, Jwks jwks, JwtConfig config, Vertx vertx) {
        this(keyring, jwks, config, vertx, Clock.systemUTC());
    }

    TokenVerifier(Keyring keyring, Jwks jwks, JwtConfig config, Vertx vertx, Clock clock) {
        this.keyring = keyring;
        this.jwks = jwks;
        this.required = Map.copyOf(config.require());
        this.clock = clock;
        this.workers = vertx.createSharedWorkerExecutor("parley-signatures", Math.max(2, Runtime.getRuntime().availableProcessors()));
    }

    @PreDestroy
    void close() {
        workers.close();
    }

    /** @throws CredentialsException when that is clear at once; otherwise the answer fails with it */
    Uni<Caller> verify(String compact) {
        String hash = VerifiedTokens.hash(compact);
        Verified known = verified.get(hash);
        if (known != null && (known.by() == null || jwks.holds(known.by()))) {
            return Uni.createFrom().item(stillGood(known.caller(), hash));
        }
        CompletableFuture<Caller> running = underWay.get(hash);
        if (running != null) {
            return answer(running);
        }
        Token token = Token.parse(compact);
        Jwks.Found key = token.algorithm() == null ? null : find(token);
        if (token.algorithm() == null || key == null && token.kid() == null) {
            throw CredentialsException.noSigner(token.kid());
        }
        if (key != null && token.algorithm().isShared()) {
            return Uni.createFrom().item(verify(token, key, hash));
        }
        return later(token, key, hash);
    }

    private Uni<Caller> later(Token token, Jwks.Found key, String hash) {
        if (underWay.size() >= MAX_WAITING) {
            throw new IllegalStateException("too many tokens wait to be verified");
        }
        CompletableFuture<Caller> fresh = new CompletableFuture<>();
        CompletableFuture<Caller> running = underWay.putIfAbsent(hash, fresh);
        if (running != null) {
            return answer(running);
        }
        Future<Jwks.Found> found = key != null ? Future.succeededFuture(key) : jwks.lookAgain().map(read -> find(token));
        found.compose(by -> by == null
                        ? Future.failedFuture(CredentialsException.noSigner(token.kid()))
                        : workers.executeBlocking(() -> verify(token, by, hash), false))
                .onComplete(outcome -> {
                    underWay.remove(hash);
                    if (outcome.succeeded()) {
                        fresh.complete(outcome.result());
                    } else {
                        fresh.completeExceptionally(outcome.cause());
                    }
                });
        return answer(fresh);
    }

    private static Uni<Caller> answer(CompletableFuture<Caller> shared) {
        // a copy each: cancelling a subscription cancels the future below it
        return Uni.createFrom().completionStage(shared::copy);
    }

    /** The key that the token names, or the shared secret where that serves. */
    private Jwks.Found find(Token token) {
        Jwks.Found named = jwks.find(token.kid(), token.algorithm());
        if (named == null && token.algorithm().isShared() && keyring.tokenKey() != null) {
            return new Jwks.Found(keyring.tokenKey(), null);
        }
        return named;
    }

    private Caller verify(Token token, Jwks.Found by, String hash) {
        if (!token.algorithm().verify(token.signature(), by.key(), token.signed())) {
            throw CredentialsException.badSignature();
        }
        Caller caller = Claims.caller(token, required, now());
        verified.put(hash, new Verified(caller, by.from()));
        return caller;
    }

    private Caller stillGood(Caller caller, String hash) {
        long expires = caller.expiresAt().getEpochSecond();
        if (expires <= now()) {
            verified.remove(hash);
            throw CredentialsException.expired(now() - expires);
        }
        return caller;
    }

    private long now() {
        return clock.instant().getEpochSecond();
    }
}
