package plumbline.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import plumbline.engine.request.InferenceRequest;
import plumbline.engine.request.Message;
import plumbline.engine.request.RequestDefaults;
import plumbline.engine.request.RequestSettings;
import plumbline.engine.request.SamplingSettings;
import plumbline.node.Node;
import plumbline.node.NodeException;
import plumbline.node.NodeServer;
import plumbline.sdk.TrustStore;
import plumbline.verify.Bundle;
import plumbline.verify.VerifierKey;

class VerifyCommandTest {
    private static final String MODEL = "ns/fake";

    @TempDir
    private Path folder;

    private Path nodeData;
    private Path readerData;
    private Path modelFile;
    private NodeServer server;
    private NodeApi api;
    private String key;

    @BeforeEach
    void start() throws Exception {
        nodeData = folder.resolve("node");
        readerData = folder.resolve("reader");
        modelFile = Files.write(folder.resolve("model.gguf"), new byte[50_000]);
        up();
        key = server.node().key().verifierKey().encode();
    }

    private void up() throws Exception {
        // Without a mark: one test rewrites the log, which the node itself would refuse.
        Node node = Node.open(nodeData, FakeModel::new, new Node.Surroundings(
                InstantSource.system(), new SecureRandom(), Optional.empty()));
        node.models().name(MODEL, node.models().add(modelFile, (done, total) -> {}).id());
        server = NodeServer.start(node, 0, RequestDefaults.standard());
        api = new NodeApi(NodeLink.open(server.url()));
    }

    @AfterEach
    void stop() throws NodeException {
        if (server != null) {
            server.close();
            server = null;
        }
    }

    private byte[] body(String question, boolean streams) throws Exception {
        byte[] nonce = new byte[32];
        new SecureRandom().nextBytes(nonce);
        RequestSettings settings = new RequestSettings(SamplingSettings.ofTemperature("0.5"),
                OptionalInt.of(5), OptionalLong.of(77), List.of(), streams,
                Optional.of(HexFormat.of().formatHex(nonce)));
        return InferenceRequest.chatBody(
                MODEL, List.of(new Message(Message.Role.USER, question)), settings);
    }

    /// A bundle of an answer to exactly this body.
    private record Got(byte[] encoded, Bundle bundle) {}

    private Got ask(byte[] body, boolean streams) throws Exception {
        try (Http.Response response = Http.post(api.node().at(InferenceRequest.CHAT), Map.of(), body, 0)) {
            String id = response.headers().get("plumb-receipt");
            String answer = Http.text(response.bytes(1 << 20));
            assertEquals(streams, answer.endsWith("data: [DONE]\n\n"), answer);
            byte[] encoded = api.bundle(id, Optional.empty());
            return new Got(encoded, Bundle.parse(encoded));
        }
    }

    private Path bundleFile() throws Exception {
        return Files.write(folder.resolve("b"), ask(body("why?", true), true).encoded());
    }

    private Captured verify(Object... words) {
        return verifyIn(readerData, words);
    }

    private static Captured verifyIn(Path data, Object... words) {
        List<String> all = new ArrayList<>(List.of("verify"));
        Arrays.stream(words).map(Object::toString).forEach(all::add);
        all.addAll(List.of("--data", data.toString()));
        return Captured.run(all.toArray(String[]::new));
    }

    private static void accepted(Captured run) {
        assertEquals(Exit.DONE, run.code(), run.out() + run.err());
        assertTrue(run.out().endsWith("ACCEPTED" + System.lineSeparator()), run.out());
    }

    private static void rejected(String reason, Captured run) {
        assertEquals(Exit.REJECTED, run.code(), run.out() + run.err());
        assertTrue(run.out().contains("REJECTED: " + reason + ": "), run.out());
    }

    @Test
    void streamedAndWholeAnswersAreTheSame() throws Exception {
        Bundle streamed = ask(body("why?", true), true).bundle();
        Bundle whole = ask(body("why?", false), false).bundle();
        assertEquals("0 1 2 3 4 ", whole.exchange().text());
        assertEquals(whole.exchange().text(), streamed.exchange().text());
        assertEquals(whole.exchange().output(), streamed.exchange().output());
    }

    @Test
    void rejectsASignerThatNobodyPinnedAndNamesTheCure() throws Exception {
        Captured run = verify(bundleFile());
        rejected("signer-not-pinned", run);
        assertTrue(run.out().contains("--key") && run.out().contains("--remember"), run.out());
    }

    @Test
    void acceptsTheExpectedKeyAndRejectsAnother() throws Exception {
        Path file = bundleFile();
        accepted(verify(file, "--key", key));
        VerifierKey other = VerifierKey.ed25519("plumbline/0123456789ab", new byte[32]);
        rejected("key-not-expected", verify(file, "--key", other.encode()));
    }

    @Test
    void rememberPinsOnceAndForAll() throws Exception {
        Path file = bundleFile();
        Captured first = verify(file, "--remember");
        accepted(first);
        assertTrue(first.err().contains("pinned " + key), first.err());
        accepted(verify(file));
        assertEquals("", verify(file, "--remember").err());
    }

    @Test
    void rememberNeverReplacesAPin() throws Exception {
        Path file = bundleFile();
        String origin = VerifierKey.parse(key).name();
        new TrustStore(readerData.resolve("trust")).save(origin,
                TrustStore.Entry.empty().withPinned(VerifierKey.ed25519(origin, new byte[32])));
        rejected("key-not-pinned-one", verify(file));
        rejected("key-not-pinned-one", verify(file, "--remember"));
        rejected("key-not-pinned-one", verify(file));
    }

    @Test
    void aRejectedBundleLeavesNoPinBehind() throws Exception {
        Path file = bundleFile();
        rejected("answer-not-expected", verify(file, "--remember", "--answer", modelFile));
        rejected("signer-not-pinned", verify(file));
    }

    @Test
    void theOwnNodesKeyIsAlwaysPinned() throws Exception {
        Path file = bundleFile();
        accepted(verifyIn(nodeData, file));
        stop();
        accepted(verifyIn(nodeData, file));
    }

    @Test
    void takesIdsAndAddresses() throws Exception {
        Bundle bundle = ask(body("why?", true), true).bundle();
        String id = bundle.receipt().id().hex();
        accepted(verifyIn(nodeData, id));
        accepted(verify(server.url() + "/v1/receipts/" + id, "--key", key));
        Captured wrong = verify(server.url() + "/v1/receipts/" + id + "#" + "0".repeat(64));
        assertEquals(Exit.FAILED, wrong.code(), wrong.err());
        assertEquals(Exit.FAILED, verify(server.url() + "/v1/receipts/" + id + "#x").code());
        assertEquals(Exit.FAILED, verifyIn(nodeData, "0".repeat(32)).code());
        stop();
        accepted(verifyIn(nodeData, id));
        assertEquals(Exit.FAILED, verifyIn(nodeData, "0".repeat(32)).code());
    }

    @Test
    void checksWhatWasExpectedOfTheAnswer() throws Exception {
        byte[] body = body("why?", false);
        Got answered = ask(body, false);
        Path file = Files.write(folder.resolve("b"), answered.encoded());
        Path request = Files.write(folder.resolve("request"), body);
        Path answer = Files.writeString(folder.resolve("answer"), "0 1 2 3 4 ");
        String model = answered.bundle().receipt().model().toString();
        accepted(verify(file, "--key", key, "--request", request, "--answer", answer,
                "--model-id", model, "--seed", "77", "--model", modelFile));
        Path other = Files.writeString(folder.resolve("other"), "0 1 2 3 4");
        rejected("request-not-expected", verify(file, "--key", key, "--request", answer));
        rejected("answer-not-expected", verify(file, "--key", key, "--answer", other));
        rejected("seed-not-expected", verify(file, "--key", key, "--seed", "78"));
        rejected("model-not-expected", verify(file, "--key", key, "--model", other));
        rejected("model-not-expected",
                verify(file, "--key", key, "--model-id", "sha256:" + "0".repeat(64)));
    }

    @Test
    void remembersTheLogAndFollowsItsGrowth() throws Exception {
        String first = ask(body("one", true), true).bundle().receipt().id().hex();
        String address = server.url() + "/v1/receipts/";
        accepted(verify(address + first, "--remember"));
        for (int i = 0; i < 5; i++) {
            ask(body("more " + i, true), true);
        }
        String last = ask(body("last", true), true).bundle().receipt().id().hex();
        Captured grown = verify(address + last);
        accepted(grown);
        assertTrue(grown.out().contains("the log only grew between 1 and 7"), grown.out());
        // What is remembered now is the larger one, and an old bundle still fits it.
        Captured older = verify(address + first);
        accepted(older);
        assertTrue(older.out().contains("it is the remembered checkpoint"), older.out());
    }

    @Test
    void ownLogIsCheckedAgainstItsFolder() throws Exception {
        Path small = Files.write(folder.resolve("1"), ask(body("one", true), true).encoded());
        accepted(verifyIn(nodeData, small));
        Path large = Files.write(folder.resolve("2"), ask(body("two", true), true).encoded());
        stop();
        Captured grown = verifyIn(nodeData, large);
        accepted(grown);
        assertTrue(grown.out().contains("the log only grew between 1 and 2"), grown.out());
    }

    @Test
    void rejectsALogThatWasRewritten() throws Exception {
        Path first = bundleFile();
        accepted(verify(first, "--remember"));
        stop();
        rewrite();
        Path other = Files.write(folder.resolve("2"), ask(body("other", true), true).encoded());
        rejected("fork", verify(other));
        ask(body("more", true), true);
        String id = ask(body("and more", true), true).bundle().receipt().id().hex();
        rejected("inconsistent", verify(server.url() + "/v1/receipts/" + id));
    }

    // The same key, with another history: what an operator could do who wants to unsay something.
    private void rewrite() throws Exception {
        byte[] seed = Files.readAllBytes(nodeData.resolve("key"));
        nodeData = folder.resolve("rewritten");
        Files.createDirectories(nodeData);
        Path file = Files.write(nodeData.resolve("key"), seed);
        Files.setPosixFilePermissions(file,
                PosixFilePermissions.fromString("rw-------"));
        up();
    }

    @Test
    void aMissingModelForTheReplayIsCode1AndNoVerdict() throws Exception {
        Captured run = verify(bundleFile(), "--key", key, "--replay");
        assertEquals(Exit.FAILED, run.code(), run.out());
        assertEquals("", run.out());
        assertTrue(run.err().contains("--model FILE"), run.err());
    }

    @Test
    void jsonHasVerdictChecksAndFacts() throws Exception {
        var json = NodeApi.JSON.readTree(verify(bundleFile(), "--key", key, "--json").out());
        assertEquals("accepted", json.path("verdict").asString(""));
        assertEquals(key, json.path("signer").asString(""));
        assertTrue(json.path("checks").size() > 5);
        assertEquals("signed", json.path("facts").path(0).path("fact").asString(""));
    }

    @Test
    void colourAppearsOnlyOnATerminal() throws Exception {
        Path file = bundleFile();
        assertEquals(-1, verify(file, "--key", key).out().indexOf('\033'));
        var out = new ByteArrayOutputStream();
        Main.run(List.of("verify", file.toString(), "--key", key, "--data", readerData.toString()),
                Captured.terminal("", out, new ByteArrayOutputStream(), "o"));
        assertTrue(out.toString(StandardCharsets.UTF_8).contains("\033[32mACCEPTED"), "green");
    }
}
