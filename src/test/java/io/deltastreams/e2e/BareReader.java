package io.deltastreams.e2e;

import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import org.postgresql.PGConnection;
import org.postgresql.replication.PGReplicationStream;

/**
 * The driver alone, in a process of its own: takes messages off a slot and counts those of rows by their first byte. Prints one line, {@code
 * rate <changes per second>}, from the first to the last. As the driver's manual shows it, message by
 * message.
 */
final class BareReader {

    private BareReader() {}

    /** @param args host, port, database, slot, publication, expected changes */
    public static void main(String[] args) throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("user", "postgres");
        properties.setProperty("replication", "database");
        properties.setProperty("assumeMinServerVersion", "14");
        properties.setProperty("preferQueryMode", "simple");
        String url = "jdbc:postgresql://%s:%s/%s".formatted(args[0], args[1], args[2]);
        long expected = Long.parseLong(args[5]);
        try (Connection connection = DriverManager.getConnection(url, properties);
                PGReplicationStream stream = connection
                        .unwrap(PGConnection.class)
                        .getReplicationAPI()
                        .replicationStream()
                        .logical()
                        .withSlotName(args[3])
                        .withStatusInterval(1, TimeUnit.SECONDS)
                        .withSlotOption("proto_version", "2")
                        .withSlotOption("publication_names", args[4])
                        .withSlotOption("streaming", "on")
                        .start()) {
            long seen = 0;
            long begun = 0;
            while (seen < expected) {
                ByteBuffer message = stream.read();
                byte kind = message.array()[message.arrayOffset() + message.position()];
                if (kind == 'I' || kind == 'U' || kind == 'D') {
                    if (seen++ == 0) {
                        begun = System.nanoTime();
                    }
                }
            }
            System.out.printf("rate %.0f%n", seen / ((System.nanoTime() - begun) / 1e9));
            System.out.flush();
            Runtime.getRuntime().halt(0);
        }
    }
}
