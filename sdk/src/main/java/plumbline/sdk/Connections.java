package plumbline.sdk;

import java.io.IOException;
import java.io.InputStream;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.apache.hc.client5.http.classic.methods.HttpUriRequestBase;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.client5.http.config.TlsConfig;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import org.apache.hc.client5.http.impl.io.ManagedHttpClientConnectionFactory;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.client5.http.routing.RoutingSupport;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.config.Http1Config;
import org.apache.hc.core5.http.io.SocketConfig;
import org.apache.hc.core5.io.CloseMode;
import org.apache.hc.core5.util.TimeValue;
import org.apache.hc.core5.util.Timeout;

/// Connections to nodes, kept open from one request to the next.
///
/// A stream is read by a platform thread of its own, which waits in the read itself: on a warm JVM that takes a fifth
/// of the processor time for each token that the JDK's client takes, or virtual threads, whose selectors have to wake
/// them (bench/results/proxy.txt).
final class Connections implements AutoCloseable {

    private static final Timeout CONNECT = Timeout.ofSeconds(1);
    private static final Timeout HANDSHAKE = Timeout.ofSeconds(5);
    private static final TimeValue IDLE = TimeValue.ofSeconds(30);
    private static final int CONNECTIONS_MAX = 20_000;
    private static final int HEADER_BYTES_MAX = 16 << 10;
    private static final int HEADERS_MAX = 100;

    private final CloseableHttpClient http;
    private final ExecutorService readers =
            Executors.newCachedThreadPool(Thread.ofPlatform().name("reads a node ", 0).daemon().factory());
    private final ScheduledExecutorService clock;
    private final Ticks ticks;

    Connections() {
        Http1Config bounds = Http1Config.custom()
                .setMaxLineLength(HEADER_BYTES_MAX).setMaxHeaderCount(HEADERS_MAX).build();
        // Nothing is asked again, redirected, decompressed or remembered behind the back of who asks.
        http = HttpClients.custom()
                .setConnectionManager(PoolingHttpClientConnectionManagerBuilder.create()
                        .setConnectionFactory(ManagedHttpClientConnectionFactory.builder().http1Config(bounds).build())
                        .setMaxConnTotal(CONNECTIONS_MAX).setMaxConnPerRoute(CONNECTIONS_MAX)
                        .setDefaultSocketConfig(SocketConfig.custom().setTcpNoDelay(true)
                                .setSoTimeout(Timeout.DISABLED).build())
                        .setDefaultConnectionConfig(ConnectionConfig.custom().setConnectTimeout(CONNECT)
                                .setSocketTimeout(Timeout.DISABLED).setIdleTimeout(Timeout.of(IDLE.toDuration()))
                                .build())
                        .setDefaultTlsConfig(TlsConfig.custom().setHandshakeTimeout(HANDSHAKE).build())
                        .build())
                .setDefaultRequestConfig(RequestConfig.custom().setResponseTimeout(Timeout.DISABLED).build())
                .disableAutomaticRetries().disableRedirectHandling().disableContentCompression()
                .disableCookieManagement().disableAuthCaching().disableDefaultUserAgent()
                .build();
        ScheduledThreadPoolExecutor one =
                new ScheduledThreadPoolExecutor(1, Thread.ofPlatform().name("nodes' clock").daemon().factory());
        one.setRemoveOnCancelPolicy(true);
        // Clients that are done are not always closed.
        one.setKeepAliveTime(10, TimeUnit.SECONDS);
        one.allowCoreThreadTimeOut(true);
        clock = one;
        ticks = new Ticks(one);
    }

    Ticks ticks() {
        return ticks;
    }

    /// Sends a request and waits for status and headers. Cancelling the request ends it, whatever it waits for.
    ClassicHttpResponse open(HttpUriRequestBase request) throws IOException {
        try {
            return http.executeOpen(RoutingSupport.determineHost(request), request, null);
        } catch (HttpException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    /// What comes of a response; what has come in whole frees the connection for the next request.
    static InputStream body(ClassicHttpResponse response) throws IOException {
        HttpEntity entity = response.getEntity();
        return entity == null ? InputStream.nullInputStream() : entity.getContent();
    }

    /// Runs something that reads until a stream has ended.
    void read(Runnable reader) {
        readers.execute(reader);
    }

    /// Runs something short after a time, unless it is cancelled before; at once where this is closed.
    Future<?> after(Duration time, Runnable what) {
        try {
            return clock.schedule(what, time.toNanos(), TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException e) {
            what.run();
            return CompletableFuture.completedFuture(null);
        }
    }

    /// Breaks off what is under way. The readers then end by themselves.
    @Override
    public void close() {
        ticks.close();
        http.close(CloseMode.IMMEDIATE);
    }
}
