package io.deltastreams.sink.kafka;

import io.deltastreams.change.Delta;
import io.deltastreams.change.Relation;
import io.deltastreams.change.TableId;
import io.deltastreams.codec.Codec;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * The topics that a stream's deltas go to. Each is made, or held to the plan, before its first record. One thread at a time, but {@link #name}.
 */
final class Topics {

    private final TopicTemplate template;
    private final TopicPlan plan;
    private final Function<String, Codec> format;
    private final Broker broker;
    private final Map<String, Codec> codecs = new HashMap<>();
    private final Set<String> ready = ConcurrentHashMap.newKeySet();

    private @Nullable Route latest;

    /** Where the deltas of one table and shape go, and what writes them. */
    record Route(TableId table, Relation shape, String topic, Codec codec) {

        boolean isOf(Delta delta) {
            return table.equals(delta.source()) && shape.equals(delta.schema().relation());
        }
    }

    Topics(TopicTemplate template, TopicPlan plan, Function<String, Codec> format, Broker broker) {
        this.template = template;
        this.plan = plan;
        this.format = format;
        this.broker = broker;
    }

    /** As declared. */
    String name() {
        return template.text();
    }

    /**
     * Makes and checks what is known before the first delta, the cursors' topic included.
     *
     * @throws org.apache.kafka.common.KafkaException if the broker is away or refuses, or a topic is not as planned
     */
    void open(String cursors) {
        ready.clear();
        broker.ensureCursors(cursors);
        template.fixed().ifPresent(this::ensure);
    }

    private void ensure(String topic) {
        if (!ready.contains(topic)) {
            broker.ensureTopic(plan, topic);
            ready.add(topic);
        }
    }

    /** Where a delta goes. */
    Route of(Delta delta) {
        Route route = latest;
        if (route == null || !route.isOf(delta)) {
            String topic = template.of(delta);
            route = new Route(delta.source(), delta.schema().relation(), topic, codecs.computeIfAbsent(topic, format));
            latest = route;
        }
        return route;
    }

    /**
     * How many partitions a topic has, asked once for each; makes the topic first. For one batch.
     *
     * @param partitions asks; waits for an answer, and fails with a {@link org.apache.kafka.common.KafkaException} if there is none
     */
    ToIntFunction<String> partitions(ToIntFunction<String> partitions) {
        Map<String, Integer> known = new HashMap<>();
        return topic -> known.computeIfAbsent(topic, unknown -> {
            ensure(unknown);
            return partitions.applyAsInt(unknown);
        });
    }
}
