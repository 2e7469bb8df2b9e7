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
import java.util.regex.Pattern;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.eclipse.microprofile.reactive.messaging.Channel;
import org.eclipse.microprofile.reactive.messaging.Emitter;

/**
 * The kind {@code kafka}. Settings, each with its default:
 *
 * <ul>
 *   <li>{@code topic} (the stream's name); made if absent
 *   <li>{@code format} ({@code json})
 *   <li>{@code bigint} ({@code number}): {@code string} writes 64-bit integers as strings
 *   <li>{@code tombstones} ({@code true}): whether a delete is followed by one
 *   <li>{@code cursor_topic} ({@code delta-streams-cursors})
 *   <li>{@code required} is the pipeline's
 * </ul>
 */
@Singleton
@Identifier("kafka") final class KafkaSinks implements Sink.Factory {

    static final String CHANNEL = "kafka";
    private static final Pattern TOPIC = Pattern.compile("(?!\\.\\.?$)[A-Za-z0-9._-]{1,249}");
    private static final String TEXTUAL_BIGINT = "-bigint-string";

    private final Instance<Codec> codecs;
    private final Broker broker;
    private final Outlet outlet;

    /** @param channel opens the channel, which would not be there without somebody who could send into it */
    KafkaSinks(
            @Channel(CHANNEL) Emitter<ProducerRecord<byte[], byte[]>> channel,
            @Identifier("default-kafka-broker") Map<String, Object> connection,
            KafkaClientService clients,
            @Any Instance<Codec> codecs) {
        this.codecs = codecs;
        this.broker = new Broker(connection);
        this.outlet = new Outlet(() -> clients.getProducer(CHANNEL));
    }

    private enum Bigint {
        NUMBER,
        STRING
    }

    @Override
    public Sink create(String pipeline, StreamId stream, Settings settings) {
        String topic = topic(settings, "topic", stream.text());
        String cursors = topic(settings, "cursor_topic", "delta-streams-cursors");
        settings.flag("required", false);
        Records records = new Records(topic, codec(settings), settings.flag("tombstones", true));
        Bookmark bookmark = new Bookmark(cursors, pipeline + "/" + stream.text() + "/" + topic, outlet);
        return new KafkaSink(records, bookmark, broker, outlet);
    }

    static String topic(Settings settings, String key, String otherwise) {
        String topic = settings.text(key, otherwise);
        if (!TOPIC.matcher(topic).matches()) {
            settings.problem(key, "'%s' is no topic: letters, digits, '.', '_' and '-', 249 at most".formatted(topic));
        }
        return topic;
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
