package io.deltastreams.e2e;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A subscriber as a browser's EventSource is one: reads a feed from the earliest on, and after a lost connection resumes at the last id. */
final class FeedReader implements AutoCloseable {

    private final Service service;
    private final String path;
    private final Consumer<String> gap;
    private final Fold fold = new Fold();
    private final Thread thread;
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private volatile boolean closed;
    private volatile @Nullable InputStream open;
    private String lastId = "";

    /** To whom a gap is a failure. */
    FeedReader(Service service, String path) {
        this(service, path, gap -> {
            throw new AssertionError("gap on " + path + ": " + gap);
        });
    }

    FeedReader(Service service, String path, Consumer<String> gap) {
        this.service = service;
        this.path = path;
        this.gap = gap;
        this.thread = Thread.ofVirtual().start(this::read);
    }

    Fold fold() {
        Throwable broken = failure.get();
        if (broken != null) {
            throw new AssertionError("reader of " + path, broken);
        }
        return fold;
    }

    private void read() {
        try (HttpClient http = HttpClient.newHttpClient()) {
            while (!closed) {
                try {
                    connect(http);
                } catch (IOException _) {
                    Thread.sleep(50);
                }
            }
            http.shutdownNow();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } catch (AssertionError | RuntimeException e) {
            failure.set(e);
        }
    }

    private void connect(HttpClient http) throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(service.uri(path)).header("Accept", "text/event-stream");
        if (!lastId.isEmpty()) {
            request.header("Last-Event-ID", lastId);
        }
        HttpResponse<InputStream> response = http.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
        if (response.statusCode() != 200) {
            response.body().close();
            if (response.statusCode() == 503 || response.statusCode() == 404) {
                throw new IOException("not ready: " + response.statusCode());
            }
            throw new AssertionError("status " + response.statusCode());
        }
        open = response.body();
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8), 1 << 16)) {
            events(lines);
        }
    }

    private void events(BufferedReader lines) throws IOException {
        String event = "";
        String id = "";
        StringBuilder data = new StringBuilder();
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            if (line.isEmpty()) {
                dispatch(event, id, data.toString());
                event = "";
                data.setLength(0);
            } else if (line.startsWith("event:")) {
                event = line.substring(6).strip();
            } else if (line.startsWith("id:")) {
                id = line.substring(3).strip();
            } else if (line.startsWith("data:")) {
                data.append(line.substring(5).strip());
            }
        }
    }

    private void dispatch(String event, String id, String data) throws IOException {
        switch (event) {
            case "insert", "update", "delete", "truncate" -> fold.applyInOrder(Fold.JSON.readTree(data));
            case "gap" -> gap.accept(data);
            case "error" -> throw new AssertionError(event + " on " + path + ": " + data);
            default -> {}
        }
        if (!id.isEmpty()) {
            lastId = id;
        }
    }

    @Override
    public void close() {
        closed = true;
        InputStream stream = open;
        if (stream != null) {
            try {
                stream.close();
            } catch (IOException _) {
                // it is gone already
            }
        }
        thread.interrupt();
    }
}
