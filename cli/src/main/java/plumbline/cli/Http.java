package plumbline.cli;

import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.HttpURLConnection;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/// Small HTTP calls to a node. The JDK's HttpURLConnection, because it starts in a tenth of the
/// time that HttpClient takes and stops waiting for a body that doesn't come.
final class Http {
    private static final int CONNECT_MILLIS = 5_000;

    /// An answer whose body can be read while it comes.
    ///
    /// @param status  HTTP status
    /// @param headers one value each, names in lower case
    record Response(
            int status,
            Map<String, String> headers,
            InputStream body,
            HttpURLConnection connection)
            implements AutoCloseable {
        /// The whole body.
        ///
        /// @throws IOException if it has more than `bytesMax` bytes
        byte[] bytes(int bytesMax) throws IOException {
            byte[] bytes = body.readNBytes(bytesMax + 1);
            if (bytes.length > bytesMax) {
                throw new IOException("more than " + bytesMax + " bytes came");
            }
            return bytes;
        }

        /// Ends the connection at once, also in the middle of a body.
        void hangUp() {
            connection.disconnect();
        }

        @Override
        public void close() {
            hangUp();
        }
    }

    private Http() {}

    static Response get(URI address, Map<String, String> headers, int readMillis)
            throws IOException {
        return answer(open(address, headers, readMillis));
    }

    static Response post(URI address, Map<String, String> headers, byte[] body, int readMillis)
            throws IOException {
        HttpURLConnection connection = open(address, headers, readMillis);
        connection.setRequestMethod("POST");
        connection.setDoOutput(true);
        connection.setRequestProperty("Content-Type", "application/json");
        connection.setFixedLengthStreamingMode(body.length);
        connection.getOutputStream().write(body);
        return answer(connection);
    }

    private static HttpURLConnection open(
            URI address, Map<String, String> headers, int readMillis) throws IOException {
        if (!(address.toURL().openConnection() instanceof HttpURLConnection connection)) {
            throw new IOException("not an HTTP address: " + address);
        }
        connection.setConnectTimeout(CONNECT_MILLIS);
        connection.setReadTimeout(readMillis);
        connection.setInstanceFollowRedirects(false);
        headers.forEach(connection::setRequestProperty);
        return connection;
    }

    private static Response answer(HttpURLConnection connection) throws IOException {
        int status = connection.getResponseCode();
        Map<String, String> headers = new TreeMap<>();
        connection.getHeaderFields().forEach((name, values) -> {
            if (name != null) {
                headers.put(name.toLowerCase(Locale.ROOT), values.getLast());
            }
        });
        InputStream body =
                status < 400 ? connection.getInputStream() : connection.getErrorStream();
        InputStream present = body == null ? InputStream.nullInputStream() : body;
        return new Response(status, headers, present, connection);
    }

    /// What a person needs to know about a failed call.
    static String reason(IOException e) {
        String message = e.getMessage() == null ? "" : e.getMessage();
        return switch (e) {
            case UnknownHostException _ -> "no such host: " + message + " (no network?)";
            case ConnectException _ -> "no connection: " + message;
            case SocketTimeoutException _ -> "timed out: " + message;
            default -> message.isEmpty() ? e.toString() : message;
        };
    }

    static String text(byte[] utf8) {
        return new String(utf8, StandardCharsets.UTF_8);
    }
}
