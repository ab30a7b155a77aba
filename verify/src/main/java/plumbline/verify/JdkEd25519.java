package plumbline.verify;

import java.math.BigInteger;
import java.security.InvalidKeyException;
import java.security.KeyFactory;
import java.security.NoSuchAlgorithmException;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.spec.EdECPoint;
import java.security.spec.EdECPublicKeySpec;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.NamedParameterSpec;
import java.util.Set;

/// Ed25519 of the JDK, with the strictness that spec/log.md asks for (L30 to L33) checked here and
/// not left to the provider.
///
/// Safe for use by several threads.
public final class JdkEd25519 implements Ed25519 {
    private static final int KEY_BYTES = 32;
    private static final int SIGNATURE_BYTES = 64;

    /// The prime p of the field, 2^255 - 19.
    private static final BigInteger FIELD =
            BigInteger.ONE.shiftLeft(255).subtract(BigInteger.valueOf(19));
    /// The order L of the base point.
    private static final BigInteger ORDER = BigInteger.ONE.shiftLeft(252)
            .add(new BigInteger("27742317777372353535851937790883648493"));

    /// The y coordinate of two of the four points of order eight; the other two have -y.
    private static final BigInteger ORDER_EIGHT = new BigInteger(
            "5fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826", 16);

    /// The y coordinates of the eight points whose order divides the cofactor. A key among them
    /// would verify signatures that nobody made.
    private static final Set<BigInteger> SMALL_ORDER = Set.of(
            BigInteger.ZERO,
            BigInteger.ONE,
            FIELD.subtract(BigInteger.ONE),
            ORDER_EIGHT,
            FIELD.subtract(ORDER_EIGHT));

    @Override
    public boolean verify(byte[] publicKey, byte[] message, byte[] signature) {
        if (publicKey.length != KEY_BYTES || signature.length != SIGNATURE_BYTES) {
            return false;
        }
        BigInteger keyY = y(publicKey, 0);
        if (!isCanonical(publicKey, 0) || SMALL_ORDER.contains(keyY)
                || !isCanonical(signature, 0)
                || littleEndian(signature, 32).compareTo(ORDER) >= 0) {
            return false;
        }
        try {
            EdECPoint point = new EdECPoint(signBit(publicKey, 0), keyY);
            PublicKey key = KeyFactory.getInstance("Ed25519")
                    .generatePublic(new EdECPublicKeySpec(NamedParameterSpec.ED25519, point));
            Signature verifier = Signature.getInstance("Ed25519");
            verifier.initVerify(key);
            verifier.update(message);
            return verifier.verify(signature);
        } catch (InvalidKeySpecException | InvalidKeyException | SignatureException e) {
            // The provider's way to say that the key or the signature holds no point of the curve.
            return false;
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this JDK has no Ed25519; use JDK 25 or newer", e);
        }
    }

    /// Whether the point at `at` is in its one encoding: y below p, and no sign where x is zero,
    /// which is so at y = 1 and y = -1 alone.
    private static boolean isCanonical(byte[] bytes, int at) {
        BigInteger y = y(bytes, at);
        boolean xIsZero = y.equals(BigInteger.ONE) || y.equals(FIELD.subtract(BigInteger.ONE));
        return y.compareTo(FIELD) < 0 && !(xIsZero && signBit(bytes, at));
    }

    private static BigInteger y(byte[] bytes, int at) {
        return littleEndian(bytes, at).clearBit(255);
    }

    private static boolean signBit(byte[] bytes, int at) {
        return bytes[at + 31] < 0;
    }

    private static BigInteger littleEndian(byte[] bytes, int at) {
        byte[] reversed = new byte[32];
        for (int i = 0; i < 32; i++) {
            reversed[i] = bytes[at + 31 - i];
        }
        return new BigInteger(1, reversed);
    }
}
