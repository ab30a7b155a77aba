package plumbline.verify;

/// Digests that spec/receipt.md section 6 states, computed with another SHA-256 from its formulae.
final class PageValues {
    static final String SALT_TEXT =
            "5925e9c7bf24590deb0a6d493f6319f6d986f836a7570e8c4e4557a949369094";
    static final String COMMITMENT_TEXT =
            "5486eb838ea5101143d53363828aaabc778339df079ae6f946526cd689a67c23";
    static final String BOUNDARY_SALT_DRY =
            "d1a8cd4db0c44f0e035cfb1260e93f39b422308636356115171572b3c7601ee0";
    static final String SEED_GIVEN =
            "eef41dd04f474e2676f0593491af1eba6bc397c0f81c69cbc6c9e1e6e27fc3c3";
    static final String SEED_NONCE =
            "9090d26d9ca4e5800097f2f562996d4d98b91ccb4002698ee8fdccaaba428f7e";

    private PageValues() {
    }
}
