package plumbline.node.api;

import java.util.List;

/// Who answers canonical requests: the engine of a node, or other nodes behind a proxy. The HTTP endpoints and
/// their dialects know nothing else. Safe for use by many threads.
public interface Answerer {

    /// Begins to answer; returns at once. The request may wait in a queue before its first event.
    ///
    /// @throws ApiException if it is refused before anything of it is computed
    RunningAnswer answer(CanonicalRequest request) throws ApiException;

    /// The same for `caller`, so that one with many requests doesn't keep out the others, and each answer is counted
    /// for a key and told to the `room` that was held for it.
    default RunningAnswer answer(CanonicalRequest request, Access.Entry caller, Access.Room room) throws ApiException {
        return answer(request);
    }

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

    /// What the file of a model says of it.
    default ModelFacts facts(ServedModel model) throws ApiException {
        return ModelFacts.unknown();
    }
}
