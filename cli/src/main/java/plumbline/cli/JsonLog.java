package plumbline.cli;

import java.io.OutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.StreamHandler;
import java.util.stream.Collectors;

/// The log as one JSON object a line, with a line for each request. Without it, the log is what went wrong, as text,
/// and requests aren't in it.
final class JsonLog extends Formatter {

    private static final int CAUSES_MAX = 8;
    private static final int FRAMES_MAX = 24;
    private static final String REQUESTS = "plumbline.requests";
    // Held here, or the settings would be lost with the loggers.
    private static final Logger ROOT = Logger.getLogger("");
    private static final Logger REQUEST_LOGGER = Logger.getLogger(REQUESTS);

    private JsonLog() {}

    /// Everything that is logged from now on goes there.
    static void to(OutputStream out) {
        for (Handler handler : ROOT.getHandlers()) {
            ROOT.removeHandler(handler);
        }
        StreamHandler handler = new StreamHandler(out, new JsonLog()) {
            @Override
            public synchronized void publish(LogRecord line) {
                super.publish(line);
                flush();
            }
        };
        handler.setLevel(Level.ALL);
        ROOT.addHandler(handler);
        REQUEST_LOGGER.setLevel(Level.FINE);
    }

    @Override
    public String format(LogRecord line) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("time", line.getInstant().toString());
        boolean isBad = line.getLevel().intValue() >= Level.WARNING.intValue();
        fields.put("level", isBad ? line.getLevel().getName().toLowerCase(Locale.ROOT) : "info");
        if (REQUESTS.equals(line.getLoggerName()) && line.getParameters() != null
                && line.getParameters()[0] instanceof Map<?, ?> request) {
            request.forEach((name, value) -> fields.put(name.toString(), value));
        } else {
            fields.put("event", line.getLoggerName());
            fields.put("message", formatMessage(line));
        }
        if (line.getThrown() != null) {
            fields.put("error", causes(line.getThrown()));
        }
        return JsonText.of(fields) + "\n";
    }

    /// Each cause with where it came from.
    private static List<String> causes(Throwable thrown) {
        List<String> causes = new ArrayList<>();
        for (Throwable cause = thrown; cause != null && causes.size() < CAUSES_MAX; cause = cause.getCause()) {
            String frames = Arrays.stream(cause.getStackTrace()).limit(FRAMES_MAX).map(StackTraceElement::toString)
                    .collect(Collectors.joining(" < "));
            causes.add(cause + " at " + frames);
        }
        return causes;
    }
}
