package plumbline.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/// Keeps the high-water marks of the tests' nodes out of the person's own place, whoever runs the tests. The
/// build sets PLUMB_STATE as well, for the programs that tests start.
public final class StateOfTests implements BeforeAllCallback {

    private static final String PROPERTY = "plumbline.state";

    @Override
    public void beforeAll(ExtensionContext context) {
        if (System.getProperty(PROPERTY) == null) {
            try {
                System.setProperty(PROPERTY, Files.createTempDirectory("plumb-test-state").toString());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
