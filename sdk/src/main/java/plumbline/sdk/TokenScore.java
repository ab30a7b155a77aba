package plumbline.sdk;

/// A token and how likely it was in its place, as this machine computed it. Source: spec/api.md A85, A87.
///
/// @param text    U+FFFD stands for what isn't whole characters
/// @param bytes   of the text; none for a token that gives no text
/// @param logprob natural logarithm of its probability
public record TokenScore(int id, String text, byte[] bytes, double logprob) {}
