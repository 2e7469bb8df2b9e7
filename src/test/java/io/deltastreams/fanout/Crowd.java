package io.deltastreams.fanout;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * Many subscribers in a process of their own, on one thread: {@code Crowd <port> <path> <count>}. Prints {@code connected} when all have their answer's
 * head; on a line {@code begin} forgets what came before, on {@code end} prints {@code <events> <p50> <p99> <max>}, in milliseconds from when an
 * event's row was made: {@link System#nanoTime} is the machine's on Linux.
 */
final class Crowd {

    private static final byte[] MARK = "\"sent\":".getBytes(StandardCharsets.US_ASCII);
    private static final int BUCKETS_PER_MILLI = 20;

    private final Selector selector;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(256 << 10);
    private final byte[] bytes = new byte[256 << 10];
    private int[] latencies = new int[60_000 * BUCKETS_PER_MILLI];
    private long events;
    private int answered;

    /** Where one subscriber is within the mark, and within the number behind it. */
    private static final class Reader {
        private boolean answered;
        private int matched;
        private boolean inNumber;
        private long number;
    }

    private Crowd(Selector selector) {
        this.selector = selector;
    }

    public static void main(String[] args) throws Exception {
        BlockingQueue<String> commands = new LinkedBlockingQueue<>();
        Thread.ofPlatform().daemon().start(() -> {
            try (BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
                in.lines().forEach(commands::add);
            } catch (IOException _) {
                // Whoever started it is gone.
            }
            commands.add("quit");
        });
        new Crowd(Selector.open()).run(Integer.parseInt(args[0]), args[1], Integer.parseInt(args[2]), commands);
    }

    private void run(int port, String path, int count, BlockingQueue<String> commands) throws IOException {
        InetSocketAddress server = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
        byte[] request = ("GET " + path + " HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII);
        for (int i = 0; i < count; i++) {
            SocketChannel channel = SocketChannel.open(server);
            channel.write(ByteBuffer.wrap(request));
            channel.configureBlocking(false);
            channel.register(selector, SelectionKey.OP_READ, new Reader());
            selector.selectNow(this::read);
        }
        while (answered < count) {
            selector.select(this::read, 100);
        }
        System.out.println("connected");
        for (String command = ""; !"quit".equals(command); command = commands.poll()) {
            if ("begin".equals(command)) {
                latencies = new int[latencies.length];
                events = 0;
            } else if ("end".equals(command)) {
                System.out.printf("%d %.2f %.2f %.2f%n", events, at(0.5), at(0.99), at(1));
            }
            selector.select(this::read, 20);
        }
    }

    private double at(double share) {
        long rank = Math.max(1, (long) Math.ceil(share * events));
        long seen = 0;
        for (int bucket = 0; bucket < latencies.length; bucket++) {
            seen += latencies[bucket];
            if (seen >= rank) {
                return (bucket + 1.0) / BUCKETS_PER_MILLI;
            }
        }
        return 0;
    }

    private void read(SelectionKey key) {
        try {
            Reader reader = (Reader) key.attachment();
            int length = ((SocketChannel) key.channel()).read(buffer.clear());
            if (length < 0) {
                throw new IllegalStateException("a subscriber was cut off");
            }
            if (length > 0 && !reader.answered) {
                reader.answered = true;
                answered++;
            }
            buffer.flip().get(bytes, 0, length);
            long now = System.nanoTime();
            for (int i = 0; i < length; i++) {
                take(reader, bytes[i], now);
            }
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private void take(Reader reader, byte letter, long now) {
        if (reader.inNumber) {
            if (letter >= '0' && letter <= '9') {
                reader.number = reader.number * 10 + letter - '0';
            } else {
                reader.inNumber = false;
                long bucket = (now - reader.number) * BUCKETS_PER_MILLI / 1_000_000;
                latencies[Math.clamp(bucket, 0, latencies.length - 1)]++;
                events++;
            }
        } else if (letter == MARK[reader.matched]) {
            reader.matched++;
            if (reader.matched == MARK.length) {
                reader.matched = 0;
                reader.inNumber = true;
                reader.number = 0;
            }
        } else {
            reader.matched = letter == MARK[0] ? 1 : 0;
        }
    }
}
