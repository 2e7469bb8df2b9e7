package io.deltastreams.e2e;

import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;

/** A subscriber that costs next to nothing: counts a feed's inserts, updates and deletes by the first letter of their {@code event:} lines. */
final class FeedCounter implements AutoCloseable {

    private static final byte[] EVENT = "event: ".getBytes(StandardCharsets.US_ASCII);

    private final Service service;
    private final String path;
    private final Thread thread;
    private volatile long count;
    private volatile boolean closed;

    FeedCounter(Service service, String path) {
        this.service = service;
        this.path = path;
        this.thread = Thread.ofPlatform().daemon().start(this::read);
    }

    long count() {
        return count;
    }

    private void read() {
        try (HttpClient http = HttpClient.newHttpClient()) {
            while (!closed) {
                try {
                    HttpResponse<InputStream> response = http.send(
                            HttpRequest.newBuilder(service.uri(path))
                                    .header("Accept", "text/event-stream")
                                    .build(),
                            HttpResponse.BodyHandlers.ofInputStream());
                    try (InputStream body = response.body()) {
                        if (response.statusCode() == 200) {
                            count = 0;
                            count(body);
                        }
                    }
                } catch (IOException _) {
                    Thread.sleep(50);
                }
            }
            http.shutdownNow();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private void count(InputStream body) throws IOException {
        byte[] block = new byte[1 << 16];
        int matched = 0;
        boolean lineStart = true;
        long seen = 0;
        for (int size = body.read(block); size >= 0; size = body.read(block)) {
            for (int i = 0; i < size; i++) {
                byte letter = block[i];
                if (matched == EVENT.length) {
                    seen += letter == 'i' || letter == 'u' || letter == 'd' ? 1 : 0;
                    matched = 0;
                } else if ((lineStart || matched > 0) && letter == EVENT[matched]) {
                    matched++;
                } else {
                    matched = 0;
                }
                lineStart = letter == '\n';
            }
            count = seen;
        }
    }

    @Override
    public void close() {
        closed = true;
        thread.interrupt();
    }
}
