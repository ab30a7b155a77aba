package plumbline.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import plumbline.engine.ModelException;
import plumbline.engine.request.RequestException;
import plumbline.node.Residents.Resident;

@Timeout(120)
class LoadedModelsTest {

    @TempDir
    Path home;

    private Node node;
    private final List<String> happened = Collections.synchronizedList(new ArrayList<>());
    private final Random random = new Random(1);

    @BeforeEach
    void open() throws Exception {
        node = TestNode.open(home, new FakeModel());
        for (String name : List.of("a", "b", "c")) {
            add(name, 100);
        }
        add("large", 250);
        add("huge", 301);
    }

    @AfterEach
    void close() throws Exception {
        node.close();
    }

    private void add(String name, int bytes) throws Exception {
        byte[] content = new byte[bytes];
        random.nextBytes(content);
        Path file = Files.write(home.resolve(name), content);
        node.models().name("test/" + name, node.models().add(file, (_, _) -> {}).id());
    }

    /// Room for 300 bytes of models; says what is loaded and closed by its size.
    private LoadedModels models(int roomTimes) {
        return new LoadedModels(node.models(), stored -> {
            happened.add("+" + stored.sizeBytes());
            return new FakeModel() {
                @Override
                public void close() {
                    happened.add("-" + stored.sizeBytes());
                }
            };
        }, new MemoryLimits(300L * roomTimes, 1000));
    }

    @Test
    void loadsAModelOnceAndKeepsItWhileThereIsRoom() throws Exception {
        LoadedModels models = models(1);
        models.get("test/a").close();
        models.get("test/b").close();
        models.get("test/a").close();
        assertEquals(List.of("+100", "+100"), happened);
        assertEquals(2, models.loaded().size());
        models.close();
        assertEquals(List.of("+100", "+100", "-100", "-100"), happened);
    }

    @Test
    void unloadsTheIdleModelThatWasUsedLongestAgoForOneThatNeedsTheRoom() throws Exception {
        LoadedModels models = models(1);
        ModelHandle inUse = models.get("test/a");
        models.get("test/b").close();
        models.get("test/c").close();
        models.get("test/b").close();
        RequestException busy = assertThrows(RequestException.class, () -> models.get("test/large"));
        assertEquals(503, busy.status());
        assertEquals(Optional.of("models_busy"), busy.code());
        assertEquals(3, models.loaded().size(), "nothing is unloaded in vain");
        inUse.close();
        inUse.close();
        models.get("test/large").close();
        assertEquals(List.of("+100", "+100", "+100", "-100", "-100", "-100", "+250"), happened);
        models.get("test/a").close();
        assertEquals(1, models.loaded().size());
    }

    @Test
    void refusesAModelThatCanNeverFit() throws Exception {
        RequestException never = assertThrows(RequestException.class, () -> models(1).get("test/huge"));
        assertEquals(Optional.of("model_too_large"), never.code());
        assertEquals(400, never.status());
        assertTrue(happened.isEmpty());
    }

    @Test
    void manyWhoWantItAtOnceWaitForOneLoad() throws Exception {
        CountDownLatch gate = new CountDownLatch(1);
        LoadedModels models = new LoadedModels(node.models(), _ -> {
            happened.add("load");
            try {
                gate.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            return new FakeModel();
        }, new MemoryLimits(300, 1000));
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            threads.add(Thread.startVirtualThread(() -> {
                try (ModelHandle model = models.get("test/a")) {
                    happened.add(model.kernel());
                } catch (RequestException | NodeException e) {
                    happened.add(e.toString());
                }
            }));
        }
        gate.countDown();
        for (Thread thread : threads) {
            thread.join();
        }
        assertEquals(1, happened.stream().filter("load"::equals).count());
        assertEquals(20, happened.stream().filter("fake"::equals).count());
    }

    @Test
    void aLoadThatFailsIsTriedAgainAndOneWithoutMemoryUnloadsTheIdle() throws Exception {
        LoadedModels broken = new LoadedModels(node.models(), _ -> {
            happened.add("load");
            throw new ModelException("no model");
        }, new MemoryLimits(300, 1000));
        for (int i = 0; i < 2; i++) {
            assertEquals(Optional.of("model_refused"),
                    assertThrows(RequestException.class, () -> broken.get("test/a")).code());
        }
        assertEquals(List.of("load", "load"), happened);
        List<FakeModel> loaded = new ArrayList<>();
        LoadedModels tight = new LoadedModels(node.models(), _ -> {
            if (loaded.size() == 1 && !happened.contains("closed")) {
                throw new OutOfMemoryError("as if");
            }
            loaded.add(new FakeModel() {
                @Override
                public void close() {
                    happened.add("closed");
                }
            });
            return loaded.getLast();
        }, new MemoryLimits(300, 1000));
        tight.get("test/a").close();
        tight.get("test/b").close();
        assertEquals(2, loaded.size());
        assertNotSame(loaded.get(0), loaded.get(1));
        assertEquals(1, tight.loaded().size());
    }

    @Test
    void aModelThatBrokeDownIsLoadedAgainAndClosedWhenNobodyHasItAnyMore() throws Exception {
        List<String> broken = new ArrayList<>();
        LoadedModels models = new LoadedModels(node.models(), _ -> {
            String name = "load " + happened.size();
            happened.add(name);
            return new FakeModel() {
                @Override
                public boolean hasFailed() {
                    return broken.contains(name);
                }

                @Override
                public void close() {
                    happened.add("close " + name);
                }
            };
        }, new MemoryLimits(150, 1000));
        ModelHandle user = models.get("test/a");
        models.get("test/a").close();
        assertEquals(List.of("load 0"), happened);
        broken.add("load 0");
        // Somebody still has the one that broke down.
        models.get("test/a").close();
        assertEquals(List.of("load 0", "load 1"), happened);
        user.close();
        assertEquals(List.of("load 0", "load 1", "close load 0"), happened);
        broken.add("load 1");
        models.get("test/a").close();
        assertEquals(List.of("load 0", "load 1", "close load 0", "close load 1", "load 4"), happened);
        models.close();
        assertEquals("close load 4", happened.getLast());
    }

    @Test
    void whatHasToGoIsTheLeastThatWillDoAndNothingInUse() {
        List<Resident<String>> loaded = List.of(new Resident<>("old", 10, 0, 1), new Resident<>("used", 10, 1, 2),
                new Resident<>("young", 10, 0, 3));
        assertEquals(Optional.of(List.of()), Residents.toUnload(loaded, 5, 35));
        assertEquals(Optional.of(List.of("old")), Residents.toUnload(loaded, 6, 35));
        assertEquals(Optional.of(List.of("old", "young")), Residents.toUnload(loaded, 25, 35));
        assertEquals(Optional.empty(), Residents.toUnload(loaded, 26, 35));
        assertEquals(Optional.empty(), Residents.toUnload(List.of(), 36, 35));
    }
}
