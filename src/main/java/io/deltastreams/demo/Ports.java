package io.deltastreams.demo;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;

/** Says plainly that a port is taken, before a server says it in its own way. */
final class Ports {

    private Ports() {}

    /**
     * @param key the one of {@link DemoConfig} that chooses another
     * @throws IllegalStateException if somebody listens on the port
     */
    static void requireFree(int port, String whose, String key) {
        try (ServerSocket _ = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            return;
        } catch (IOException e) {
            throw new IllegalStateException(
                    "port %d for the demo's %s is taken; free it, or set delta-streams.demo.%s"
                            .formatted(port, whose, key),
                    e);
        }
    }
}
