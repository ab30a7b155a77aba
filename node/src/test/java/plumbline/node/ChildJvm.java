package plumbline.node;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.URL;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.sqlite.JDBC;
import plumbline.engine.request.RequestException;
import plumbline.exact.Fixed;
import plumbline.verify.Digest;
import tools.jackson.core.JsonParser;
import tools.jackson.databind.json.JsonMapper;

/// Starts classes of the tests in a JVM of their own, to be killed.
final class ChildJvm {

    private ChildJvm() {}

    /// @param temp a folder that goes away with the test: SQLite unpacks its library there
    static Process start(Class<?> main, Path temp, String... arguments) throws IOException {
        return start(256, main, temp, Map.of(), arguments);
    }

    /// @param environment more variables for the child
    static Process start(Class<?> main, Path temp, Map<String, String> environment,
            String... arguments) throws IOException {
        return start(256, main, temp, environment, arguments);
    }

    static Process start(int heapMebibytes, Class<?> main, Path temp, String... arguments) throws IOException {
        return start(heapMebibytes, main, temp, Map.of(), arguments);
    }

    private static Process start(int heapMebibytes, Class<?> main, Path temp, Map<String, String> environment,
            String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx" + heapMebibytes + "m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Djava.io.tmpdir=" + temp,
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                classPath(),
                main.getName()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment().putAll(environment);
        return builder.start();
    }

    // Not java.class.path: a test runner may load the tests otherwise.
    private static String classPath() {
        return Stream.of(
                        ChildJvm.class, Node.class, RequestException.class, Digest.class, Fixed.class,
                        JDBC.class, JsonMapper.class, JsonParser.class,
                        JsonProperty.class)
                .map(type -> Path.of(URI.create(
                        type.getProtectionDomain().getCodeSource().getLocation().toString())).toString())
                .distinct()
                .collect(Collectors.joining(File.pathSeparator))
                + File.pathSeparator + jars();
    }

    // Every jar that the tests see, the web server's among them: each has a manifest.
    private static String jars() {
        return ChildJvm.class.getClassLoader().resources("META-INF/MANIFEST.MF")
                .map(URL::getPath)
                .filter(path -> path.startsWith("file:") && path.contains("!/"))
                .map(path -> Path.of(URI.create(path.substring(0, path.indexOf("!/")))).toString())
                .distinct()
                .collect(Collectors.joining(File.pathSeparator));
    }
}
