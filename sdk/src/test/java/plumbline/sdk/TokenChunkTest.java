package plumbline.sdk;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class TokenChunkTest {

    private static Optional<int[]> read(String json) {
        byte[] bytes = ("data: " + json).getBytes(StandardCharsets.UTF_8);
        return TokenChunk.read(bytes, 6, bytes.length - 6, 4);
    }

    @Test
    void theTokensOfTheFirstChoiceAreFoundWhereverTheyStand() {
        assertArrayEquals(new int[] {7}, read("{\"id\":\"x\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a]}\"},"
                + "\"plumbline\":{\"tokens\":[7],\"text\":\"a\"}}]}").orElseThrow());
        assertArrayEquals(new int[] {0, 1, 2, 2147483647}, read("{\"choices\":[{\"plumbline\":{\"text\":\"\","
                + "\"tokens\":[0,1,2,2147483647]},\"tokens\":[9]}],\"plumbline\":{\"tokens\":[8]}}").orElseThrow());
    }

    @Test
    void aChunkWithoutTokensHasNone() {
        for (String none : new String[] {"{}", "{\"choices\":[]}", "{\"choices\":[{}],\"usage\":{\"a\":[1]}}",
            "{\"choices\":[{\"plumbline\":{}}]}", "{\"choices\":[{\"plumbline\":{\"tokens\":[]}}]}"}) {
            assertEquals(0, read(none).orElseThrow().length, none);
        }
    }

    /// Such a chunk is read whole, which says what is wrong with it.
    @ParameterizedTest
    @ValueSource(strings = {
        "{\"error\":{\"message\":\"x\"}}",
        "{\"choices\":[{\"plumbline\":{\"tokens\":[1]}}],\"receipt\":\"x\"}",
        "{\"choices\":[{\"plumbline\":{\"tokens\":[1]}}],\"error\":null}",
        "{\"choices\":[{\"plumbline\":{\"tokens\":[-1]}}]}",
        "{\"choices\":[{\"plumbline\":{\"tokens\":[1.0]}}]}",
        "{\"choices\":[{\"plumbline\":{\"tokens\":[2147483648]}}]}",
        "{\"choices\":[{\"plumbline\":{\"tokens\":[\"1\"]}}]}",
        "{\"choices\":[{\"plumbline\":{\"tokens\":[[1]]}}]}",
        "{\"choices\":[{\"plumbline\":{\"tokens\":[1,2,3,4,5]}}]}",
        "{\"choices\":[{\"plumbline\":{\"tokens\":1}}]}",
        "{\"choices\":[{\"plumbline\":[1]}]}",
        "{\"choices\":[{\"plumbline\":{\"tokens\":[1]}},{}]}",
        "{\"choices\":{}}",
        "{\"choices\":[{\"plumbline\":{\"tokens\":[1]}}]",
        "{\"choices\":[{\"plumbline\":{\"tokens\":[1",
        "{\"choices\":[{\"plumbline\":{\"tokens\":[1]}}]}}",
        "{\"choices\":[{\"plumbline\":{\"tokens\":[1]}}]} 1",
        "[1]", "1", "\"", "", "{", "{\"choices\":", "nonsense"})
    void whatSaysMoreOrIsNoChunkIsLeftToWhoReadsItWhole(String json) {
        assertEquals(Optional.empty(), read(json).map(ids -> ids.length));
    }
}
