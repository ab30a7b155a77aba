package plumbline.sdk;

import java.net.URI;
import java.net.URISyntaxException;

/// Where a node is.
///
/// @param url `http://HOST:PORT` or `https://HOST`, without a slash at the end
public record NodeAddress(String url) {

    private static final int PORT_MAX = 65_535;

    /// Reads an address as a person writes it.
    ///
    /// @throws PlumblineException if it is none
    public static NodeAddress parse(String text) throws PlumblineException {
        String url = text.endsWith("/") ? text.substring(0, text.length() - 1) : text;
        try {
            URI uri = new URI(url);
            boolean isWeb = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
            boolean isPort = uri.getPort() == -1 ? !url.endsWith(":") : uri.getPort() > 0 && uri.getPort() <= PORT_MAX;
            if (isWeb && isPort && uri.getHost() != null && uri.getRawUserInfo() == null
                    && url.equals(uri.getScheme() + "://" + uri.getRawAuthority())) {
                return new NodeAddress(url);
            }
        } catch (URISyntaxException e) {
            // Said below.
        }
        throw new PlumblineException("'" + text + "' is no node's address",
                "Write something like http://127.0.0.1:8080");
    }

    URI at(String path) {
        return URI.create(url + path);
    }

    /// Whether what is sent there can be read on the way: without TLS, to another machine.
    boolean isInTheClear() {
        String host = URI.create(url).getHost();
        return url.startsWith("http:") && !host.equals("localhost") && !host.equals("[::1]")
                && !host.matches("127(\\.\\d{1,3}){3}");
    }

    /// Host and port, for people.
    public String shown() {
        return url.substring(url.indexOf("//") + 2);
    }
}
