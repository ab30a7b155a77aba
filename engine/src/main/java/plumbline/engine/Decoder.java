package plumbline.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// The answers under way on one model, computed together, a step at a time: each step takes some rows of each through
/// the layers at once. What an answer holds doesn't depend on the others, since no sum runs over two sequences; only
/// when its tokens come does.
///
/// One thread owns it. Memory for keys and values stays within a budget: memories of ended answers, which are kept for
/// what begins alike, go first; then the youngest answer gives its memory up and is computed again later. Those that
/// are kept have a smaller budget of their own, since they are of use to some and cost all.
public final class Decoder {

    /// Most answers under way.
    public static final int ANSWERS_MAX = Batch.ROWS_MAX;

    /// What may be kept of ended answers where the model's file is smaller than this, else as much as that has.
    private static final long KEPT_BYTES_MIN = 128 << 20;

    private static final long LOGITS_BYTES_MAX = 32 << 20;

    private final Model model;
    private final Batch batch;
    private long memoryBytesMax;
    private final long bytesPerPosition;
    private final List<Decoding> underWay = new ArrayList<>(); // oldest first
    private final KeptMemories kept;
    private final StepPace pace = new StepPace();
    private final long[][] logits;      // for each row of a group, made when first needed
    private long[] group = new long[0];
    private int turn;

    /// @param memoryBytesMax for keys and values of all answers together
    public Decoder(Model model, long memoryBytesMax) {
        this(model, memoryBytesMax, Batch.ROWS_MAX);
    }

    Decoder(Model model, long memoryBytesMax, int rowsMax) {
        this.model = model;
        this.memoryBytesMax = memoryBytesMax;
        batch = new Batch(model, rowsMax);
        kept = new KeptMemories(Math.max(KEPT_BYTES_MIN, model.file().bytes().byteSize()));
        bytesPerPosition = Memory.bytesPerPosition(model.description().shape(), model.layers());
        int vocabulary = model.tokenizer().size();
        logits = new long[Math.clamp(LOGITS_BYTES_MAX / (8L * vocabulary), 1, rowsMax)][];
    }

    /// Takes a job; [#step] computes it. `listener` is called from there, on threads of the engine.
    ///
    /// @throws PromptException if prompt and answer can't fit the context or the memory, or the prefix is impossible
    public Decoding begin(GenerationJob job, TokenListener listener) throws PromptException {
        int most = model.answerTokensMax(job.prompt().size());
        int positions = job.prompt().size() + job.maxTokens();
        if (job.maxTokens() > most) {
            throw new PromptException("prompt and answer of " + job.prompt().size() + " + " + job.maxTokens()
                    + " tokens don't fit the context of " + model.contextLength() + "; ask for at most " + most);
        }
        if (positions > memoryBytesMax / bytesPerPosition) {
            throw new PromptException("prompt and answer of " + job.prompt().size() + " + " + job.maxTokens()
                    + " tokens need " + (positions * bytesPerPosition >> 20) + " MiB for keys and values, there are "
                    + (memoryBytesMax >> 20) + "; ask for fewer tokens, or give the JVM more memory (-Xmx)");
        }
        for (int i = 0; i < job.prefix().size(); i++) {
            if (job.prefix().get(i) >= model.tokenizer().size()) {
                throw new PrefixException(i, "token " + i + " of the output that was handed over is "
                        + job.prefix().get(i) + ", which isn't in this model's vocabulary");
            }
        }
        Decoding decoding = new Decoding(model, job, listener);
        underWay.add(decoding);
        return decoding;
    }

    /// Keys and values may take this much from now on. An answer for which that is too little fails when all others
    /// have given way.
    public void limitMemory(long bytes) {
        memoryBytesMax = bytes;
    }

    /// Fails all answers under way with `why`.
    public void end(RuntimeException why) {
        underWay.forEach(decoding -> decoding.fail(why));
        underWay.clear();
    }

    /// Answers under way.
    public int count() {
        return underWay.size();
    }

    /// Bytes of keys and values that are held, those that are kept for later requests included.
    public long memoryBytes() {
        return kept.bytes() + underWay.stream().mapToLong(d -> d.memory().map(Memory::bytes).orElse(0L)).sum();
    }

    /// Lets go of the memories of ended answers.
    public void forget() {
        while (kept.drop()) {
            // until none is left
        }
    }

    /// Computes some rows of the answers under way; those that have ended aren't under way after it.
    ///
    /// @return false if there is nothing to do
    public boolean step() {
        underWay.forEach(Decoding::endIfCancelled);
        retire();
        if (underWay.isEmpty()) {
            return false;
        }
        try {
            List<Decoding> parts = new ArrayList<>();
            List<Batch.Rows> rows = plan(parts);
            if (rows.isEmpty()) {
                Decoding oldest = underWay.getFirst();
                if (!provide(oldest, 1)) { // although all others have given way
                    oldest.fail(new PromptException("the answer needs more memory than there is now; ask for less"));
                }
                return true; // or whoever had its turn waits for memory, and the next one's turn comes
            }
            long start = System.nanoTime();
            batch.run(rows);
            int count = rows.stream().mapToInt(Batch.Rows::count).sum();
            draw(parts, rows);
            pace.took(count, System.nanoTime() - start);
        } catch (RuntimeException | OutOfMemoryError e) {
            // Whose fault it is can't be told, and half a step may be done: none of them can go on.
            underWay.forEach(decoding -> decoding.fail(e));
            underWay.clear();
            forget();
            return true;
        }
        retire();
        return true;
    }

    private List<Batch.Rows> plan(List<Decoding> parts) {
        int[] pending = underWay.stream().mapToInt(Decoding::pending).toArray();
        boolean[] decodes = new boolean[pending.length];
        for (int i = 0; i < decodes.length; i++) {
            decodes[i] = underWay.get(i).decodes();
        }
        int[] shares = StepPlan.rows(pending, decodes, batch.rowsMax(), pace.promptRowsMax(), turn++);
        List<Decoding> order = List.copyOf(underWay);
        for (int i = 0; i < shares.length; i++) {
            if (shares[i] > 0 && !provide(order.get(i), shares[i])) {
                shares[i] = 0;
            }
        }
        List<Batch.Rows> rows = new ArrayList<>();
        for (int i = 0; i < shares.length; i++) {
            Decoding decoding = order.get(i);
            if (shares[i] > 0) {
                Memory memory = decoding.memory().orElseThrow();
                int to = Math.min(memory.position() + shares[i], decoding.known());
                rows.add(new Batch.Rows(memory, decoding.ids(), memory.position(), to));
                parts.add(decoding);
            }
        }
        return rows;
    }

    /// Sees to it that `decoding` has room for `rows` more positions; false if it has to wait.
    private boolean provide(Decoding decoding, int rows) {
        if (decoding.memory().isEmpty()) {
            return start(decoding);
        }
        Memory memory = decoding.memory().get();
        int needed = memory.position() + rows;
        if (needed <= memory.capacity()) {
            return true;
        }
        int capacity = Memory.roomFor(needed, decoding.most());
        if (!makeRoom((capacity - memory.capacity()) * bytesPerPosition, decoding)) {
            return false;
        }
        memory.reserve(capacity);
        return true;
    }

    /// Gives it a memory for all that it knows, so that it isn't begun in vain; one that was kept, or a copy of its
    /// beginning or of that of an answer under way, if the prompt begins alike.
    private boolean start(Decoding decoding) {
        int capacity = Memory.roomFor(decoding.known(), decoding.most());
        Optional<Memory> alike = kept.find(decoding.ids(), decoding.reusable());
        int common = alike.map(memory -> memory.common(decoding.ids(), decoding.reusable())).orElse(0);
        if (alike.isPresent() && common == alike.get().position()) {
            kept.remove(alike.get());
            decoding.resume(alike.get(), common);
            if (!makeRoom((capacity - alike.get().capacity()) * bytesPerPosition, decoding)) {
                decoding.giveUpMemory().ifPresent(kept::keep);
                return false;
            }
            alike.get().reserve(capacity);
            return true;
        }
        if (!makeRoom(capacity * bytesPerPosition, decoding)) {
            return false;
        }
        Optional<Memory> copy = underWay(decoding, common)
                .map(memory -> memory.beginning(memory.common(decoding.ids(), decoding.reusable()), capacity))
                .or(() -> alike.filter(kept::holds).map(memory -> memory.beginning(common, capacity)));
        decoding.resume(copy.orElseGet(() -> new Memory(model, capacity)), copy.map(Memory::position).orElse(0));
        return true;
    }

    /// The memory of another answer under way that has most in common with a prompt, if that is more than `common`:
    /// another choice of the same request, or the same instructions.
    private Optional<Memory> underWay(Decoding starting, int common) {
        int most = Math.max(common, KeptMemories.COMMON_MIN - 1);
        Optional<Memory> best = Optional.empty();
        for (Decoding other : underWay) {
            Optional<Memory> memory = other == starting ? Optional.empty() : other.memory();
            int alike = memory.map(rows -> rows.common(starting.ids(), starting.reusable())).orElse(0);
            if (alike > most) {
                most = alike;
                best = memory;
            }
        }
        return best;
    }

    /// Frees memory until `bytes` fit: kept ones, then those of answers younger than `asking`.
    private boolean makeRoom(long bytes, Decoding asking) {
        while (memoryBytes() + bytes > memoryBytesMax && kept.drop()) {
            // one after the other
        }
        for (int i = underWay.size() - 1; underWay.get(i) != asking && memoryBytes() + bytes > memoryBytesMax; i--) {
            underWay.get(i).giveUpMemory();
        }
        return memoryBytes() + bytes <= memoryBytesMax;
    }

    private void draw(List<Decoding> parts, List<Batch.Rows> rows) {
        List<Decoding> drawing = new ArrayList<>(); // by wanted row
        List<Integer> wanted = new ArrayList<>();
        int end = 0;
        for (int i = 0; i < rows.size(); i++) {
            int count = rows.get(i).count();
            end += count;
            for (int back = parts.get(i).wanted(count); back > 0; back--) {
                drawing.add(parts.get(i));
                wanted.add(end - back);
            }
        }
        int[] numbers = wanted.stream().mapToInt(Integer::intValue).toArray();
        for (int from = 0; from < numbers.length; from += logits.length) {
            int count = Math.min(logits.length, numbers.length - from);
            logits(numbers, from, count);
            draw(drawing.subList(from, from + count));
        }
    }

    private void logits(int[] numbers, int from, int count) {
        int vocabulary = model.tokenizer().size();
        if (group.length < count * vocabulary) {
            group = new long[count * vocabulary];
        }
        batch.logits(numbers, from, count, group);
    }

    /// The rows of one answer in their order, different answers at the same time.
    private void draw(List<Decoding> drawing) {
        int vocabulary = model.tokenizer().size();
        List<Decoding> different = drawing.stream().distinct().toList();
        model.pool().run(different.size(), n -> {
            for (int i = 0; i < drawing.size(); i++) {
                if (drawing.get(i) == different.get(n)) {
                    if (logits[i] == null) {
                        logits[i] = new long[vocabulary];
                    }
                    System.arraycopy(group, i * vocabulary, logits[i], 0, vocabulary);
                    drawing.get(i).take(logits[i]);
                }
            }
        });
    }

    /// Keeps the memories of those that have ended.
    private void retire() {
        for (Decoding decoding : List.copyOf(underWay)) {
            if (decoding.answer().isDone()) {
                underWay.remove(decoding);
                decoding.giveUpMemory().ifPresent(kept::keep);
            }
        }
    }
}
