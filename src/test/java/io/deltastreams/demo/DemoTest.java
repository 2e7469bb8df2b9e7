package io.deltastreams.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postgresql.ds.PGSimpleDataSource;

class DemoTest {

    private record Configured(int postgresPort, int kafkaPort, Path folder, int transactionsPerSecond)
            implements DemoConfig {}

    private static final Path PIPELINE = Path.of("delta-streams.yaml");

    @TempDir
    Path folder;

    @Test
    void it_brings_a_shop_and_takes_it_away_again() throws Exception {
        int port = freePort();
        Demo demo = new Demo(
                new Configured(port, freePort(), folder, 100),
                DemoPostgres.url(port),
                "elsewhere:9092",
                8080,
                PIPELINE);

        demo.start(new StartupEvent());

        PGSimpleDataSource shop = new PGSimpleDataSource();
        shop.setUrl("jdbc:" + DemoPostgres.url(port).replace("postgres@", ""));
        shop.setUser("postgres");
        try (Connection connection = shop.getConnection();
                Statement statement = connection.createStatement();
                ResultSet tables =
                        statement.executeQuery("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")) {
            tables.next();
            assertThat(tables.getInt(1)).isEqualTo(4);
        }
        demo.stop(new ShutdownEvent());
        Ports.requireFree(port, "PostgreSQL", "postgres-port");
    }

    @Test
    void who_brings_a_database_and_a_broker_gets_neither() throws Exception {
        Demo demo = new Demo(
                new Configured(freePort(), freePort(), folder.resolve("absent"), 20),
                "postgresql://me:secret@db.example/own",
                "elsewhere:9092",
                8080,
                PIPELINE);

        demo.start(new StartupEvent());

        assertThat(folder.resolve("absent")).doesNotExist();
        demo.stop(new ShutdownEvent());
    }

    @Test
    void a_taken_port_of_the_broker_is_named_with_its_key() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            int port = taken.getLocalPort();
            Demo demo = new Demo(
                    new Configured(freePort(), port, folder, 20),
                    "postgresql://elsewhere/own",
                    "localhost:" + port,
                    8080,
                    PIPELINE);

            assertThatThrownBy(() -> demo.start(new StartupEvent()))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("delta-streams.demo.kafka-port");
        }
    }

    @Test
    void the_welcome_names_what_to_try() {
        assertThat(Welcome.text(8080, "psql postgresql://postgres@localhost:1/shop", "localhost:2", PIPELINE))
                .contains("curl -N http://localhost:8080/feeds/paid_orders")
                .contains("http://localhost:8080/\n")
                .contains("kcat -b localhost:2 -t shop.paid_orders")
                .contains(PIPELINE.toAbsolutePath().toString());
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
