package plumbline.exact;

/// The sizes and choices of a layer; a model's differences are data here, never names.
///
/// - `width`: entries of the residual row; `heads`, `keyValueHeads`, `headSize`: attention
/// - `feedForward`: entries between gate/up and down
/// - `epsilon`: of the norms over `width`, as [NormWeights#epsilon] gives it; `headEpsilon`: over `headSize`
/// - `window`: positions a query sees, itself included; 0 = all
/// - `queryScale`: [Attention#queryScale]
public record LayerShape(int width, int heads, int keyValueHeads, int headSize, int feedForward,
        long epsilon, long headEpsilon, int window, long queryScale, Rotation rotation, Gate gate) {

    public LayerShape {
        if (width < 1 || width > NormWeights.COUNT_MAX || heads < 1 || keyValueHeads < 1
                || heads % keyValueHeads != 0 || headSize < 1 || headSize > 512 || feedForward < 1
                || feedForward > 1 << 17 || (long) heads * headSize > NormWeights.COUNT_MAX
                || epsilon < 0 || headEpsilon < 0 || window < 0) {
            throw new IllegalArgumentException("a layer of width " + width + " with " + heads + " heads over "
                    + keyValueHeads + " of size " + headSize + ", feed-forward " + feedForward);
        }
    }

    /// First position that a query at `position` sees.
    public int visibleFrom(int position) {
        return window == 0 ? 0 : Math.max(0, position - window + 1);
    }
}
