package io.deltastreams.source.kafka;

import io.deltastreams.change.Batch;
import io.deltastreams.change.Coverage;
import io.deltastreams.change.Coverage.Snapshot;
import io.deltastreams.change.Position;
import io.deltastreams.change.RelayParts;
import io.deltastreams.change.Relayed;
import io.deltastreams.change.ResumeToken;
import io.deltastreams.change.TableId;
import io.deltastreams.settings.Settings;
import io.deltastreams.source.ChangeSource;
import io.deltastreams.source.Intake;
import io.deltastreams.source.Inventory;
import io.deltastreams.source.Inventory.CapturedTable;
import io.deltastreams.source.OneRun;
import io.deltastreams.source.Resume;
import io.deltastreams.source.SourceFailure;
import io.deltastreams.source.SourceFailure.Kind;
import io.deltastreams.source.TableSnapshots;
import io.smallrye.common.annotation.Identifier;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * Takes the history that another instance relays. Settings:
 *
 * <ul>
 *   <li>{@code topic} ({@code delta-streams-log}): that of the other instance's {@code relay}
 *   <li>{@code begin} ({@code earliest}): where an instance without a log of its own begins; {@code latest} takes only what comes from now on
 * </ul>
 */
final class KafkaSource implements ChangeSource {

    private static final Coverage UNKNOWN = new Coverage(Snapshot.RUNNING, Set.of(), Set.of());

    /** Where an instance begins that has nothing yet. */
    private enum Begin {
        EARLIEST,
        LATEST
    }

    private final Map<String, Object> connection;
    private final String name;
    private final Begin begin;
    private final OneRun run = new OneRun();

    /** Offset of the tables that were told last by {@link #inspect}, and which they are. */
    private volatile long inspectedAt = -1;

    private volatile Set<TableId> inspected = Set.of();

    private volatile Place place = new Place(0, false, UNKNOWN, Set.of());

    private KafkaSource(Map<String, Object> connection, String name, Begin begin) {
        this.connection = connection;
        this.name = name;
        this.begin = begin;
    }

    @Override
    public Inventory inspect() throws SourceFailure, InterruptedException {
        try (Topic topic = new Topic(name, connection)) {
            if (!topic.exists()) {
                throw topic.failure(
                        Kind.TRANSIENT,
                        "it is not there",
                        "the instance that captures makes it once it has 'relay: { kafka: { topic: %s } }'"
                                .formatted(name));
            }
            long at = tables(topic);
            if (at < topic.begin()) {
                throw topic.failure(
                        Kind.TRANSIENT, "it does not tell its tables yet", "they come with the next change");
            }
            RelayParts parts = new RelayParts();
            topic.seek(at);
            while (true) {
                ConsumerRecord<byte[], byte[]> message = topic.next();
                if (topic.add(parts, message).orElse(null) instanceof Relayed.Tables tables) {
                    inspectedAt = message.offset();
                    inspected = names(tables);
                    return inventory(tables);
                }
            }
        }
    }

    /** Where the tables stand that are in force at the topic's end. */
    private static long tables(Topic topic) throws SourceFailure, InterruptedException {
        long end = topic.end();
        if (end <= topic.begin()) {
            throw topic.failure(Kind.TRANSIENT, "it holds nothing", "see whether the instance that captures runs");
        }
        topic.seek(end - 1);
        ConsumerRecord<byte[], byte[]> newest = topic.next();
        long tables = topic.part(newest).tables();
        // Only tables themselves know of none before.
        return tables < 0 ? newest.offset() - topic.part(newest).number() : tables;
    }

    private static Inventory inventory(Relayed.Tables tables) {
        return new Inventory(
                tables.tables().stream()
                        .map(table -> new CapturedTable(table.schema(), table.before()))
                        .toList(),
                List.of());
    }

    private static Set<TableId> names(Relayed.Tables tables) {
        return tables.tables().stream()
                .map(table -> (TableId) table.schema().relation())
                .collect(Collectors.toUnmodifiableSet());
    }

    @Override
    public void run(Resume resume, Intake intake) throws SourceFailure, InterruptedException {
        if (!run.begin()) {
            return;
        }
        try (Topic topic = new Topic(name, connection)) {
            Optional<ResumeToken> token = resume.token();
            if (token.isPresent()) {
                place = Place.of(token.get())
                        .orElseThrow(() -> topic.failure(
                                Kind.PERMANENT,
                                "the log was written from a source of another kind",
                                "give this one a log.path of its own"));
                topic.seek(place.offset());
            } else {
                topic.seek(begin == Begin.EARLIEST ? topic.begin() : topic.end());
            }
            read(topic, new Reader(topic, token.isEmpty(), resume.last().orElse(Position.START)), intake);
        } catch (InterruptedException e) {
            if (!run.isClosed()) {
                throw e;
            }
        } finally {
            run.end();
        }
    }

    private void read(Topic topic, Reader reader, Intake intake) throws SourceFailure, InterruptedException {
        while (!run.isClosed()) {
            for (ConsumerRecord<byte[], byte[]> message : topic.poll()) {
                Optional<Relayed> relayed = topic.add(reader.parts, message);
                if (relayed.isEmpty()) {
                    continue;
                }
                switch (relayed.get()) {
                    case Relayed.Tables tables -> {
                        if (inspectedAt >= 0
                                && message.offset() > inspectedAt
                                && !names(tables).equals(inspected)) {
                            throw topic.failure(
                                    Kind.TRANSIENT,
                                    "other tables come from now on",
                                    "the streams are made of them anew");
                        }
                    }
                    case Relayed.History history -> reader.take(history, intake);
                }
            }
        }
    }

    /** What has been taken, in order. */
    private final class Reader {

        private final Topic topic;
        private final RelayParts parts = new RelayParts();
        private boolean fresh;
        private Position last;

        Reader(Topic topic, boolean fresh, Position last) {
            this.topic = topic;
            this.fresh = fresh;
            this.last = last;
        }

        void take(Relayed.History history, Intake intake) throws SourceFailure, InterruptedException {
            boolean begins = history.last().epoch() > history.before().epoch();
            if (history.before().isAfter(last) && !fresh && !begins) {
                throw topic.failure(
                        Kind.PERMANENT,
                        "what follows %s is gone, the history goes on behind %s".formatted(last, history.before()),
                        "stop this instance and delete the folders of its log and its state: it then begins with what is there, and its readers are"
                                + " told of the gap");
            }
            if (last.isAfter(history.last())) {
                return;
            }
            boolean whole = begins || place.whole();
            fresh = false;
            last = history.last();
            place = new Place(parts.resumeAt(), whole, history.coverage(), history.read());
            intake.take(new Batch(history.transactions(), place.token()));
        }
    }

    @Override
    public End end() throws SourceFailure, InterruptedException {
        try (Topic topic = new Topic(name, connection)) {
            long end = topic.end();
            return token ->
                    Place.of(token).filter(there -> there.offset() >= end).isPresent();
        }
    }

    @Override
    public Coverage coverage(ResumeToken token) {
        return Place.of(token)
                .map(Place::covered)
                .orElseThrow(() -> new IllegalArgumentException("no token of this source: " + token.text()));
    }

    /** Tables are read where they are captured; what is known of it here is how it stands. */
    @Override
    public TableSnapshots snapshots() {
        return new ElsewhereSnapshots(place);
    }

    @Override
    public void close() {
        run.close();
    }

    /** Makes sources of the kind {@code kafka}. */
    @Singleton
    @Identifier("kafka") static final class Factory implements ChangeSource.Factory {

        private final Map<String, Object> connection;

        /** @param connection servers and security, the same as the outputs' */
        Factory(@Identifier("kafka-link") Map<String, Object> connection) {
            this.connection = connection;
        }

        @Override
        public boolean keepsHistory() {
            return true;
        }

        @Override
        public ChangeSource create(Settings settings) {
            String topic = settings.text("topic", "delta-streams-log");
            if (!org.apache.kafka.common.internals.Topic.isValid(topic)) {
                settings.problem(
                        "topic", "'%s' is no topic: letters, digits, '.', '_' and '-', 249 at most".formatted(topic));
            }
            return new KafkaSource(connection, topic, settings.choice("begin", Begin.EARLIEST));
        }
    }
}
