package io.deltastreams.sink.memory;

import static org.assertj.core.api.Assertions.assertThat;

import io.deltastreams.change.Change;
import io.deltastreams.change.Delta;
import io.deltastreams.change.Position;
import io.deltastreams.change.Row;
import io.deltastreams.change.StreamId;
import io.deltastreams.settings.Settings;
import io.deltastreams.sink.Orders;
import io.deltastreams.sink.Outcome;
import io.deltastreams.sink.Sink;
import io.deltastreams.sink.SinkContract;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class MemorySinkTest extends SinkContract {

    private final MemorySinks sinks = new MemorySinks();

    @Override
    protected Sink open(StreamId stream) {
        return sinks.create("shop", stream, Settings.parse("test", "limit: 6000", _ -> null));
    }

    @Override
    protected Map<String, List<Position>> arrived(StreamId stream) {
        return sinks.target("shop", stream).deltas().stream()
                .collect(Collectors.groupingBy(
                        MemorySinkTest::key, Collectors.mapping(Delta::position, Collectors.toList())));
    }

    private static String key(Delta delta) {
        Row row = switch (delta.change()) {
            case Change.Insert insert -> insert.after();
            case Change.Update update -> update.after();
            case Change.Delete delete -> delete.before();
            case Change.Truncate _ -> Row.of("all");
        };
        return "{\"id\":" + row.get(0) + "}";
    }

    @Test
    void only_the_newest_deltas_are_kept() {
        Sink sink = open(stream);
        List<Delta> deltas = orders.updates(6010, 1);

        write(sink, Orders.batch(deltas));

        assertThat(sinks.target("shop", stream).deltas()).isEqualTo(deltas.subList(10, 6010));
    }

    @Test
    void a_poisoned_delta_lets_those_before_it_through() {
        // given
        Sink sink = open(stream);
        Delta first = orders.insert(1, "a");
        Delta second = orders.insert(2, "b");
        sinks.target("shop", stream).poison(second::equals);

        // when
        Outcome outcome = write(sink, Orders.batch(first, second, orders.insert(3, "c")));

        // then
        assertThat(outcome).isEqualTo(new Outcome.Poisoned(second.position(), "told not to take it"));
        assertThat(sinks.target("shop", stream).deltas()).containsExactly(first);
        assertThat(cursor(sink)).isEmpty();
    }
}
