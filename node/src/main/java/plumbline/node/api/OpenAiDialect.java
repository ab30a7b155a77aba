package plumbline.node.api;

import plumbline.engine.request.InferenceRequest;
import plumbline.engine.request.RequestDefaults;
import plumbline.engine.request.RequestException;
import tools.jackson.databind.node.ObjectNode;

/// `/v1/chat/completions` and `/v1/completions`: what is sent is the canonical request itself.
/// Source: spec/api.md A4-A26.
final class OpenAiDialect implements Dialect {

    @Override
    public Asked read(String path, byte[] body, RequestDefaults defaults) throws RequestException {
        return new Question(CanonicalRequest.read(path, body, defaults));
    }

    @Override
    public ObjectNode error(ApiError error) {
        return Json.error(error);
    }

    private record Question(CanonicalRequest canonical) implements Asked {
        @Override
        public Presentation present(AnswerEvent.Started started, long createdSeconds) {
            InferenceRequest request = canonical.request();
            return new OpenAiPresentation(request, started, createdSeconds);
        }
    }
}
