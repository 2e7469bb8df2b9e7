package io.deltastreams.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Debian's Chromium ({@code apt install chromium}) without a window, steered through the DevTools protocol (domains {@code Page} and {@code Runtime},
 * https://chromedevtools.github.io/devtools-protocol/): one page.
 */
final class Chromium implements AutoCloseable {

    private static final Path BINARY = Path.of("/usr/bin/chromium");
    private static final String LISTENING = "DevTools listening on ";

    private final HttpClient http = HttpClient.newHttpClient();
    private final BlockingQueue<JsonNode> answers = new LinkedBlockingQueue<>();
    private final Process process;
    private final WebSocket page;
    private int commands;

    private Chromium(Process process, int port, String address) throws Exception {
        this.process = process;
        HttpResponse<String> opened = http.send(
                HttpRequest.newBuilder(URI.create("http://localhost:%d/json/new?%s".formatted(port, address)))
                        .PUT(HttpRequest.BodyPublishers.noBody())
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        String debugger =
                Fold.JSON.readTree(opened.body()).path("webSocketDebuggerUrl").asText();
        page = http.newWebSocketBuilder()
                .buildAsync(URI.create(debugger), new Listener())
                .join();
    }

    /** @param folder for its profile */
    static Chromium open(Path folder, URI address) throws Exception {
        assertThat(BINARY).as("Debian's Chromium: apt install chromium").isExecutable();
        Process process = new ProcessBuilder(List.of(
                        BINARY.toString(),
                        "--headless=new",
                        "--no-sandbox",
                        "--disable-gpu",
                        "--disable-dev-shm-usage",
                        "--remote-debugging-port=0",
                        "--user-data-dir=" + folder.resolve("chromium"),
                        "about:blank"))
                .start();
        BufferedReader errors = process.errorReader();
        for (String line = errors.readLine(); line != null; line = errors.readLine()) {
            if (line.startsWith(LISTENING)) {
                int port = URI.create(line.substring(LISTENING.length())).getPort();
                Thread.ofVirtual().start(() -> errors.lines().forEach(_ -> {}));
                return new Chromium(process, port, address.toString());
            }
        }
        throw new AssertionError("Chromium ended with " + process.waitFor());
    }

    /** Gathers what comes in parts. */
    private final class Listener implements WebSocket.Listener {

        private final StringBuilder text = new StringBuilder();

        @Override
        public @Nullable CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
            text.append(data);
            if (last) {
                try {
                    JsonNode message = Fold.JSON.readTree(text.toString());
                    if (message.has("id")) {
                        answers.add(message);
                    }
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
                text.setLength(0);
            }
            socket.request(1);
            return null;
        }
    }

    private JsonNode command(String method, ObjectNode parameters) throws InterruptedException {
        ObjectNode command = Fold.JSON.createObjectNode();
        command.put("id", ++commands).put("method", method).set("params", parameters);
        page.sendText(command.toString(), true).join();
        JsonNode answer = answers.poll(20, TimeUnit.SECONDS);
        assertThat(answer).as(method).isNotNull();
        assertThat(answer.path("id").asInt()).isEqualTo(commands);
        return answer.path("result");
    }

    /** What an expression of JavaScript is in the page. */
    JsonNode evaluate(String expression) throws InterruptedException {
        ObjectNode parameters = Fold.JSON.createObjectNode();
        parameters.put("expression", expression).put("returnByValue", true);
        return command("Runtime.evaluate", parameters).path("result").path("value");
    }

    void screenshot(Path file) throws InterruptedException, IOException {
        String image = command("Page.captureScreenshot", Fold.JSON.createObjectNode())
                .path("data")
                .asText();
        Files.write(file, Base64.getDecoder().decode(image));
    }

    @Override
    public void close() {
        page.abort();
        http.shutdownNow();
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly().onExit().join();
    }
}
