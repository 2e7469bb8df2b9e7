package io.deltastreams.sink.kafka;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The examples of {@code docs/kafka-security.md}, as they stand there. */
public final class SecurityExamples {

    private static final Path TEXT = Path.of("docs/kafka-security.md");
    private static final Pattern PART = Pattern.compile("(?m)^### (.+)$|^```properties\\n((?s:.*?))^```$");

    private SecurityExamples() {}

    /** Titles, and the blocks that stand below each: the environment and, where a second one follows, a file. */
    private static Map<String, List<String>> blocks() {
        Map<String, List<String>> blocks = new LinkedHashMap<>();
        List<String> current = new ArrayList<>();
        try {
            Matcher part = PART.matcher(Files.readString(TEXT));
            while (part.find()) {
                if (part.group(1) != null) {
                    current = new ArrayList<>();
                    blocks.put(part.group(1), current);
                } else {
                    current.add(part.group(2));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return blocks;
    }

    public static List<String> titles() {
        return List.copyOf(blocks().keySet());
    }

    /** Those that are nothing but an environment. */
    static List<String> titlesOfEnvironments() {
        return blocks().entrySet().stream()
                .filter(example -> example.getValue().size() == 1)
                .map(Map.Entry::getKey)
                .toList();
    }

    /** The environment of an example for a broker; what else it needs is put beside the broker's keys. */
    public static Map<String, String> environment(String title, SecureBroker broker) {
        List<String> blocks = blocks().getOrDefault(title, List.of());
        if (blocks.size() > 1) {
            broker.secret("kafka.properties", blocks.get(1));
        }
        Map<String, String> environment = new LinkedHashMap<>();
        blocks.getFirst().lines().forEach(line -> {
            int equals = line.indexOf('=');
            environment.put(line.substring(0, equals), line.substring(equals + 1));
        });
        String servers = broker.servers(
                environment.getOrDefault("KAFKA_SECURITY_PROTOCOL", "PLAINTEXT"),
                environment.containsKey("KAFKA_SSL_KEYSTORE_LOCATION"));
        environment.replaceAll((_, value) -> value.replace("kafka.example.com:9093", servers)
                .replace("https://auth.example.com/token", broker.tokens())
                .replace("/run/secrets", broker.secrets().toString()));
        return environment;
    }
}
