package plumbline.node.proxy;

import java.util.List;
import plumbline.node.api.Answerer;
import plumbline.node.api.ApiError;
import plumbline.node.api.ApiException;
import plumbline.node.api.CanonicalRequest;
import plumbline.node.api.RunningAnswer;
import plumbline.node.api.ServedModel;
import plumbline.sdk.LockFile;
import plumbline.sdk.NodeModel;
import plumbline.sdk.Plumbline;
import plumbline.sdk.PlumblineException;
import plumbline.sdk.Question;
import plumbline.sdk.RefusedException;

/// Answers with what nodes elsewhere give, as far as it holds. Source: spec/proxy.md.
final class ProxyAnswerer implements Answerer {

    private final Plumbline nodes;
    private final AnswerBook book;

    ProxyAnswerer(Plumbline nodes, AnswerBook book) {
        this.nodes = nodes;
        this.book = book;
    }

    @Override
    public RunningAnswer answer(CanonicalRequest request) throws ApiException {
        try {
            LockFile.Model model = nodes.model(request.request().model());
            return ProxiedAnswer.start(
                    nodes, book, Question.of(request.request(), request.body()), model.id());
        } catch (PlumblineException e) {
            throw error(e);
        }
    }

    @Override
    public int promptTokens(CanonicalRequest request) throws ApiException {
        try {
            return nodes.promptTokens(Question.of(request.request(), request.body()));
        } catch (PlumblineException e) {
            throw error(e);
        }
    }

    @Override
    public List<ServedModel> models() throws ApiException {
        try {
            return nodes.models().stream().map(ProxyAnswerer::served).toList();
        } catch (PlumblineException e) {
            throw error(e);
        }
    }

    @Override
    public ServedModel model(String name) throws ApiException {
        try {
            LockFile.Model pinned = nodes.model(name);
            return nodes.models().stream().filter(model -> model.id().equals(pinned.id())).findFirst()
                    .map(model -> new ServedModel(name, pinned.id(), pinned.weightsRoot(), model.sizeBytes(), 0))
                    .orElseGet(() -> new ServedModel(name, pinned.id(), pinned.weightsRoot(), 0, 0));
        } catch (PlumblineException e) {
            throw error(e);
        }
    }

    private static ServedModel served(NodeModel model) {
        return new ServedModel(model.name(), model.id(), model.weightsRoot(), model.sizeBytes(), 0);
    }

    private static ApiException error(PlumblineException why) {
        return why instanceof RefusedException refused
                ? ApiError.of(refused.status(), refused.param(), refused.code(), refused.getMessage()).thrown()
                : ApiError.of(502, "", "node_failed",
                        why.getMessage() + (why.cure().isEmpty() ? "" : ". " + why.cure())).thrown();
    }
}
