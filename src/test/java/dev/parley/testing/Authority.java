package dev.parley.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/** A certificate authority of a test's own, made by the {@code keytool} of the tests' Java. Its files are PEM, below {@code target}. */
public final class Authority {

    private static final String PASSWORD = "changeit";

    private final Path folder;
    private final String name;

    private Authority(Path folder, String name) {
        this.folder = folder;
        this.name = name;
    }

    public static Authority make(String name) {
        try {
            Path folder = Files.createTempDirectory(Files.createDirectories(Path.of("target", "it-certificates").toAbsolutePath()), name);
            Authority made = new Authority(folder, name);
            made.generate(name, "-ext", "bc:c");
            made.keytool(name, "-exportcert", "-rfc", "-file", made.certificate().toString());
            return made;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The authority's own certificate. */
    public Path certificate() {
        return folder.resolve(name + ".crt");
    }

    /** A certificate and its key. */
    public record Identity(Path certificate, Path key) {
    }

    /** Issues a certificate to somebody, who may be a host. */
    public Identity issue(String commonName) {
        Identity issued = new Identity(folder.resolve(commonName + ".crt"), folder.resolve(commonName + ".key"));
        Path request = folder.resolve(commonName + ".csr");
        generate(commonName);
        keytool(commonName, "-certreq", "-file", request.toString());
        keytool(name, "-gencert", "-rfc", "-infile", request.toString(), "-outfile", issued.certificate.toString(), "-ext", "san=dns:" + commonName);
        writeKey(commonName, issued.key);
        return issued;
    }

    private void generate(String commonName, String... more) {
        List<String> arguments = new ArrayList<>(List.of("-genkeypair", "-dname", "CN=" + commonName, "-keyalg", "RSA", "-keysize", "2048", "-validity", "30"));
        arguments.addAll(List.of(more));
        keytool(commonName, arguments.toArray(String[]::new));
    }

    private void keytool(String alias, String... arguments) {
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-J-XX:TieredStopAtLevel=1", "-J-XX:+UseSerialGC"));
        command.addAll(List.of(arguments));
        command.addAll(List.of("-alias", alias, "-keystore", store(alias).toString(), "-storetype", "PKCS12", "-storepass", PASSWORD));
        try {
            Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (process.waitFor() != 0) {
                throw new IllegalStateException(command + " failed:\n" + said);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private Path store(String alias) {
        return folder.resolve(alias + ".p12");
    }

    /** Which keytool does not do. */
    private void writeKey(String alias, Path file) {
        try {
            KeyStore store = KeyStore.getInstance(store(alias).toFile(), PASSWORD.toCharArray());
            byte[] key = store.getKey(alias, PASSWORD.toCharArray()).getEncoded();
            String text = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(key);
            Files.writeString(file, "-----BEGIN PRIVATE KEY-----\n" + text + "\n-----END PRIVATE KEY-----\n");
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
