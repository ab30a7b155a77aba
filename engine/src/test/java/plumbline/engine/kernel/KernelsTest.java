package plumbline.engine.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import org.junit.jupiter.api.Test;

class KernelsTest {

    @Test
    void choosesByName() throws KernelUnavailableException {
        assertInstanceOf(ScalarKernel.class, Kernels.choose("scalar"));
        VectorKernel vector = assertInstanceOf(VectorKernel.class, Kernels.choose("vector"));
        assertTrue(vector.name().matches("vector-(128|256|512)"));
        assertEquals(vector.fast() ? vector.name() : "scalar", Kernels.choose("").name());
    }

    @Test
    void saysHowToGetTheNativeKernel() { // a test's classes have no library beside them
        assertRefused("native", "install gcc or clang");
    }

    @Test
    void refusesUnknownNames() {
        assertRefused("gpu", "there is no kernel \"gpu\"");
        assertRefused("Vector", "there is no kernel");
    }

    private static void assertRefused(String name, String why) {
        String message = assertThrows(KernelUnavailableException.class, () -> Kernels.choose(name))
                .getMessage();
        assertTrue(message.contains(why) && message.contains("use "), message);
    }

    @Test
    void selfTestAcceptsBothKernels() throws KernelUnavailableException {
        assertEquals(Optional.empty(), SelfTest.fault(new ScalarKernel()));
        assertEquals(Optional.empty(), SelfTest.fault(VectorKernel.create()));
    }
}
