package io.deltastreams.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.Test;

class RealRegistryTest {

    @Test
    void a_registry_that_was_killed_knows_its_schemas_when_it_is_back() throws Exception {
        // given
        try (RealRegistry registry = new RealRegistry();
                HttpClient client = HttpClient.newHttpClient()) {
            registry.start();
            HttpRequest register = HttpRequest.newBuilder(URI.create(registry.url() + "/subjects/t-value/versions"))
                    .header("Content-Type", "application/vnd.schemaregistry.v1+json")
                    .POST(HttpRequest.BodyPublishers.ofString("{\"schema\":\"{\\\"type\\\":\\\"string\\\"}\"}"))
                    .build();
            assertThat(send(client, register)).isEqualTo("{\"id\":1}");

            // when
            registry.stop();

            // then
            assertThatThrownBy(() -> send(client, register)).isInstanceOf(ConnectException.class);
            registry.start();
            HttpRequest versions = HttpRequest.newBuilder(URI.create(registry.url() + "/subjects/t-value/versions"))
                    .build();
            assertThat(send(client, versions)).isEqualTo("[1]");
            assertThat(send(client, register)).isEqualTo("{\"id\":1}");
        }
    }

    private static String send(HttpClient client, HttpRequest request) throws IOException, InterruptedException {
        return client.send(request, HttpResponse.BodyHandlers.ofString()).body();
    }
}
