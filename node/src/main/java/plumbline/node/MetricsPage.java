package plumbline.node;

import java.nio.charset.StandardCharsets;
import java.util.function.Supplier;
import plumbline.node.api.Access;
import plumbline.node.api.ApiException;
import plumbline.node.api.Caller;
import plumbline.node.api.Reply;
import plumbline.node.api.Scope;

/// `/metrics`, for who may read it. Source: spec/api.md A120.
///
/// @param now asks how things stand
record MetricsPage(Node node, Metrics metrics, Access access, Supplier<Metrics.Now> now) {

    static final String PATH = "/metrics";

    Reply get(Caller caller) throws ApiException, NodeException {
        access.enter(caller, Scope.METRICS);
        byte[] text = metrics.text(node, now.get()).getBytes(StandardCharsets.UTF_8);
        return Reply.bytes(MetricsText.TYPE, text).with("Cache-Control", "no-store");
    }
}
