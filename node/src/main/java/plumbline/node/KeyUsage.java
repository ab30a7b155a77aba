package plumbline.node;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.OptionalLong;
import plumbline.verify.Receipt;

/// How much was asked with one API key in the minute and in the day (UTC) that it is. Counted are receipts, and the
/// tokens of their prompts and outputs; an answer under way holds room for as many tokens as it may have. What was
/// counted is in the database, in the transaction of the receipt. Guarded by its owner. Source: spec/api.md A115, A116.
final class KeyUsage {

    static final int MINUTE_SECONDS = 60;
    static final int DAY_SECONDS = 86_400;
    // Until an answer under way may have ended with fewer tokens than it was promised.
    private static final int PROMISED_SECONDS = 2;

    private static final String FORGET_MINUTES =
            "DELETE FROM api_usage WHERE key = ? AND seconds = " + MINUTE_SECONDS + " AND start < ?";
    private static final String COUNT = "INSERT INTO api_usage (key, seconds, start, requests, tokens)"
            + " VALUES (?, ?, ?, 1, ?) ON CONFLICT (key, seconds, start)"
            + " DO UPDATE SET requests = requests + 1, tokens = tokens + excluded.tokens";

    /// Requests and tokens of one minute or one day.
    static final class Window {
        private final int seconds;
        private long start;
        private long requests;
        private long tokens;

        Window(int seconds) {
            this.seconds = seconds;
        }

        /// What was counted before, if it was in the minute or day that it is.
        void restore(long start, long requests, long tokens, Instant now) {
            turnTo(now);
            if (start == this.start) {
                this.requests = requests;
                this.tokens = tokens;
            }
        }

        private void turnTo(Instant now) {
            long current = start(now, seconds);
            if (current != start) {
                start = current;
                requests = 0;
                tokens = 0;
            }
        }

        // A receipt may be written in the minute after the one that it is of: there it doesn't count.
        private void add(Instant time, long more, Instant now) {
            turnTo(now);
            if (start(time, seconds) == start) {
                requests++;
                tokens += more;
            }
        }

        private boolean isFull(OptionalLong requestsMax, OptionalLong tokensMax, long moreRequests, long moreTokens) {
            return requests + moreRequests >= requestsMax.orElse(Long.MAX_VALUE)
                    || tokens + moreTokens >= tokensMax.orElse(Long.MAX_VALUE);
        }
    }

    final Window minute = new Window(MINUTE_SECONDS);
    final Window day = new Window(DAY_SECONDS);
    private long requestsPromised;
    private long tokensPromised;

    /// Where the minute or day begins that a time is in, in seconds of the epoch.
    static long start(Instant time, int seconds) {
        return Math.floorDiv(time.getEpochSecond(), seconds) * (long) seconds;
    }

    /// Counts a receipt in the transaction that it goes into the log with.
    static void count(Connection connection, String key, Receipt receipt) throws SQLException {
        Database.execute(connection, FORGET_MINUTES, key, start(receipt.time(), MINUTE_SECONDS));
        for (int seconds : new int[] {MINUTE_SECONDS, DAY_SECONDS}) {
            Database.execute(connection, COUNT, key, seconds, start(receipt.time(), seconds), tokens(receipt));
        }
    }

    private static long tokens(Receipt receipt) {
        return (long) receipt.prompt().count() + receipt.output().count();
    }

    /// Counts a receipt that is in the log.
    void count(Receipt receipt, Instant now) {
        minute.add(receipt.time(), tokens(receipt), now);
        day.add(receipt.time(), tokens(receipt), now);
    }

    /// After how many seconds there is room for a request again; empty where there is room now.
    OptionalLong waitSeconds(ApiKey.Quotas quotas, Instant now) {
        minute.turnTo(now);
        day.turnTo(now);
        OptionalLong forDay = waitSeconds(day, quotas.requestsPerDay(), quotas.tokensPerDay(), now);
        OptionalLong forMinute = waitSeconds(minute, quotas.requestsPerMinute(), quotas.tokensPerMinute(), now);
        return forDay.isPresent() ? forDay : forMinute;
    }

    private OptionalLong waitSeconds(Window window, OptionalLong requestsMax, OptionalLong tokensMax, Instant now) {
        if (window.isFull(requestsMax, tokensMax, 0, 0)) {
            return OptionalLong.of(window.start + window.seconds - now.getEpochSecond());
        }
        return window.isFull(requestsMax, tokensMax, requestsPromised, tokensPromised)
                ? OptionalLong.of(PROMISED_SECONDS) : OptionalLong.empty();
    }

    /// Holds room for so many answers of at most so many tokens; negative ones give it back.
    void promise(int requests, long tokens) {
        requestsPromised += requests;
        tokensPromised += tokens;
    }

    long requests(Window window, Instant now) {
        window.turnTo(now);
        return window.requests;
    }

    long tokens(Window window, Instant now) {
        window.turnTo(now);
        return window.tokens;
    }
}
