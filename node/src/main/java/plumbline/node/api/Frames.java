package plumbline.node.api;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import tools.jackson.databind.node.ObjectNode;

/// A stream's frames: server-sent events, or lines of JSON. Each is flushed.
final class Frames {

    private final OutputStream out;

    Frames(OutputStream out) {
        this.out = out;
    }

    /// An event without a name.
    void data(ObjectNode json) throws IOException {
        write("data: " + json + "\n\n");
    }

    /// An event with a name.
    void event(String name, ObjectNode json) throws IOException {
        write("event: " + name + "\ndata: " + json + "\n\n");
    }

    /// The end of an OpenAI stream.
    void done() throws IOException {
        write("data: [DONE]\n\n");
    }

    /// An event that says nothing.
    void comment() throws IOException {
        write(": still at it\n\n");
    }

    /// A line of JSON.
    void line(ObjectNode json) throws IOException {
        write(json + "\n");
    }

    private void write(String text) throws IOException {
        out.write(text.getBytes(StandardCharsets.UTF_8));
        out.flush();
    }
}
