package plumbline.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class JsonTextTest {
    @Test
    void writesEveryKindOfValueOnOneLine() {
        Map<String, Object> value = new LinkedHashMap<>();
        value.put("text", "a\"b\\c\nd\te\u0001");
        value.put("ids", new int[] {1, 2});
        value.put("none", null);
        value.put("list", List.of(1, 2.5, true, Map.of()));
        assertEquals("{\"text\":\"a\\\"b\\\\c\\nd\\te\\u0001\",\"ids\":[1,2],\"none\":null,"
                + "\"list\":[1,2.5,true,{}]}", JsonText.of(value));
    }

    @Test
    void writesNumbersThatJsonDoesNotHaveAsNull() {
        assertEquals("[null,null]",
                JsonText.of(List.of(Double.NaN, Double.POSITIVE_INFINITY)));
    }

    @Test
    void writesHalfASurrogatePairAsAnEscape() {
        assertEquals("\"\\ud83dx\"", JsonText.of("\ud83dx"));
        assertEquals("\"\\ude00\"", JsonText.of("\ude00"));
        assertEquals("\"\ud83d\ude00\"", JsonText.of("\ud83d\ude00"));
    }

    @Test
    void anotherReaderReadsBackAnyText() {
        long seed = 20260101;
        Random random = new Random(seed);
        for (int i = 0; i < 2000; i++) {
            char[] chars = new char[random.nextInt(20)];
            for (int j = 0; j < chars.length; j++) {
                chars[j] = (char) random.nextInt(random.nextBoolean() ? 0x100 : 0x10000);
            }
            String text = new String(chars);
            String read = NodeApi.JSON.readTree(JsonText.of(new ArrayList<>(Arrays.asList(text))))
                    .path(0).asString("");
            assertEquals(text, read, "seed " + seed + ", round " + i);
        }
    }
}
