package io.deltastreams.sink.kafka;

import io.deltastreams.change.StreamId;
import io.deltastreams.codec.Codec;
import io.deltastreams.settings.Settings;
import io.deltastreams.sink.Sink;
import io.smallrye.common.annotation.Identifier;
import io.smallrye.reactive.messaging.kafka.KafkaClientService;
import jakarta.enterprise.inject.Any;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Singleton;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.eclipse.microprofile.reactive.messaging.Channel;
import org.eclipse.microprofile.reactive.messaging.Emitter;

/**
 * The kind {@code kafka}. Settings, each with its default:
 *
 * <ul>
 *   <li>{@code topic} (the stream's name)
 *   <li>{@code delivery} ({@code exactly-once}, or {@code at-least-once})
 *   <li>{@code transaction_limit} ({@code 64MB}): what of one transaction of the source is committed at once at most
 *   <li>{@code optimize} ({@code auto}, or {@code latency}, {@code throughput})
 *   <li>{@code format} ({@code json})
 *   <li>{@code bigint} ({@code number}): {@code string} writes 64-bit integers as strings
 *   <li>{@code tombstones} ({@code true}): whether a delete is followed by one
 *   <li>{@code partition} ({@code key}, or {@code single})
 *   <li>{@code create} ({@code true}): whether the topic is made if absent
 *   <li>{@code partitions}, {@code replication}, {@code cleanup}, {@code retention} (the broker's): how it is made, and what it is held to
 *   <li>{@code cursor_topic} ({@code delta-streams-cursors})
 *   <li>{@code required} is the pipeline's
 * </ul>
 */
@Singleton
@Identifier("kafka") final class KafkaSinks implements Sink.Factory {

    private static final String TEXTUAL_BIGINT = "-bigint-string";
    private static final long LIMIT = 64 << 20;

    private final Instance<Codec> codecs;
    private final Broker broker;
    private final Producers producers;
    private final Outlet outlet;

    /** @param channel opens the channel, which would not be there without somebody who could send into it */
    KafkaSinks(
            @Channel(Producers.CHANNEL) Emitter<ProducerRecord<byte[], byte[]>> channel,
            @Identifier("default-kafka-broker") Map<String, Object> connection,
            KafkaClientService clients,
            @Any Instance<Codec> codecs) {
        this.codecs = codecs;
        this.broker = new Broker(connection);
        this.producers = new Producers(clients);
        this.outlet = new Outlet(producers::shared, Outlet.WINDOW);
    }

    private enum Bigint {
        NUMBER,
        STRING
    }

    private enum Delivery {
        EXACTLY_ONCE,
        AT_LEAST_ONCE
    }

    @Override
    public Sink create(String pipeline, StreamId stream, Settings settings) {
        String topic = TopicPlan.topic(settings, "topic", stream.text());
        String cursors = TopicPlan.topic(settings, "cursor_topic", "delta-streams-cursors");
        settings.flag("required", false);
        TopicPlan plan = TopicPlan.of(topic, settings);
        Records records = new Records(
                topic,
                codec(settings),
                settings.flag("tombstones", true),
                settings.choice("partition", Records.Partitioning.KEY));
        Pace pace = settings.choice("optimize", Pace.AUTO);
        String name = pipeline + "/" + stream.text() + "/" + topic;
        long limit = settings.size("transaction_limit", LIMIT);
        return switch (settings.choice("delivery", Delivery.EXACTLY_ONCE)) {
            case EXACTLY_ONCE -> new ExactlyOnceSink(records, plan, cursors, name, limit, pace, broker, producers);
            case AT_LEAST_ONCE -> {
                if (settings.has("transaction_limit")) {
                    settings.problem("transaction_limit", "delivery is at-least-once: nothing is committed there");
                }
                yield new KafkaSink(records, plan, pace, new Bookmark(cursors, name, outlet), broker, outlet);
            }
        };
    }

    private Codec codec(Settings settings) {
        String format = settings.text("format", "json");
        Bigint bigint = settings.choice("bigint", Bigint.NUMBER);
        Optional<Codec> codec = codecNamed(bigint == Bigint.STRING ? format + TEXTUAL_BIGINT : format);
        if (codec.isPresent()) {
            return codec.get();
        }
        if (codecNamed(format).isPresent()) {
            settings.problem(
                    "bigint", "the format %s has 64-bit integers of its own: leave bigint out".formatted(format));
        } else {
            settings.problem("format", "'%s' is no format; known: %s".formatted(format, String.join(", ", formats())));
        }
        return codecNamed("json").orElseThrow();
    }

    private Optional<Codec> codecNamed(String identifier) {
        return codecs.select(Identifier.Literal.of(identifier)).stream().findFirst();
    }

    private Set<String> formats() {
        Set<String> names = new TreeSet<>();
        codecs.handlesStream()
                .flatMap(handle -> handle.getBean().getQualifiers().stream())
                .filter(Identifier.class::isInstance)
                .map(qualifier -> ((Identifier) qualifier).value())
                .filter(name -> !name.endsWith(TEXTUAL_BIGINT))
                .forEach(names::add);
        return names;
    }
}
