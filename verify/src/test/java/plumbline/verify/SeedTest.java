package plumbline.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/// spec/receipt.md S2.
final class SeedTest {
    private static final Digest NONCE = Digest.of(new byte[32]);
    private static final ModelId MODEL = new ModelId(Digest.sha256());
    private static final TokenIds PROMPT = TokenIds.of(1, 2);

    private static Seed.Inputs inputs(SeedSource source) {
        return new Seed.Inputs(source, NONCE, Receipt.ARITHMETIC, MODEL, Sampling.greedy(), 0);
    }

    /// The values were computed with another SHA-256, from the formula of the page.
    @Test
    void givesTheSeedsOfThePage_S2() {
        assertEquals(PageValues.SEED_GIVEN,
                Seed.derive(inputs(new SeedSource.Given(-7)), PROMPT).hex());
        assertEquals(PageValues.SEED_NONCE,
                Seed.derive(inputs(new SeedSource.FromNonce()), PROMPT).hex());
    }

    @Test
    void dependsOnEverythingThatIsNamed_S2() {
        Digest other = Digest.sha256(new byte[] {1});
        Sampling warm = new Sampling(1, 0, 65_536, 0, 65_536, 0, 0, new TreeMap<>());
        SeedSource given = new SeedSource.Given(0);
        SeedSource nonce = new SeedSource.FromNonce();
        List<Seed.Inputs> all = List.of(
                inputs(given), inputs(new SeedSource.Given(1)), inputs(nonce),
                new Seed.Inputs(nonce, other, Receipt.ARITHMETIC, MODEL, Sampling.greedy(), 0),
                new Seed.Inputs(given, NONCE, "plumbline-exact-2", MODEL, Sampling.greedy(), 0),
                new Seed.Inputs(given, NONCE, Receipt.ARITHMETIC, new ModelId(other),
                        Sampling.greedy(), 0),
                new Seed.Inputs(given, NONCE, Receipt.ARITHMETIC, MODEL, warm, 0),
                new Seed.Inputs(given, NONCE, Receipt.ARITHMETIC, MODEL, Sampling.greedy(), 1));
        Set<Digest> seeds = new HashSet<>();
        all.forEach(one -> seeds.add(Seed.derive(one, PROMPT)));
        seeds.add(Seed.derive(inputs(given), TokenIds.of(1, 3)));
        seeds.add(Seed.derive(inputs(given), TokenIds.of(1)));
        seeds.add(Seed.derive(inputs(given), TokenIds.of()));
        assertEquals(all.size() + 3, seeds.size());
    }

    @Test
    void doesNotDependOnTheNonceWhereASeedIsGiven_S2() {
        Seed.Inputs zero = inputs(new SeedSource.Given(3));
        Seed.Inputs other = new Seed.Inputs(new SeedSource.Given(3), Digest.sha256(),
                Receipt.ARITHMETIC, MODEL, Sampling.greedy(), 0);
        assertEquals(Seed.derive(zero, PROMPT), Seed.derive(other, PROMPT));
    }

    /// So that another node continues an answer with the same draws.
    @Test
    void doesNotDependOnNodeTimePriceOrTokenLimit_S3() throws MalformedException {
        String text = ReceiptText.of(ExampleBundle.receipt());
        String other = text
                .replace(ExampleBundle.NODE.key().encode(), ExampleBundle.OTHER_NODE.key().encode())
                .replace("id 5", "id 6")
                .replace("price 1250 usd/1e6", "price 0 -")
                .replace("payment voucher:17", "payment -")
                .replace("max-tokens 16", "max-tokens 99")
                .replace("stop end", "stop string")
                .replace("07:40:00.125", "08:40:00.125");
        assertEquals(7, differences(text, other));
        assertEquals(Seed.derive(ExampleBundle.receipt(), ExampleBundle.PROMPT),
                Seed.derive(Receipt.parse(Ascii.bytes(other)), ExampleBundle.PROMPT));
    }

    private static int differences(String one, String other) {
        List<String> ones = one.lines().toList();
        List<String> others = other.lines().toList();
        assertTrue(ones.size() == others.size());
        int count = 0;
        for (int i = 0; i < ones.size(); i++) {
            count += ones.get(i).equals(others.get(i)) ? 0 : 1;
        }
        return count;
    }
}
