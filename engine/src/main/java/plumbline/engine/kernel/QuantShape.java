package plumbline.engine.kernel;

import plumbline.exact.BlockFormat;

/// What the weights of a block format are made of: W = D sub q + minimum (spec/arithmetic.md section 2).
///
/// @param group    columns that share an integer scale, or a block's where there is none
/// @param quantMax largest |q|
/// @param subMax   largest |sub|, 1 where there is none
/// @param minMax   largest integer minimum; 1 where the minimum is an f16 alone, 0 where there is none
record QuantShape(int group, int quantMax, int subMax, int minMax) {

    static QuantShape of(BlockFormat format) {
        return switch (format) {
            case Q4_0 -> new QuantShape(32, 8, 1, 0);
            case Q4_1 -> new QuantShape(32, 15, 1, 1);
            case Q5_0 -> new QuantShape(32, 16, 1, 0);
            case Q5_1 -> new QuantShape(32, 31, 1, 1);
            case Q8_0 -> new QuantShape(32, 128, 1, 0);
            case IQ4_NL -> new QuantShape(32, 127, 1, 0);
            case Q2_K -> new QuantShape(16, 3, 15, 15);
            case Q3_K -> new QuantShape(16, 4, 32, 0);
            case Q4_K -> new QuantShape(32, 15, 63, 63);
            case Q5_K -> new QuantShape(32, 31, 63, 63);
            case Q6_K -> new QuantShape(16, 32, 128, 0);
            case IQ4_XS -> new QuantShape(32, 127, 32, 0);
            case F32, F16, BF16 -> throw new IllegalArgumentException("no blocks: " + format);
        };
    }
}
