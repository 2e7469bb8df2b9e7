package io.deltastreams.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DemoKafkaTest {

    @Test
    void topics_are_there_again_after_a_restart_on_the_same_port(@TempDir Path folder) throws Exception {
        // given
        int port;
        try (DemoKafka broker = DemoKafka.start(folder, 0);
                Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()))) {
            port = broker.port();
            admin.createTopics(List.of(new NewTopic("orders", Optional.empty(), Optional.empty())))
                    .all()
                    .get();
        }

        // when
        try (DemoKafka broker = DemoKafka.start(folder, port);
                Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()))) {

            // then
            assertThat(broker.port()).isEqualTo(port);
            assertThat(admin.listTopics().names().get()).containsExactly("orders");
        }
    }
}
