package dev.parley.database;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.net.KeyCertOptions;
import io.vertx.core.net.KeyStoreOptionsBase;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.core.net.TrustOptions;
import io.vertx.pgclient.PgConnectOptions;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.security.KeyStoreException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * Authorities, certificates and keys as they are in their files when a connection is made, since they are renewed while the service runs. The client by itself reads
 * them for a pool's first connection, and keeps what it made of them, or its failure, for all that follow: here it makes its own of managers that look up what
 * was last read. New options for each renewal would do as well, but the client keeps all that there ever were. Any thread.
 */
@Singleton
class TlsFiles {

    private record Trust(TrustOptions named, LastRead<X509ExtendedTrustManager> authorities, TrustOptions renewed) {
    }

    private record Key(KeyCertOptions named, LastRead<X509ExtendedKeyManager> keys, KeyCertOptions renewed) {
    }

    private final Vertx vertx;
    /** As many as there are URLs that name different ones: no map, since options have no hash of their own. */
    private final List<Trust> trusts = new ArrayList<>();
    private final List<Key> keys = new ArrayList<>();

    TlsFiles(Vertx vertx) {
        this.vertx = vertx;
    }

    /** For one connection: the same options where no file is named. Fails when files can't be used and never could. The future belongs to the caller's context. */
    Future<PgConnectOptions> read(PgConnectOptions options) {
        boolean trusting = isOfFiles(options.getTrustOptions());
        boolean certified = isOfFiles(options.getKeyCertOptions());
        if (!trusting && !certified) {
            return Future.succeededFuture(options);
        }
        return vertx.executeBlocking(() -> {
            PgConnectOptions read = new PgConnectOptions(options);
            if (trusting) {
                Trust trust = trust(options.getTrustOptions());
                trust.authorities.read();
                read.setTrustOptions(trust.renewed);
            }
            if (certified) {
                Key key = key(options.getKeyCertOptions());
                key.keys.read();
                read.setKeyCertOptions(key.renewed);
            }
            return read;
        }, false);
    }

    private static boolean isOfFiles(Object options) {
        return options instanceof PemTrustOptions || options instanceof PemKeyCertOptions || options instanceof KeyStoreOptionsBase;
    }

    private synchronized Trust trust(TrustOptions named) {
        return trusts.stream().filter(known -> known.named.equals(named)).findFirst().orElseGet(() -> {
            LastRead<X509ExtendedTrustManager> authorities = new LastRead<>(names(named), () -> authorities(named));
            Trust trust = new Trust(named, authorities, TrustOptions.wrap(new RenewedTrustManager(authorities)));
            trusts.add(trust);
            return trust;
        });
    }

    private synchronized Key key(KeyCertOptions named) {
        return keys.stream().filter(known -> known.named.equals(named)).findFirst().orElseGet(() -> {
            LastRead<X509ExtendedKeyManager> read = new LastRead<>(names(named), () -> keys(named));
            Key key = new Key(named, read, KeyCertOptions.wrap(new RenewedKeyManager(read)));
            keys.add(key);
            return key;
        });
    }

    /** Options keep what they once read, but for their copies. */
    private X509ExtendedTrustManager authorities(TrustOptions named) throws Exception {
        X509ExtendedTrustManager authorities = first(X509ExtendedTrustManager.class, named.copy().getTrustManagerFactory(vertx).getTrustManagers());
        if (authorities.getAcceptedIssuers().length == 0) {
            throw new KeyStoreException("there is no certificate in it");
        }
        return authorities;
    }

    private X509ExtendedKeyManager keys(KeyCertOptions named) throws Exception {
        X509ExtendedKeyManager read = first(X509ExtendedKeyManager.class, named.copy().getKeyManagerFactory(vertx).getKeyManagers());
        KeyPairs.check(read);
        return read;
    }

    private static <M> M first(Class<M> kind, Object[] managers) throws IOException {
        return Stream.of(managers).filter(kind::isInstance).map(kind::cast).findFirst().orElseThrow(() -> new IOException("this Java has no " + kind.getSimpleName()));
    }

    /** For the log. */
    private static String names(Object options) {
        if (options instanceof PemTrustOptions pem) {
            return String.join(", ", pem.getCertPaths());
        }
        if (options instanceof PemKeyCertOptions pem) {
            return String.join(", ", Stream.concat(pem.getCertPaths().stream(), pem.getKeyPaths().stream()).toList());
        }
        return ((KeyStoreOptionsBase) options).getPath();
    }
}
