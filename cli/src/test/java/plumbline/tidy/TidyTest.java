package plumbline.tidy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import plumbline.tidy.Sources.Source;

/// The style rules that a machine can check. Each message names the replacement.
final class TidyTest {

    private static final int LINE_COLUMNS_MAX = 120;
    private static final int FILE_LINES_MAX = 500;

    /// What is banned in the product's sources, and what to write instead.
    private static final Map<Pattern, String> BANNED = Map.ofEntries(
            Map.entry(Pattern.compile("\\b(TODO|FIXME|XXX)\\b"), "finish it, or say in the docs that it isn't there"),
            Map.entry(Pattern.compile("sun\\.misc\\.Unsafe|jdk\\.internal"), "MemorySegment"),
            Map.entry(Pattern.compile("java\\.lang\\.reflect|setAccessible|Class\\.forName"), "call it directly"),
            Map.entry(Pattern.compile("\\bThreadLocal\\b"), "pass the value"),
            Map.entry(Pattern.compile("printStackTrace"), "a message that says what, why, what to do"),
            Map.entry(Pattern.compile("throws Exception\\b"), "the checked exceptions by name"),
            Map.entry(Pattern.compile("import [a-z.]+\\.\\*;"), "single imports"),
            Map.entry(Pattern.compile("catch \\(\\w+ \\w+\\) \\{\\s*\\}"), "handle it, or say why not"),
            Map.entry(Pattern.compile("@(Disabled|Ignore)\\b"), "a test that runs, or none"),
            Map.entry(Pattern.compile("\\bclass \\w*(Impl|Util|Utils|Manager|Helper)\\b"), "the thing's real name"),
            Map.entry(Pattern.compile("Unsupported" + "OperationException\\(\"(not|todo|stub)"), "the thing itself"));

    /// Where a ban doesn't hold, each with its reason in the file.
    private static final Map<String, String> EXCEPTIONS = Map.of(
            "cli/src/main/java/plumbline/cli/Signals.java", "java\\.lang\\.reflect|setAccessible|Class\\.forName");

    @Test
    void nothingBannedIsInTheSources() {
        List<String> found = new ArrayList<>();
        for (Source source : Sources.java("main")) {
            BANNED.forEach((pattern, instead) -> {
                Matcher matcher = pattern.matcher(source.text());
                if (matcher.find() && !EXCEPTIONS.getOrDefault(source.name(), "").contains(pattern.pattern())) {
                    found.add(source.name() + ": \"" + matcher.group() + "\"; instead: " + instead);
                }
            });
        }
        assertEquals(List.of(), found);
    }

    /// How models differ is data, made by `engine/Description`.
    @Test
    void noModelOrArchitectureIsNamedInExact() {
        Pattern names = Pattern.compile("(?i)llama|gemma|mistral|mixtral|qwen|smollm|\\bphi\\b|falcon|gpt|deepseek");
        assertEquals(List.of(), Sources.under("exact/src/main", ".java").stream()
                .filter(source -> names.matcher(source.text()).find()).map(Source::name).toList());
    }

    /// Without this C2 now and then leaves a vector on the heap, and the loop runs at a tenth of its speed.
    @Test
    void theLauncherHasEveryVectorLoopInlined() throws IOException {
        String launcher = Files.readString(Sources.repository().resolve("plumb"));
        Matcher list = Pattern.compile("for loops in ([A-Za-z ]+); do").matcher(launcher);
        assertTrue(list.find());
        List<String> loops = Sources.under("engine/src/main", ".java").stream()
                .filter(source -> source.text().contains("import jdk.incubator.vector.") && !source.name()
                        .endsWith("/Kernels.java"))
                .map(source -> source.name().replaceAll(".*/|[.]java", "")).sorted().toList();
        assertEquals(loops, Stream.of(list.group(1).split(" ")).sorted().toList());
    }

    @Test
    void linesAndFilesAreShort() {
        List<String> found = new ArrayList<>();
        for (String kind : List.of("main", "test")) {
            for (Source source : Sources.java(kind)) {
                List<String> lines = source.lines();
                if (lines.size() > FILE_LINES_MAX) {
                    found.add(source.name() + " has " + lines.size() + " lines, more than " + FILE_LINES_MAX);
                }
                for (int i = 0; i < lines.size(); i++) {
                    if (lines.get(i).length() > LINE_COLUMNS_MAX && !lines.get(i).contains("\"\"\"")) {
                        found.add(source.name() + ":" + (i + 1) + " has " + lines.get(i).length() + " columns");
                    }
                }
            }
        }
        assertEquals(List.of(), found);
    }

    @Test
    void everyPublicTypeSaysWhatItIs() {
        Pattern declaration = Pattern.compile(
                "(?m)^public (?:abstract |final |sealed |non-sealed )*(?:class|interface|enum|record) (\\w+)");
        List<String> found = new ArrayList<>();
        for (Source source : Sources.java("main")) {
            Matcher matcher = declaration.matcher(source.text());
            while (matcher.find()) {
                String before = source.text().substring(0, matcher.start()).stripTrailing();
                String last = before.substring(before.lastIndexOf('\n') + 1);
                if (!last.startsWith("///") && !last.startsWith("@")) {
                    found.add(source.name() + ": " + matcher.group(1));
                }
            }
        }
        assertEquals(List.of(), found);
    }

    @Test
    void everyRuleOfTheSpecificationIsCitedByATest() {
        Pattern rule = Pattern.compile("\\*\\*([A-Z]{1,2}\\d{1,3})\\*\\*");
        Pattern range = Pattern.compile("(?i)\\b([A-Z]{1,2})(\\d{1,3})(?:\\s*(?:-|to|\\.\\.)\\s*\\1?(\\d{1,3}))?\\b");
        Map<String, List<String>> cited = new TreeMap<>();
        for (Source test : Sources.java("test")) {
            String page = test.text();
            Matcher matcher = range.matcher(page.replaceAll("([a-z])([A-Z])", "$1 $2"));
            while (matcher.find()) {
                int from = Integer.parseInt(matcher.group(2));
                int to = matcher.group(3) == null ? from : Integer.parseInt(matcher.group(3));
                for (int i = from; i <= Math.min(to, from + 40); i++) {
                    cited.computeIfAbsent(matcher.group(1).toUpperCase() + i, k -> new ArrayList<>()).add(test.name());
                }
            }
        }
        List<String> missing = new ArrayList<>();
        int rules = 0;
        for (Source page : Sources.under("spec", ".md")) {
            Matcher matcher = rule.matcher(page.text());
            while (matcher.find()) {
                rules++;
                if (!cited.containsKey(matcher.group(1))) {
                    missing.add(page.name() + " " + matcher.group(1));
                }
            }
        }
        assertTrue(rules > 50, "only " + rules + " rules were found");
        assertEquals(List.of(), missing);
    }

    /// Paths of one machine, and binary blobs, don't belong into the repository.
    @Test
    void theRepositoryNamesNoMachine() throws IOException {
        Pattern path = Pattern.compile(
                "(?<![\\w.])/(?:home|root|Users)/\\w|/wo" + "rk/(?:main|shared)\\b|/tmp/(?!plumb)\\w");
        List<String> found = new ArrayList<>();
        for (String folder : List.of("spec", "docs", "decisions", "tools", "bench", ".ci", "exact/src", "verify/src",
                "engine/src", "sdk/src", "node/src", "cli/src")) {
            Path root = Sources.repository().resolve(folder);
            if (!Files.isDirectory(root)) {
                continue;
            }
            try (Stream<Path> files = Files.walk(root)) {
                for (Path file : files.filter(TidyTest::isText).toList()) {
                    Matcher matcher = path.matcher(Files.readString(file));
                    if (matcher.find()) {
                        found.add(Sources.repository().relativize(file) + ": " + matcher.group());
                    }
                }
            }
        }
        assertEquals(List.of(), found);
    }

    private static boolean isText(Path file) {
        return Files.isRegularFile(file) && file.toString().matches(".*\\.(java|md|sh|py|txt|c|h|xml|json|jsonl)");
    }
}
