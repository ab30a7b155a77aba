package plumbline.exact;

import java.util.Optional;

/// The weights of one layer. The norms that only some models have are optional.
public record LayerWeights(NormWeights attentionNorm, Matrix query, Matrix key, Matrix value,
        Optional<NormWeights> queryNorm, Optional<NormWeights> keyNorm, Matrix output,
        Optional<NormWeights> afterAttention, NormWeights feedForwardNorm, Matrix gate, Matrix up, Matrix down,
        Optional<NormWeights> afterFeedForward) {}
