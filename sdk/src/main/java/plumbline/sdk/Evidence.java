package plumbline.sdk;

import java.util.List;
import java.util.Optional;

/// What shows that a node was wrong, for whoever wants to look later.
///
/// @param node     its address
/// @param signer   its key, where it is known
/// @param what     what is wrong, for a person
/// @param request  the body that it was sent
/// @param tokens   the output ids that it sent
/// @param bundle   its receipt's bundle, where it came to that
public record Evidence(
        String node, String signer, String what, byte[] request, List<Integer> tokens, Optional<byte[]> bundle) {
    /// Copies the list.
    public Evidence {
        tokens = List.copyOf(tokens);
    }
}
