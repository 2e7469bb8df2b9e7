package io.deltastreams.feed.sse;

import static org.assertj.core.api.Assertions.assertThat;

import io.deltastreams.change.Change;
import io.deltastreams.change.Delta;
import io.deltastreams.change.Position;
import io.deltastreams.change.Row;
import io.deltastreams.codec.json.JsonCodecs;
import io.deltastreams.feed.Shop;
import io.deltastreams.stream.Reading;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class SseEncoderTest {

    private static final Position AT = new Position(1, 5, 0);

    private final SseEncoder encoder = new SseEncoder(new JsonCodecs().json(), Duration.ofMinutes(1));

    @Test
    void readers_of_the_same_reading_get_the_same_bytes() {
        Reading.Deltas reading = new Reading.Deltas(deltas(3, "x"), AT, Optional.empty());
        Encoded first = encoder.encode(reading, Position.START, Optional.empty());
        assertThat(encoder.encode(reading, Position.START, Optional.empty())).isSameAs(first);
    }

    @Test
    void pieces_are_whole_events_of_a_chunk_at_most_unless_one_event_is_larger() {
        Encoded encoded = encoder.encode(
                new Reading.Deltas(deltas(500, "y".repeat(1000)), AT, Optional.empty()),
                Position.START,
                Optional.empty());
        assertThat(encoded.pieces().size()).isGreaterThan(8);
        assertThat(encoded.pieces()).allSatisfy(piece -> {
            assertThat(piece.bytes().array().length).isLessThanOrEqualTo(SseEncoder.CHUNK);
            assertThat(text(piece)).endsWith("}\n\n");
        });
        assertThat(encoded.pieces().getLast())
                .isInstanceOfSatisfying(
                        Encoded.Events.class, last -> assertThat(last.upTo()).isEqualTo(new Position(1, 1, 499)));
    }

    @Test
    void a_stop_ends_the_feed_with_its_reason_and_a_long_time_to_retry() {
        Encoded encoded = encoder.encode(new Reading.Stopped(AT, "division by zero"), Position.START, Optional.empty());
        assertThat(encoded.ends()).isTrue();
        assertThat(text(encoded.pieces().getFirst()))
                .isEqualTo("retry: 60000\nevent: error\ndata: {\"position\":\"" + AT
                        + "\",\"message\":\"division by zero\"}\n\n");
    }

    private static String text(Encoded.Piece piece) {
        return new String(piece.bytes().array(), StandardCharsets.UTF_8);
    }

    private static List<Delta> deltas(int count, String status) {
        List<Delta> deltas = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Change change = new Change.Insert(
                    new Position(1, 1, i), Shop.schema(Shop.ORDERS, 1), Row.of((long) i, status, null));
            deltas.add(new Delta(change, Shop.ORDERS, "1", Shop.NOON, false, i == count - 1));
        }
        return deltas;
    }
}
