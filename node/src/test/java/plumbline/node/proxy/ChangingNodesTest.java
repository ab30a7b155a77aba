package plumbline.node.proxy;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import plumbline.node.NodeServer;
import plumbline.sdk.AnswerListener;
import plumbline.sdk.Plumbline;
import plumbline.sdk.PlumblineException;
import plumbline.sdk.Step;
import plumbline.sdk.VerifiedAnswer;

/// A node that is late with its first token, and one that is being stopped, each beside one that isn't (F15, F19).
@Timeout(120)
final class ChangingNodesTest {

    private static final int TIMES_MAX = 40;

    @TempDir
    Path folder;

    private TinyNodes nodes;
    private int[] right;

    @BeforeEach
    void start() throws Exception {
        nodes = new TinyNodes(folder, 1);
        try (Plumbline plumbline = connect("right", nodes.url(0))) {
            right = ask(plumbline, new ArrayList<>()).receipt().opened().output().toArray();
        }
    }

    @AfterEach
    void stop() throws Exception {
        nodes.close();
    }

    private Plumbline connect(String client, String... urls) throws PlumblineException {
        return Plumbline.connect(List.of(urls), Plumbline.Settings.in(folder.resolve(client)).withShare(0));
    }

    /// One answer, which is the right one; what happened goes to `steps`.
    private VerifiedAnswer ask(Plumbline plumbline, List<Step> steps) throws PlumblineException {
        VerifiedAnswer answer = plumbline.ask(VerifiedAnswersTest.question(",\"seed\":5"), new AnswerListener() {
            @Override
            public boolean token(int id, String text) {
                return true;
            }

            @Override
            public void step(Step step) {
                steps.add(step);
            }
        }).orElseThrow();
        if (right != null) {
            assertArrayEquals(right, answer.receipt().opened().output().toArray(), steps.toString());
        }
        return answer;
    }

    private static boolean has(List<Step> steps, Step.What what) {
        return steps.stream().anyMatch(step -> step.what() == what);
    }

    @Test
    void anotherNodeIsAskedForAFirstTokenThatIsLate() throws Exception {
        CountDownLatch isReleased = new CountDownLatch(1);
        NodeServer late = nodes.startWith("late", stored -> new PacedModel(nodes.engine().load(stored), () -> {
            try {
                isReleased.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }, 0));
        try (Plumbline plumbline = connect("client", late.url(), nodes.url(0))) {
            List<Step> steps = new ArrayList<>();
            for (int i = 0; i < TIMES_MAX && !has(steps, Step.What.HEDGED); i++) {
                steps.clear();
                assertEquals(nodes.url(0), ask(plumbline, steps).node());
            }
            assertTrue(has(steps, Step.What.HEDGED), "the late node was never asked first: " + steps);
        } finally {
            isReleased.countDown();
        }
    }

    @Test
    void aNodeThatIsBeingStoppedEndsItsAnswerAndTheNextOnesAreGotElsewhere() throws Exception {
        NodeServer stopping = nodes.startWith("stopping",
                stored -> new PacedModel(nodes.engine().load(stored), () -> { }, 20_000));
        nodes.servers.remove(stopping);
        Optional<Future<?>> stop = Optional.empty();
        try (Plumbline plumbline = connect("client", stopping.url(), nodes.url(0));
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < TIMES_MAX && stop.isEmpty(); i++) {
                stop = stoppedInTheMiddle(plumbline, stopping, threads);
            }
            assertTrue(stop.isPresent(), "the node was never asked first");
            stop.get().get();
            assertEquals(nodes.url(0), ask(plumbline, new ArrayList<>()).node());
        } finally {
            if (stop.isEmpty()) {
                stopping.close();
            }
        }
    }

    /// Asks; if it is the node that answers, stops it at a token and asks for more while it ends its answer.
    private Optional<Future<?>> stoppedInTheMiddle(Plumbline plumbline, NodeServer stopping, ExecutorService threads)
            throws Exception {
        List<Step> steps = new ArrayList<>();
        List<Future<?>> stop = new ArrayList<>();
        List<Future<VerifiedAnswer>> next = new ArrayList<>();
        VerifiedAnswer answer = plumbline.ask(VerifiedAnswersTest.question(",\"seed\":5"), new AnswerListener() {
            @Override
            public boolean token(int id, String text) {
                if (stop.isEmpty() && stopping.url().endsWith(steps.getLast().node())) {
                    stop.add(threads.submit(() -> {
                        stopping.close();
                        return null;
                    }));
                    for (int i = 0; i < 4; i++) {
                        next.add(threads.submit(() -> ask(plumbline, new ArrayList<>())));
                    }
                }
                return true;
            }

            @Override
            public void step(Step step) {
                steps.add(step);
            }
        }).orElseThrow();
        assertArrayEquals(right, answer.receipt().opened().output().toArray(), steps.toString());
        for (Future<VerifiedAnswer> each : next) {
            each.get();
        }
        if (stop.isEmpty()) {
            return Optional.empty();
        }
        // It may be gone before its receipt is fetched; all its tokens have come then.
        assertTrue(steps.stream().noneMatch(step -> step.what() == Step.What.LOST && step.token() < right.length),
                "it ends what it has begun: " + steps);
        return Optional.of(stop.getFirst());
    }
}
