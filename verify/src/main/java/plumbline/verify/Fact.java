package plumbline.verify;

/// One fact about an accepted receipt, and who vouches for it.
///
/// A fact that was not shown is listed too, so that nobody takes silence for a yes.
///
/// @param name `signed`, `in-log`, `witnessed`, `consistent`, `upstream` or `replayed`
/// @param shown whether it was shown
/// @param voucher who vouches: a verifier key, names of witnesses, `you`; empty if not shown
/// @param text the fact for a person, as `signed by KEY (pinned)` or `not witnessed`
public record Fact(String name, boolean shown, String voucher, String text) {
}
