package plumbline.node.api;

import java.util.Map;
import plumbline.engine.request.RequestDefaults;
import plumbline.engine.request.RequestException;
import tools.jackson.databind.node.ObjectNode;

/// A way to ask and to be answered: a pure translation from a body to a canonical request, and from events to
/// JSON. Source: spec/api.md.
interface Dialect {

    /// Reads a body that was sent to `path`.
    ///
    /// @throws RequestException if a field can't be honoured; none is ignored
    Asked read(String path, byte[] body, RequestDefaults defaults) throws RequestException;

    /// An error in the dialect's shape.
    ObjectNode error(ApiError error);

    /// A request that was read.
    ///
    /// @param created seconds, by the clock of whoever answers; set when the answer starts
    interface Asked {
        CanonicalRequest canonical();

        /// Names of the dialect's own fields, by those of the canonical request where they differ.
        default Map<String, String> names() {
            return Map.of();
        }

        /// What makes the answer's JSON.
        Presentation present(AnswerEvent.Started started, long createdSeconds);
    }
}
