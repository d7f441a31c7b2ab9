package dev.parley.deploy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** What lies in {@code deploy} goes with the service that it deploys. */
class DeployTest {

    private static final Pattern VARIABLE = Pattern.compile("\\b((?:PARLEY|QUARKUS)_[A-Z0-9_]+)\\b");
    private static final Pattern DOCUMENTED = Pattern.compile("`((?:parley|quarkus)\\.[a-z0-9.-]+)`");

    @Test
    void everySettingNamedIsOneThatTheReadmeDocuments() throws IOException {
        Set<String> documented = matches(DOCUMENTED, Files.readString(Path.of("README.md"))).stream()
                .map(name -> name.toUpperCase(Locale.ROOT).replaceAll("[^A-Z0-9]", "_")).collect(Collectors.toSet());
        Set<String> named = new TreeSet<>();
        try (Stream<Path> files = Files.walk(Path.of("deploy"))) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                named.addAll(matches(VARIABLE, Files.readString(file)));
            }
        }
        assertTrue(named.size() > 5, () -> "few settings found: " + named);
        named.removeAll(documented);
        assertEquals(Set.of(), named, "settings that the README does not know");
    }

    @Test
    void theManifestsRenderWithProbesDrainTimeAndNoRights() throws Exception {
        Assumptions.assumeTrue(onPath("kubectl"), "no kubectl on the PATH: the manifests are not rendered");
        Process process = new ProcessBuilder("kubectl", "kustomize", "deploy/kubernetes").redirectErrorStream(true).start();
        String rendered = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(process.waitFor(60, TimeUnit.SECONDS));
        assertEquals(0, process.exitValue(), rendered);
        for (String kind : new String[] {"Deployment", "Service", "Ingress", "Secret", "PodDisruptionBudget"}) {
            assertTrue(rendered.contains("kind: " + kind + "\n"), () -> "no " + kind + " in\n" + rendered);
        }
        for (String part : new String[] {"path: /q/health/ready", "path: /q/health/live", "terminationGracePeriodSeconds: 30", "readOnlyRootFilesystem: true",
                "runAsNonRoot: true", "proxy-read-timeout", "image: parley:jvm"}) {
            assertTrue(rendered.contains(part), () -> "no " + part + " in\n" + rendered);
        }
    }

    @Test
    void theImagesAreMadeOfWhatTheProfilesBuildAndRunWithoutRoot() throws IOException {
        String pom = Files.readString(Path.of("pom.xml"));
        for (String[] image : new String[][] {{"jvm", "aot", "quarkus-app/parley.aot", "/opt/parley/parley.aot"}, {"native", "native", "-runner<", "/target/*-runner "}}) {
            String file = Files.readString(Path.of("deploy", "Dockerfile." + image[0]));
            assertTrue(file.contains(" -P" + image[1] + " ") && pom.contains("<id>" + image[1] + "</id>"), () -> "profile " + image[1] + " in\n" + file);
            assertTrue(pom.contains(image[2]) && file.contains(image[3]), () -> image[3] + " in\n" + file);
            String stage = file.substring(file.lastIndexOf("\nFROM "));
            assertTrue(stage.contains("\nUSER 10001:10001\n"), () -> "the user in\n" + stage);
        }
    }

    private static Set<String> matches(Pattern pattern, String text) {
        Set<String> found = new TreeSet<>();
        Matcher matcher = pattern.matcher(text);
        while (matcher.find()) {
            found.add(matcher.group(1));
        }
        return found;
    }

    private static boolean onPath(String program) {
        return Arrays.stream(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator)).anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
    }
}
