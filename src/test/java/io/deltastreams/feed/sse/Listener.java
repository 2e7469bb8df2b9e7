package io.deltastreams.feed.sse;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/** A browser's EventSource on a plain socket: HTTP/1.1 with chunks, events by the rules of the specification. */
final class Listener implements AutoCloseable {

    /** One block; {@code comment} where it had no data. */
    record Event(String id, String event, String data, String comment, String retry) {}

    private final Socket socket;
    private final BufferedReader in;
    private final String status;
    private final Map<String, String> headers = new HashMap<>();
    private final StringBuilder chunk = new StringBuilder();

    Listener(int port, String pathAndQuery, String... headers) {
        try {
            socket = new Socket(InetAddress.getLoopbackAddress(), port);
            socket.setSoTimeout(20_000);
            StringBuilder request = new StringBuilder("GET " + pathAndQuery + " HTTP/1.1\r\nHost: localhost\r\n");
            for (String header : headers) {
                request.append(header).append("\r\n");
            }
            socket.getOutputStream().write(request.append("\r\n").toString().getBytes(StandardCharsets.UTF_8));
            // Bytes are read as Latin 1, so that lengths are those of the chunks.
            in = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.ISO_8859_1));
            status = line();
            for (String header = line(); !header.isEmpty(); header = line()) {
                int colon = header.indexOf(':');
                this.headers.put(
                        header.substring(0, colon).toLowerCase(Locale.ROOT),
                        header.substring(colon + 1).strip());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    String status() {
        return status;
    }

    String header(String name) {
        return headers.getOrDefault(name.toLowerCase(Locale.ROOT), "");
    }

    /** The next block of any kind; one with the event {@code end} when the answer is complete. */
    Event next() {
        try {
            int end = chunk.indexOf("\n\n");
            while (end < 0) {
                int length = Integer.parseInt(line(), 16);
                if (length == 0) {
                    return new Event("", "end", "", "", "");
                }
                char[] chars = new char[length];
                for (int read = 0; read < length; ) {
                    int some = in.read(chars, read, length - read);
                    if (some < 0) {
                        throw new IOException("closed within a chunk");
                    }
                    read += some;
                }
                line();
                chunk.append(chars);
                end = chunk.indexOf("\n\n");
            }
            Event event = event(chunk.substring(0, end));
            chunk.delete(0, end + 2);
            return event;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The next event with data that is no schema. */
    Event delta() {
        Event event = next();
        while ((event.data.isEmpty() && !event.event.equals("end")) || event.event.equals("schema")) {
            event = next();
        }
        return event;
    }

    private static Event event(String block) {
        Map<String, String> fields = new HashMap<>();
        for (String field : block.split("\n", -1)) {
            int colon = field.indexOf(':');
            fields.put(field.substring(0, colon), field.substring(colon + 1).strip());
        }
        return new Event(
                fields.getOrDefault("id", ""),
                fields.getOrDefault("event", ""),
                new String(
                        fields.getOrDefault("data", "").getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8),
                fields.getOrDefault("", "-"),
                fields.getOrDefault("retry", ""));
    }

    String body() throws IOException {
        char[] chars = new char[Integer.parseInt(header("content-length"))];
        int read = in.read(chars);
        return new String(chars, 0, read);
    }

    private String line() throws IOException {
        String line = in.readLine();
        if (line == null) {
            throw new IOException("closed");
        }
        return line;
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
