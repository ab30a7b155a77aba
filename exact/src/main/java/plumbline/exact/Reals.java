package plumbline.exact;

import java.math.BigInteger;

/// Real numbers to 256 fraction bits, for the constants and tables that the arithmetic *defines* as correctly
/// rounded values. Slow and plain; runs at load only. Errors stay below 2^-240. Source: spec/arithmetic.md section 3.
final class Reals {

    static final int PRECISION = 256;

    static final BigInteger ONE = BigInteger.ONE.shiftLeft(PRECISION);
    static final BigInteger LN2 = lnFraction(ONE.shiftLeft(1));
    static final BigInteger PI = machin();

    private Reals() {}

    static BigInteger multiply(BigInteger a, BigInteger b) {
        return a.multiply(b).shiftRight(PRECISION);
    }

    static BigInteger divide(BigInteger a, BigInteger b) {
        return a.shiftLeft(PRECISION).divide(b);
    }

    static BigInteger of(long numerator, long denominator) {
        return divide(BigInteger.valueOf(numerator), BigInteger.valueOf(denominator));
    }

    /// round(x * 2^bits), half up.
    static long rounded(BigInteger x, int bits) {
        return x.add(BigInteger.ONE.shiftLeft(PRECISION - bits - 1)).shiftRight(PRECISION - bits).longValueExact();
    }

    /// ln(mantissa * 2^exponent), mantissa > 0.
    static BigInteger ln(long mantissa, int exponent) {
        int bits = Fixed.bits(mantissa) - 1;
        BigInteger fraction = BigInteger.valueOf(mantissa).shiftLeft(PRECISION - bits);
        return lnFraction(fraction).add(LN2.multiply(BigInteger.valueOf(exponent + bits)));
    }

    /// ln(x) = 2 artanh((x - 1) / (x + 1)) for 1 <= x <= 2.
    private static BigInteger lnFraction(BigInteger x) {
        BigInteger z = divide(x.subtract(ONE), x.add(ONE));
        BigInteger square = multiply(z, z);
        BigInteger sum = BigInteger.ZERO;
        for (long k = 1; z.signum() != 0; k += 2) {
            sum = sum.add(z.divide(BigInteger.valueOf(k)));
            z = multiply(z, square);
        }
        return sum.shiftLeft(1);
    }

    /// e^x, for |x| up to a few thousand.
    static BigInteger exp(BigInteger x) {
        BigInteger[] parts = floorDivide(x, LN2);
        BigInteger sum = BigInteger.ZERO;
        BigInteger term = ONE;
        for (long k = 1; term.signum() != 0; k++) {
            sum = sum.add(term);
            term = multiply(term, parts[1]).divide(BigInteger.valueOf(k));
        }
        int twos = parts[0].intValueExact();
        return twos >= 0 ? sum.shiftLeft(twos) : sum.shiftRight(-twos);
    }

    static BigInteger squareRoot(BigInteger x) {
        return x.shiftLeft(PRECISION).sqrt();
    }

    /// cos(x), 0 <= x < 8.
    static BigInteger cos(BigInteger x) {
        return alternating(ONE, multiply(x, x), 0);
    }

    /// sin(x), 0 <= x < 8.
    static BigInteger sin(BigInteger x) {
        return alternating(x, multiply(x, x), 1);
    }

    private static BigInteger alternating(BigInteger term, BigInteger square, long k) {
        BigInteger sum = BigInteger.ZERO;
        while (term.signum() != 0) {
            sum = sum.add(term);
            term = multiply(term, square).divide(BigInteger.valueOf((k + 1) * (k + 2))).negate();
            k += 2;
            // floor division never lets a tiny negative term reach zero by itself
            if (term.bitLength() < 2) {
                break;
            }
        }
        return sum;
    }

    /// pi = 16 arctan(1/5) - 4 arctan(1/239).
    private static BigInteger machin() {
        return arctan(5).shiftLeft(4).subtract(arctan(239).shiftLeft(2));
    }

    private static BigInteger arctan(long inverse) {
        BigInteger power = ONE.divide(BigInteger.valueOf(inverse));
        BigInteger sum = BigInteger.ZERO;
        for (long k = 1; power.signum() != 0; k += 2) {
            BigInteger term = power.divide(BigInteger.valueOf(k));
            sum = (k & 2) == 0 ? sum.add(term) : sum.subtract(term);
            power = power.divide(BigInteger.valueOf(inverse * inverse));
        }
        return sum;
    }

    private static BigInteger[] floorDivide(BigInteger a, BigInteger b) {
        BigInteger[] parts = a.divideAndRemainder(b);
        if (parts[1].signum() < 0) {
            parts[0] = parts[0].subtract(BigInteger.ONE);
            parts[1] = parts[1].add(b);
        }
        return parts;
    }
}
