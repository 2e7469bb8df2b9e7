package io.deltastreams.stream;

import static org.assertj.core.api.Assertions.assertThat;

import io.deltastreams.change.Change;
import io.deltastreams.change.Column;
import io.deltastreams.change.Delta;
import io.deltastreams.change.Position;
import io.deltastreams.change.Row;
import io.deltastreams.change.Schema;
import io.deltastreams.change.StreamId;
import io.deltastreams.change.TableId;
import io.deltastreams.change.Type;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class RecentReadingsTest {

    private static final long LIMIT = 1_000_000;
    private static final StreamId ONE = new StreamId("one");
    private static final Schema SCHEMA =
            new Schema(ONE, 1, List.of(new Column("text", Type.Simple.TEXT, false)), List.of(0));

    private final RecentReadings readings = new RecentReadings(100, LIMIT);
    private final AtomicInteger made = new AtomicInteger();

    private static Position at(int commit) {
        return new Position(1, commit, 0);
    }

    private Reading.Deltas read(StreamId stream, int after, int size) {
        return (Reading.Deltas) readings.get(stream, at(after), () -> {
            made.incrementAndGet();
            Change change = new Change.Insert(at(after + 1), SCHEMA, Row.of("x".repeat(size)));
            Delta delta = new Delta(change, new TableId("public", "t"), "1", Instant.EPOCH, false, true);
            return new Reading.Deltas(List.of(delta), at(after + 1), Optional.empty());
        });
    }

    @Test
    void whoever_comes_to_the_same_place_of_a_stream_gets_the_same() {
        Reading.Deltas first = read(ONE, 5, 10);

        assertThat(read(ONE, 5, 10)).isSameAs(first);
        assertThat(read(new StreamId("two"), 5, 10)).isNotSameAs(first);
        assertThat(made).hasValue(2);
    }

    @Test
    void an_empty_one_is_read_again() {
        for (int i = 0; i < 3; i++) {
            readings.get(ONE, at(5), () -> {
                made.incrementAndGet();
                return new Reading.Deltas(List.of(), at(5), Optional.empty());
            });
        }

        assertThat(made).hasValue(3);
        assertThat(readings.held()).isZero();
    }

    @Test
    void all_streams_together_stay_within_the_limit() {
        for (int commit = 0; commit < 20; commit++) {
            for (int stream = 0; stream < 100; stream++) {
                read(new StreamId("s" + stream), commit, 50_000);
                assertThat(readings.held()).isLessThan(LIMIT + 100_000);
            }
        }

        assertThat(readings.held()).isGreaterThan(LIMIT / 2);
    }

    @Test
    void what_is_made_of_a_reading_counts_as_long_as_it_is_kept() {
        Reading.Deltas first = read(ONE, 0, 1000);
        first.made(LIMIT);
        assertThat(readings.held()).isGreaterThan(LIMIT);

        read(ONE, 1, 1000);
        read(ONE, 2, 1000);
        first.made(LIMIT);

        assertThat(readings.held()).isLessThan(100_000);
        assertThat(read(ONE, 0, 1000)).isNotSameAs(first);
    }

    @Test
    void a_stream_keeps_some_places_and_no_more() {
        RecentReadings one = new RecentReadings(1, LIMIT);
        for (int commit = 0; commit < 100; commit++) {
            int after = commit;
            one.get(ONE, at(after), () -> new Reading.Deltas(List.of(), at(after + 1), Optional.empty()));
        }

        assertThat(one.held()).isBetween(1L, 8 * 1000L);
    }
}
