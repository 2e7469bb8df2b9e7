package io.deltastreams.sink.kafka;

import io.deltastreams.change.StreamId;
import io.deltastreams.codec.Codec;
import io.deltastreams.settings.Settings;
import io.deltastreams.sink.Sink;
import io.smallrye.common.annotation.Identifier;
import io.smallrye.reactive.messaging.kafka.KafkaClientService;
import jakarta.enterprise.inject.Any;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.eclipse.microprofile.reactive.messaging.Channel;
import org.eclipse.microprofile.reactive.messaging.Emitter;

/**
 * The kind {@code kafka}. Settings, each with its default:
 *
 * <ul>
 *   <li>{@code topic} (the stream's name), with <code>${source.schema}</code>, <code>${source.table}</code> and <code>${stream}</code> in it
 *   <li>{@code delivery} ({@code exactly-once}, or {@code at-least-once})
 *   <li>{@code transaction_limit} ({@code 64MB}): what of one transaction of the source is committed at once at most
 *   <li>{@code optimize} ({@code auto}, or {@code latency}, {@code throughput})
 *   <li>{@code format} ({@code json}), and what that format asks for
 *   <li>{@code tombstones} ({@code true}): whether a delete is followed by one
 *   <li>{@code partition} ({@code key}, or {@code single}, or {@code by} an expression)
 *   <li>{@code create} ({@code true}): whether the topic is made if absent
 *   <li>{@code partitions}, {@code replication}, {@code cleanup}, {@code retention} (the broker's): how it is made, and what it is held to
 *   <li>{@code cursor_topic} ({@code delta-streams-cursors})
 *   <li>{@code required} is the pipeline's
 * </ul>
 */
@Singleton
@Identifier("kafka") final class KafkaSinks implements Sink.Factory {

    private static final long LIMIT = 64 << 20;

    private final Instance<Codec.Factory> formats;
    private final Broker broker;
    private final Producers producers;
    private final Outlet outlet;

    /**
     * The service's.
     *
     * @param channel opens the channel, which would not be there without somebody who could send into it
     */
    @Inject
    KafkaSinks(
            @SuppressWarnings("UnusedVariable") @Channel(Producers.CHANNEL)
                    Emitter<ProducerRecord<byte[], byte[]>> channel,
            Link link,
            KafkaClientService clients,
            @Any Instance<Codec.Factory> formats) {
        this(new Broker(link.settings()), Producers.of(clients), formats);
    }

    KafkaSinks(Broker broker, Producers producers, Instance<Codec.Factory> formats) {
        this.formats = formats;
        this.broker = broker;
        this.producers = producers;
        this.outlet = new Outlet(producers::shared, Outlet.WINDOW);
    }

    private enum Delivery {
        EXACTLY_ONCE,
        AT_LEAST_ONCE
    }

    @Override
    public Sink create(String pipeline, StreamId stream, Settings settings) {
        TopicTemplate topic = TopicTemplate.read(settings, "topic", stream);
        String cursors = TopicPlan.topic(settings, "cursor_topic", "delta-streams-cursors");
        settings.flag("required", false);
        Topics topics = new Topics(topic, TopicPlan.of(settings), format(settings), broker);
        Records records = new Records(topics, settings.flag("tombstones", true), Partitioning.read(stream, settings));
        Pace pace = settings.choice("optimize", Pace.AUTO);
        String name = pipeline + "/" + stream.text() + "/" + topic.text();
        long limit = settings.size("transaction_limit", LIMIT);
        return switch (settings.choice("delivery", Delivery.EXACTLY_ONCE)) {
            case EXACTLY_ONCE -> new ExactlyOnceSink(records, topics, cursors, name, limit, pace, broker, producers);
            case AT_LEAST_ONCE -> {
                if (settings.has("transaction_limit")) {
                    settings.problem("transaction_limit", "delivery is at-least-once: nothing is committed there");
                }
                yield new KafkaSink(records, topics, pace, new Bookmark(cursors, name, outlet), broker, outlet);
            }
        };
    }

    private Function<String, Codec> format(Settings settings) {
        String format = settings.text("format", "json");
        Optional<Codec.Factory> factory = formatNamed(format);
        if (factory.isEmpty()) {
            settings.problem("format", "'%s' is no format; known: %s".formatted(format, String.join(", ", names())));
            // What only that format knows is not wrong beside it.
            settings.keys().forEach(settings::has);
        }
        return factory.or(() -> formatNamed("json")).orElseThrow().create(settings);
    }

    private Optional<Codec.Factory> formatNamed(String identifier) {
        return formats.select(Identifier.Literal.of(identifier)).stream().findFirst();
    }

    private Set<String> names() {
        Set<String> names = new TreeSet<>();
        formats.handlesStream()
                .flatMap(handle -> handle.getBean().getQualifiers().stream())
                .filter(Identifier.class::isInstance)
                .map(qualifier -> ((Identifier) qualifier).value())
                .forEach(names::add);
        return names;
    }
}
