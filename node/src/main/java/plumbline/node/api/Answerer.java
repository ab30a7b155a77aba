package plumbline.node.api;

import java.util.List;

/// Who answers canonical requests: the engine of a node, or other nodes behind a proxy. The HTTP endpoints and
/// their dialects know nothing else. Safe for use by many threads.
public interface Answerer {

    /// Begins to answer; returns when the request is taken, which may mean waiting in a queue.
    ///
    /// @throws ApiException if it is refused before anything of it is computed
    RunningAnswer answer(CanonicalRequest request) throws ApiException;

    /// How many tokens a request's prompt has.
    int promptTokens(CanonicalRequest request) throws ApiException;

    /// The models that can be asked, by name.
    List<ServedModel> models() throws ApiException;

    /// Those of them that are in memory.
    default List<ServedModel> loaded() throws ApiException {
        return List.of();
    }

    /// The model of a name or id.
    ///
    /// @throws ApiException status 404 if there is none
    ServedModel model(String name) throws ApiException;
}
