package io.deltastreams.sink.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.deltastreams.settings.Settings;
import io.deltastreams.sink.DeadLetter;
import io.deltastreams.sink.DeadLetterBox;
import io.smallrye.common.annotation.Identifier;
import io.smallrye.reactive.messaging.kafka.KafkaClientService;
import jakarta.inject.Singleton;
import java.util.List;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;

/**
 * The kind {@code kafka} of dead letters' box: a record each, with the change as value, the position as key, and headers {@code ds-position}, {@code
 * ds-stream}, {@code ds-at} and {@code ds-reason}. Settings: {@code topic} ({@code delta-streams-dead-letters}), and what a topic is made with: {@code
 * create}, {@code partitions}, {@code replication}, {@code cleanup}, {@code retention}.
 */
@Singleton
@Identifier("kafka") final class KafkaDeadLetterBoxes implements DeadLetterBox.Factory {

    private final Broker broker;
    private final Outlet outlet;

    KafkaDeadLetterBoxes(Link link, KafkaClientService clients) {
        this.broker = new Broker(link.settings());
        this.outlet = new Outlet(Producers.of(clients)::shared, Outlet.WINDOW);
    }

    @Override
    public DeadLetterBox create(Settings settings) {
        String topic = TopicPlan.topic(settings, "topic", "delta-streams-dead-letters");
        return new Box(topic, TopicPlan.of(settings), broker, outlet);
    }

    private static final class Box implements DeadLetterBox {

        /** What of a change the broker takes under its usual limit of a megabyte, and what the headers need. */
        private static final int MOST = 900_000;

        private final String topic;
        private final TopicPlan plan;
        private final Broker broker;
        private final Outlet outlet;
        private boolean ready;

        Box(String topic, TopicPlan plan, Broker broker, Outlet outlet) {
            this.topic = topic;
            this.plan = plan;
            this.broker = broker;
            this.outlet = outlet;
        }

        @Override
        public void keep(DeadLetter letter) {
            try {
                if (!ready) {
                    broker.ensureTopic(plan, topic);
                    ready = true;
                }
                outlet.place(record(letter));
            } catch (KafkaException e) {
                ready = false;
                throw broker.away(e);
            }
        }

        private ProducerRecord<byte[], byte[]> record(DeadLetter letter) {
            String position = letter.position().toString();
            byte[] change = letter.change().getBytes(UTF_8);
            // A change that was refused for its size would be so here: what is missing stands in the file beside the
            // log.
            byte[] value = change.length <= MOST
                    ? change
                    : "{\"position\":\"%s\",\"omitted\":\"%d bytes\"}"
                            .formatted(position, change.length)
                            .getBytes(UTF_8);
            List<Header> headers = List.of(
                    header("ds-position", position),
                    header("ds-stream", letter.stream().text()),
                    header("ds-at", letter.at()),
                    header("ds-reason", letter.reason()));
            return new ProducerRecord<>(topic, null, null, position.getBytes(UTF_8), value, headers);
        }

        private static Header header(String name, String value) {
            return new RecordHeader(name, value.getBytes(UTF_8));
        }

        @Override
        public void close() {
            // The producer is the channel's, which ends what is under way.
        }
    }
}
