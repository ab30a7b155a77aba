package plumbline.node.api;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import tools.jackson.databind.node.ObjectNode;

/// A stream's frames: server-sent events, or lines of JSON. Each is flushed.
final class Frames {

    private static final int FRAME_BYTES = 512;

    private final OutputStream out;

    Frames(OutputStream out) {
        this.out = out;
    }

    /// An event without a name.
    void data(ObjectNode json) throws IOException {
        write("data: ", json, "\n\n");
    }

    /// An event with a name.
    void event(String name, ObjectNode json) throws IOException {
        write("event: " + name + "\ndata: ", json, "\n\n");
    }

    /// The end of an OpenAI stream.
    void done() throws IOException {
        write("data: [DONE]\n\n".getBytes(StandardCharsets.UTF_8));
    }

    /// An event that says nothing.
    void comment() throws IOException {
        write(": still at it\n\n".getBytes(StandardCharsets.UTF_8));
    }

    /// A line of JSON.
    void line(ObjectNode json) throws IOException {
        write("", json, "\n");
    }

    private void write(String before, ObjectNode json, String after) throws IOException {
        ByteArrayOutputStream frame = new ByteArrayOutputStream(FRAME_BYTES);
        frame.writeBytes(before.getBytes(StandardCharsets.UTF_8));
        frame.writeBytes(Json.bytes(json));
        frame.writeBytes(after.getBytes(StandardCharsets.UTF_8));
        write(frame.toByteArray());
    }

    private void write(byte[] frame) throws IOException {
        out.write(frame);
        out.flush();
    }
}
