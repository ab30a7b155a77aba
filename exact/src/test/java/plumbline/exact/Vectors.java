package plumbline.exact;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/// The golden vectors of spec/arithmetic.md: lines `op argument ... = result ...`.
/// They come from `tools/vectors_arithmetic.py`, a second implementation of the page.
final class Vectors {

    /// One line, split at its blanks; `result` is what stands right of the equals sign.
    record Line(String text, List<String> arguments, List<String> result) {

        String op() {
            return arguments.getFirst();
        }

        long number(int i) {
            String text = arguments.get(i);
            return text.startsWith("-") ? Long.parseLong(text) : Long.parseUnsignedLong(text);
        }

        long[] numbers(int i) {
            return Vectors.numbers(arguments.get(i));
        }

        int bits(int i) {
            return Integer.parseUnsignedInt(arguments.get(i), 16);
        }
    }

    private Vectors() {}

    static List<Line> read(String name) {
        Path file = Path.of(System.getProperty("plumbline.repository"), "vectors", "arithmetic", name);
        try {
            return Files.readAllLines(file).stream().filter(line -> !line.startsWith("#")).map(Vectors::line).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Line line(String text) {
        String[] sides = text.split(" = ");
        List<String> result = sides.length == 1 ? List.of() : List.of(sides[1].split(" "));
        return new Line(text, List.of(sides[0].split(" ")), result);
    }

    static long[] numbers(String text) {
        return text.equals("-") ? new long[0] : Arrays.stream(text.split(",")).mapToLong(Long::parseLong).toArray();
    }

    static String text(long[] numbers) {
        return String.join(",", Arrays.stream(numbers).mapToObj(Long::toString).toList());
    }

    static String text(short[] numbers, int count) {
        long[] wide = new long[count];
        for (int i = 0; i < count; i++) {
            wide[i] = numbers[i];
        }
        return text(wide);
    }

    static int[] ints(long[] numbers) {
        return Arrays.stream(numbers).mapToInt(Math::toIntExact).toArray();
    }

    static short[] shorts(long[] numbers) {
        short[] shorts = new short[numbers.length];
        for (int i = 0; i < shorts.length; i++) {
            shorts[i] = (short) numbers[i];
        }
        return shorts;
    }
}
