package plumbline.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import plumbline.verify.Check;
import plumbline.verify.Fact;
import plumbline.verify.Verdict;

/// A verdict as a page for a person, or as JSON. Says what was shown and nothing else. Each fact is one line, and so is
/// each check unless a person looks: programs read them.
final class VerdictPage {
    private static final int MEANING_COLUMN = 19;

    private VerdictPage() {}

    static void print(Verdict verdict, Terminal terminal) {
        for (Check check : verdict.checks()) {
            String mark = switch (check.result()) {
                case PASSED -> terminal.paint(Terminal.Colour.GREEN, "✓");
                case FAILED -> terminal.paint(Terminal.Colour.RED, "✗");
                case NOT_CHECKED -> terminal.paint(Terminal.Colour.FAINT, "–");
            };
            String name = check.name() + " ".repeat(Math.max(1, 15 - check.name().length()));
            // The mark may carry colour, so the column is counted without it.
            // What failed is told once, at the end.
            String detail = check.result() == Check.Result.FAILED ? "failed, see below" : check.detail();
            terminal.print("  " + mark + " " + name
                    + (terminal.outIsTerminal() ? Columns.wrap(detail, MEANING_COLUMN) : detail));
        }
        switch (verdict) {
            case Verdict.Accepted accepted -> {
                terminal.print("facts");
                for (Fact fact : accepted.facts()) {
                    terminal.print("  " + fact.text());
                }
                terminal.print(terminal.paint(Terminal.Colour.GREEN, "ACCEPTED"));
            }
            case Verdict.Rejected rejected -> terminal.print(
                    terminal.paint(Terminal.Colour.RED, "REJECTED") + ": "
                            + rejected.reason().code() + ": " + rejected.detail());
        }
    }

    static Map<String, Object> json(Verdict verdict) {
        Map<String, Object> page = new LinkedHashMap<>();
        switch (verdict) {
            case Verdict.Accepted accepted -> {
                page.put("verdict", "accepted");
                page.put("receipt", accepted.receipt().receipt().id().hex());
                page.put("model_id", accepted.receipt().receipt().model().toString());
                page.put("signer", accepted.receipt().signer().encode());
                page.put("pinned", accepted.receipt().isPinned());
            }
            case Verdict.Rejected rejected -> {
                page.put("verdict", "rejected");
                page.put("reason", rejected.reason().code());
                page.put("detail", rejected.detail());
            }
        }
        List<Object> checks = new ArrayList<>();
        for (Check check : verdict.checks()) {
            Map<String, Object> row = new LinkedHashMap<>();
            row.put("name", check.name());
            row.put("result", check.result().name().toLowerCase(Locale.ROOT)
                    .replace('_', '-'));
            row.put("detail", check.detail());
            checks.add(row);
        }
        page.put("checks", checks);
        if (verdict instanceof Verdict.Accepted accepted) {
            List<Object> facts = new ArrayList<>();
            for (Fact fact : accepted.facts()) {
                Map<String, Object> row = new LinkedHashMap<>();
                row.put("fact", fact.name());
                row.put("shown", fact.shown());
                row.put("voucher", fact.voucher());
                row.put("text", fact.text());
                facts.add(row);
            }
            page.put("facts", facts);
        }
        return page;
    }
}
