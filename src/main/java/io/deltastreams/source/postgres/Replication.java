package io.deltastreams.source.postgres;

import io.deltastreams.change.Position;
import io.deltastreams.postgres.Acknowledgement;
import io.deltastreams.postgres.Beat;
import io.deltastreams.postgres.Catalog;
import io.deltastreams.postgres.EpochNote;
import io.deltastreams.postgres.PostgresSettings;
import io.deltastreams.postgres.PostgresSettings.Origin;
import io.deltastreams.postgres.ResumePoint;
import io.deltastreams.source.Intake;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.postgresql.PGConnection;
import org.postgresql.replication.LogSequenceNumber;
import org.postgresql.replication.PGReplicationStream;
import org.postgresql.replication.fluent.logical.ChainedLogicalStreamBuilder;

/** A running replication stream and all that works on it, from its start until the first thing fails. */
final class Replication implements AutoCloseable {

    private static final int V15 = 150_000;
    private static final int V16 = 160_000;

    private final Connection connection;
    private final PGReplicationStream stream;
    private final PostgresSettings settings;
    private final ResumePoint start;
    private final CompletableFuture<Throwable> failure = new CompletableFuture<>();

    private Replication(
            Connection connection, PGReplicationStream stream, PostgresSettings settings, ResumePoint start) {
        this.connection = connection;
        this.stream = stream;
        this.settings = settings;
        this.start = start;
    }

    /**
     * @param version the server's, as {@code server_version_num}
     * @param standby whether the server is one
     * @param binary whether values come in their types' binary form, where they have one
     */
    static Replication start(
            Connection connection,
            PostgresSettings settings,
            int version,
            boolean standby,
            boolean binary,
            ResumePoint start)
            throws SQLException {
        ChainedLogicalStreamBuilder builder = connection
                .unwrap(PGConnection.class)
                .getReplicationAPI()
                .replicationStream()
                .logical()
                .withSlotName(settings.slot())
                .withStartPosition(LogSequenceNumber.valueOf(start.lsn()))
                .withStatusInterval(1, TimeUnit.SECONDS)
                // Invariant 1: the driver would tell the server that it may forget what we have not kept.
                .withAutomaticFlush(false)
                .withSlotOption("proto_version", protocol(version))
                .withSlotOption("publication_names", Catalog.quoted(settings.publication()))
                .withSlotOption("messages", "true")
                .withSlotOption("binary", binary)
                // Two-phase transactions are left alone: they come at their COMMIT PREPARED, as any other.
                .withSlotOption("streaming", streaming(settings));
        if (settings.origin() == Origin.NONE) {
            // Servers before 16 do not know the option.
            builder.withSlotOption("origin", "none");
        }
        PGReplicationStream stream = builder.start();
        return new Replication(
                connection, standby ? new StandbyStream(stream, settings.heartbeat()) : stream, settings, start);
    }

    /** A message in a streamed block does not tell its subtransaction (seen with 15 and 18): one that is rolled back would stay. */
    private static String streaming(PostgresSettings settings) {
        return settings.messages().isNone() ? "on" : "off";
    }

    /** The newest version of the protocol that the server has. */
    private static int protocol(int version) {
        return version >= V16 ? 4 : version >= V15 ? 3 : 2;
    }

    /** Reads until something fails or this thread is interrupted. */
    Throwable read(
            Catalog session,
            Shapes shapes,
            AlreadyRead already,
            Incremental incremental,
            Intake intake,
            Optional<Position> last,
            Optional<Reselection> reselection,
            Optional<EpochNote> note)
            throws InterruptedException {
        Acknowledgement<ResumePoint> acknowledgement = new Acknowledgement<>(intake);
        try (Conveyor conveyor = new Conveyor(
                        intake, acknowledgement, last, incremental.window(), reselection, failure::complete);
                Beat _ = new Pulse(session, settings, intake, acknowledgement, this::flushed, note)
                        .start(failure::complete)) {
            Thread reader = Thread.ofPlatform()
                    .name("delta-streams-read")
                    .daemon()
                    .start(() -> read(new LogReader(
                            stream,
                            shapes,
                            settings.messages(),
                            conveyor,
                            already,
                            incremental,
                            start,
                            settings.heartbeat().dividedBy(2))));
            try {
                return failure.get();
            } catch (ExecutionException e) {
                return e;
            } finally {
                abort();
                reader.interrupt();
                reader.join();
            }
        }
    }

    private void read(LogReader reader) {
        try {
            reader.read();
        } catch (Exception | Error e) {
            failure.complete(e);
        }
    }

    private void flushed(ResumePoint point) {
        LogSequenceNumber place = LogSequenceNumber.valueOf(point.lsn());
        stream.setAppliedLSN(place);
        stream.setFlushedLSN(place);
    }

    /** Closes the socket under whoever waits for it. */
    private void abort() {
        try {
            connection.abort(Runnable::run);
        } catch (SQLException e) {
            failure.complete(e);
        }
    }

    @Override
    public void close() {
        abort();
    }
}
