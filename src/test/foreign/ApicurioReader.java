import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.Deserializer;

/**
 * Prints what Apicurio's deserializers make of a topic's records, {@code key <key>} and {@code value <value>}. Arguments: brokers, topic, the registry's
 * address, class of the deserializer; for Protobuf the classes of the key's and the value's message.
 */
public final class ApicurioReader {

    public static void main(String[] arguments) throws Exception {
        Map<String, Object> settings = new HashMap<>();
        settings.put("bootstrap.servers", arguments[0]);
        settings.put("isolation.level", "read_committed");
        settings.put("apicurio.registry.url", arguments[2]);
        if (arguments.length > 4) {
            // Which message of the schema it is stands in front as Confluent has it. Apicurio skips that, and wants the classes.
            settings.put("apicurio.registry.serde.read-indexes", true);
            settings.put("apicurio.registry.serde.read-type-ref", false);
            settings.put("apicurio.registry.deserializer.key.return-class", Class.forName(arguments[4]));
            settings.put("apicurio.registry.deserializer.value.return-class", Class.forName(arguments[5]));
        }
        Deserializer<?> keys = deserializer(arguments[3], settings, true);
        Deserializer<?> values = deserializer(arguments[3], settings, false);
        try (KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            List<TopicPartition> partitions = consumer.partitionsFor(arguments[1]).stream()
                    .map(info -> new TopicPartition(info.topic(), info.partition()))
                    .toList();
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            while (partitions.stream().anyMatch(partition -> consumer.position(partition) < ends.get(partition))) {
                consumer.poll(Duration.ofMillis(200)).forEach(record -> {
                    if (record.value() != null) {
                        print("key", keys.deserialize(record.topic(), record.headers(), record.key()));
                        print("value", values.deserialize(record.topic(), record.headers(), record.value()));
                    }
                });
            }
        }
    }

    private static Deserializer<?> deserializer(String name, Map<String, Object> settings, boolean ofKeys)
            throws ReflectiveOperationException {
        Deserializer<?> deserializer =
                (Deserializer<?>) Class.forName(name).getDeclaredConstructor().newInstance();
        deserializer.configure(settings, ofKeys);
        return deserializer;
    }

    private static void print(String what, Object read) {
        byte[] line = (what + " " + read.toString().replace('\n', ' ') + "\n").getBytes(StandardCharsets.UTF_8);
        System.out.write(line, 0, line.length);
        System.out.flush();
    }
}
