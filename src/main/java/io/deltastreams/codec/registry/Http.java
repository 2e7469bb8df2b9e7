package io.deltastreams.codec.registry;

import io.deltastreams.codec.SchemasAway;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;

/** Requests to one registry, each with an end in time and an answer bounded in size; without one it is {@link SchemasAway}. */
final class Http {

    private static final String JSON = "application/vnd.schemaregistry.v1+json";
    private static final Duration CONNECT = Duration.ofSeconds(5);

    private final Access access;
    private final Duration patience;
    private final int most;
    private final HttpClient client;

    /** @param most bytes of an answer */
    Http(Access access, Duration patience, int most) {
        this.access = access;
        this.patience = patience;
        this.most = most;
        this.client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(CONNECT.compareTo(patience) < 0 ? CONNECT : patience)
                // The client would take the secret along to whatever host the answer names.
                .followRedirects(
                        access.authorization() == null ? HttpClient.Redirect.NORMAL : HttpClient.Redirect.NEVER)
                .build();
    }

    record Answer(int status, String text) {}

    /** {@code /subjects/orders-value/versions}; what is no letter of a path is escaped. */
    static String path(String... parts) {
        return Arrays.stream(parts)
                .map(part ->
                        "/" + URLEncoder.encode(part, StandardCharsets.UTF_8).replace("+", "%20"))
                .collect(Collectors.joining());
    }

    Answer get(String path) {
        return send(request(path).GET().build());
    }

    Answer post(String path, String body) {
        return send(request(path)
                .header("Content-Type", JSON)
                .POST(BodyPublishers.ofString(body))
                .build());
    }

    Answer put(String path, String body) {
        return send(request(path)
                .header("Content-Type", JSON)
                .PUT(BodyPublishers.ofString(body))
                .build());
    }

    private HttpRequest.Builder request(String path) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(access.address() + path))
                .header("Accept", JSON + ", application/json");
        if (access.authorization() != null) {
            request.header("Authorization", access.authorization());
        }
        return request;
    }

    private Answer send(HttpRequest request) {
        // The client's own timeout ends with the answer's head; this one is for all of it.
        CompletableFuture<HttpResponse<byte[]>> sent =
                client.sendAsync(request, BodyHandlers.limiting(BodyHandlers.ofByteArray(), most));
        try {
            HttpResponse<byte[]> response = sent.get(patience.toMillis(), TimeUnit.MILLISECONDS);
            if (!response.request().method().equals(request.method())) {
                // Browsers have taught clients to follow 301 and 302 with a GET.
                throw away("it redirects %s to %s; write that server's address as registry"
                        .formatted(request.method(), response.uri()));
            }
            return new Answer(
                    response.statusCode(),
                    response.headers()
                            .firstValue("Location")
                            .filter(_ -> response.statusCode() < 400 && response.statusCode() >= 300)
                            .orElseGet(() -> new String(response.body(), StandardCharsets.UTF_8)));
        } catch (ExecutionException e) {
            throw away(said(e.getCause() == null ? e : e.getCause()));
        } catch (TimeoutException _) {
            throw away("no answer to %s %s within %d ms"
                    .formatted(request.method(), request.uri().getRawPath(), patience.toMillis()));
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            throw away("interrupted while waiting for its answer");
        } finally {
            sent.cancel(true);
        }
    }

    private static String said(Throwable failure) {
        String name = failure.getClass().getSimpleName();
        return failure.getMessage() == null ? name : name + ": " + failure.getMessage();
    }

    private SchemasAway away(String reason) {
        return new SchemasAway("schema registry " + access + ": " + reason);
    }
}
