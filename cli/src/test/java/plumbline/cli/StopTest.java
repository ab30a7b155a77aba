package plumbline.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/// `plumb up` as a process of its own, told to stop in the middle of an answer (spec/api.md A39, A122).
@Timeout(300)
final class StopTest {

    @TempDir
    Path folder;

    private Process node;
    private String url;

    private void launch(String drainSeconds) throws Exception {
        Path home = folder.resolve("node");
        Captured.run("publish", RealModel.file().toString(), "--name", "hub/smollm2", "--data", home.toString());
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules", "jdk.incubator.vector",
                "--enable-native-access=ALL-UNNAMED", "-cp", EditedModelTest.classPath(),
                "plumbline.cli.Main", "up", "--port", "0", "--log", "json", "--drain", drainSeconds, "--data",
                home.toString()));
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(folder.resolve("log").toFile());
        builder.environment().put("PLUMB_STATE", folder.resolve("marks").toString());
        builder.environment().remove("PLUMB_KERNEL");
        node = builder.start();
        url = new BufferedReader(new InputStreamReader(node.getInputStream(), StandardCharsets.UTF_8)).readLine();
        assertTrue(String.valueOf(url).startsWith("http://"), () -> url + ": " + log());
    }

    private String log() {
        try {
            return Files.readString(folder.resolve("log"));
        } catch (IOException e) {
            return e.toString();
        }
    }

    @AfterEach
    void kill() {
        node.destroyForcibly();
    }

    private HttpRequest ask(int tokens) {
        return HttpRequest.newBuilder(URI.create(url + "/v1/chat/completions"))
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString("{\"model\":\"hub/smollm2\",\"temperature\":0,\"stream\":true,"
                        + "\"logit_bias\":{\"0\":-100,\"2\":-100},\"max_tokens\":" + tokens
                        + ",\"messages\":[{\"role\":\"user\",\"content\":\"Tell of zanzibar.\"}]}")).build();
    }

    /// Stops the node after the third token; the rest of the stream.
    private String stoppedInTheMiddle(HttpClient client, int tokens) throws Exception {
        HttpResponse<Stream<String>> stream = client.send(ask(tokens), BodyHandlers.ofLines());
        StringBuilder rest = new StringBuilder();
        try (Stream<String> lines = stream.body()) {
            Iterator<String> events = lines.filter(line -> !line.isEmpty()).iterator();
            for (int i = 0; i < 4; i++) {
                events.next();
            }
            node.destroy();
            while (events.hasNext()) {
                rest.append(events.next()).append('\n');
            }
        }
        assertTrue(node.waitFor(60, TimeUnit.SECONDS));
        assertEquals(0, node.exitValue());
        String receipt = stream.headers().firstValue("plumb-receipt").orElseThrow();
        assertTrue(rest.toString().contains("\"receipt\":\"" + receipt), rest.toString());
        assertTrue(rest.toString().endsWith("data: [DONE]\n"), rest.toString());
        return rest.toString();
    }

    @Test
    void aStopLetsTheAnswerUnderWayEndAndLogsNoWordOfIt() throws Exception {
        launch("60");
        try (HttpClient client = HttpClient.newHttpClient()) {
            stoppedInTheMiddle(client, 24);
        }
        assertEquals("length", stop(), "all of it came");
        String log = log();
        assertFalse(log.contains("zanzibar") || log.contains("Zanzibar"), log);
        // A122: what the JVM says as it starts is not the node's.
        List<String> lines = log.lines().filter(text -> !text.startsWith("WARNING: Using incubator")).toList();
        assertTrue(lines.stream().allMatch(text -> NodeApi.JSON.readTree(text).has("event")), log);
        assertTrue(lines.stream().anyMatch(text -> text.contains("stopping: answers under way")), log);
        JsonNode line = NodeApi.JSON.readTree(log.lines().filter(text -> text.contains("chat/completions"))
                .findFirst().orElseThrow());
        assertEquals(200, line.path("status").asInt());
        assertEquals(32, line.path("receipt").asString().length());
    }

    @Test
    void whatIsNotDoneInTimeEndsAsCancelledWithItsReceipt() throws Exception {
        launch("0");
        try (HttpClient client = HttpClient.newHttpClient()) {
            String rest = stoppedInTheMiddle(client, 4000);
            assertTrue(rest.contains("\"finish_reason\":\"length\""), rest);
        }
        assertEquals("cancelled", stop());
    }

    /// Why the one answer ended, by its receipt.
    private String stop() {
        Captured receipts = Captured.run("receipts", "--data", folder.resolve("node").toString(), "--json");
        return NodeApi.JSON.readTree(receipts.out()).path("receipts").path(0).path("stop").asString(receipts.err());
    }
}
