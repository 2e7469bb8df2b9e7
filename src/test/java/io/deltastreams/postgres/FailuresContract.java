package io.deltastreams.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.deltastreams.settings.InvalidSettings;
import io.deltastreams.source.ChangeSource;
import io.deltastreams.source.RecordingIntake;
import io.deltastreams.source.RunningSource;
import io.deltastreams.source.SourceFailure;
import io.deltastreams.source.SourceFailure.Kind;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Every failure that a user can mend says how. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class FailuresContract {

    private final ChangeSource.Factory factory;
    private PostgresServer server;

    protected FailuresContract(ChangeSource.Factory factory) {
        this.factory = factory;
    }

    @BeforeAll
    void start() throws IOException, SQLException {
        server = PostgresServer.start(factory, PostgresVersion.V18, "logical", 2);
        server.execute(
                "postgres",
                "CREATE TABLE orders (id int PRIMARY KEY)",
                "CREATE ROLE reader LOGIN PASSWORD 'geheim'",
                "CREATE ROLE replicator LOGIN REPLICATION PASSWORD 'geheim'");
    }

    @AfterAll
    void stop() throws IOException {
        server.close();
    }

    private static SourceFailure failure(ChangeSource source) {
        SourceFailure failure = catchThrowableOfType(SourceFailure.class, source::inspect);
        assertThat(failure.getMessage() + failure.remedy()).doesNotContain("geheim");
        return failure;
    }

    private String as(String user) {
        return user + ":geheim@localhost:" + server.port();
    }

    @Test
    void another_wal_level() throws IOException {
        try (PostgresServer replica = PostgresServer.start(factory, PostgresVersion.V18, "replica", 2)) {
            SourceFailure failure = failure(replica.source("postgres", "public.orders"));

            assertThat(failure.kind()).isEqualTo(Kind.PERMANENT);
            assertThat(failure).hasMessageContaining("wal_level").hasMessageContaining("replica");
            assertThat(failure.remedy()).contains("ALTER SYSTEM SET wal_level = logical", "restart");
        }
    }

    @Test
    void no_privilege_to_replicate() {
        SourceFailure failure = failure(server.sourceAt(as("reader"), "postgres", "public.orders"));

        assertThat(failure.kind()).isEqualTo(Kind.PERMANENT);
        assertThat(failure.remedy()).isEqualTo("ALTER ROLE \"reader\" REPLICATION");
    }

    @Test
    void no_privilege_to_read() {
        SourceFailure failure = failure(server.sourceAt(as("replicator"), "postgres", "public.orders"));

        assertThat(failure.kind()).isEqualTo(Kind.PERMANENT);
        assertThat(failure.remedy()).isEqualTo("GRANT SELECT ON \"public\".\"orders\" TO \"replicator\"");
    }

    @Test
    void an_unknown_database() {
        SourceFailure failure = failure(server.source("shop", "public.orders"));

        assertThat(failure.kind()).isEqualTo(Kind.PERMANENT);
        assertThat(failure).hasMessageContaining("no database 'shop'");
    }

    @Test
    void a_pattern_that_matches_nothing() {
        SourceFailure failure = failure(server.source("postgres", "public.order"));

        assertThat(failure.kind()).isEqualTo(Kind.PERMANENT);
        assertThat(failure.remedy()).isEqualTo("did you mean public.orders?");
    }

    /** From now on that role has to tell its password at 127.0.0.1. */
    private void scram() throws IOException, SQLException {
        Path hba = Path.of(server.text("postgres", "SHOW hba_file"));
        Files.writeString(hba, "host all replicator 127.0.0.1/32 scram-sha-256\n" + Files.readString(hba));
        server.execute("postgres", "SELECT pg_reload_conf()");
    }

    @Test
    void a_password_from_the_password_file(@TempDir Path folder) throws IOException, SQLException {
        scram();
        Path file = folder.resolve("pgpass");
        Files.writeString(file, "127.0.0.1:%d:*:replicator:geheim\n".formatted(server.port()));
        System.setProperty("org.postgresql.pgpassfile", file.toString());
        try {
            SourceFailure inside =
                    failure(server.sourceAt("replicator@127.0.0.1:" + server.port(), "postgres", "public.orders"));

            assertThat(inside.remedy()).startsWith("GRANT SELECT");
        } finally {
            System.clearProperty("org.postgresql.pgpassfile");
        }
    }

    @Test
    void a_host_that_is_away_among_several() throws Exception {
        try (ChangeSource source = server.sourceAt(
                "postgres:postgres@localhost:%d,localhost:%d".formatted(nobody(), server.port()),
                "postgres?target_session_attrs=read-write",
                "public.orders")) {
            assertThat(source.inspect().tables()).hasSize(1);
        }
    }

    @Test
    void a_wrong_password() throws IOException, SQLException {
        scram();

        SourceFailure failure =
                failure(server.sourceAt("replicator:falsch@127.0.0.1:" + server.port(), "postgres", "public.orders"));

        assertThat(failure.kind()).isEqualTo(Kind.PERMANENT);
        assertThat(failure.getMessage()).contains("replicator").doesNotContain("falsch");
    }

    private static int nobody() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    @Test
    void a_host_that_is_not_there() throws IOException {
        SourceFailure failure = failure(server.sourceAt("a:geheim@localhost:" + nobody(), "postgres", "public.orders"));

        assertThat(failure.kind()).isEqualTo(Kind.TRANSIENT);
        assertThat(failure).hasMessageContaining("cannot be reached");
    }

    @Test
    void no_slot_left_and_a_slot_that_another_reads() throws Exception {
        RecordingIntake intake = new RecordingIntake();
        try (RunningSource _ = RunningSource.start(server.source("postgres", "public.orders"), intake)) {
            org.awaitility.Awaitility.await().until(() -> !intake.batches().isEmpty());

            SourceFailure active = RunningSource.start(
                            server.source("postgres", "public.orders"), new RecordingIntake())
                    .failure();
            assertThat(active.kind()).isEqualTo(Kind.TAKEN);
            assertThat(active.getMessage()).containsPattern("in use by process \\d+ \\('.+'\\)");

            server.execute("postgres", "SELECT pg_create_physical_replication_slot('other')");
            SourceFailure full = failure(server.sourceAt(
                    "postgres:postgres@localhost:" + server.port(),
                    "postgres?ApplicationName=x",
                    "public.orders",
                    "publication: p"));
            assertThat(full).hasMessageContaining("max_replication_slots is 2");
        } finally {
            server.execute(
                    "postgres",
                    "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = 'other'");
        }
    }

    @Test
    void a_slot_that_another_process_has_made_and_does_not_read_yet() throws Exception {
        server.execute("postgres", "CREATE DATABASE claimed");
        server.execute("claimed", "CREATE TABLE orders (id int PRIMARY KEY)");
        try (Connection other = server.connect("claimed");
                Statement statement = other.createStatement()) {
            statement.execute("SELECT pg_advisory_lock(hashtext('delta_streams'), hashtext('claimed'))");

            SourceFailure claimed = RunningSource.start(
                            server.source("claimed", "public.orders"), new RecordingIntake())
                    .failure();

            assertThat(claimed.kind()).isEqualTo(Kind.TAKEN);
            assertThat(claimed.getMessage()).containsPattern("slot 'claimed' .* in use by process \\d+ \\('.+'\\)");
            assertThat(server.text("postgres", "SELECT count(*) FROM pg_replication_slots WHERE slot_name = 'claimed'"))
                    .isEqualTo("0");
        }
    }

    @Test
    void a_wrong_setting_is_told_with_what_would_be_right() {
        InvalidSettings wrong = catchThrowableOfType(
                InvalidSettings.class, () -> server.source("postgres", "orders", "snapshot: always", "colums: {}"));

        assertThat(wrong.getMessage())
                .contains(
                        "'orders' is no table; one looks like public.orders",
                        "must be one of initial, incremental, never",
                        "did you mean 'columns'?");
    }
}
