package io.deltastreams.sink.kafka;

import static io.restassured.RestAssured.get;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.hamcrest.Matchers.equalTo;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.SocketTimeoutException;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

@QuarkusTest
@SuppressWarnings("NullAway.Init") // Quarkus fills the fields
@QuarkusTestResource(value = NoBrokerTest.Silence.class, restrictToAnnotatedClass = true)
class NoBrokerTest {

    Silence silence;

    @Test
    void a_service_without_kafka_streams_is_healthy_and_looks_for_no_broker() {
        get("/q/health").then().statusCode(200).body("status", equalTo("UP"));

        assertThatExceptionOfType(SocketTimeoutException.class).isThrownBy(silence::awaitCall);
    }

    /** Stands where the broker would, and hears whoever calls. */
    public static final class Silence implements QuarkusTestResourceLifecycleManager {

        private @Nullable ServerSocket socket;

        @Override
        public Map<String, String> start() {
            try {
                ServerSocket listening = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
                listening.setSoTimeout(2000);
                socket = listening;
                return Map.of("kafka.bootstrap.servers", "127.0.0.1:" + listening.getLocalPort());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        void awaitCall() throws IOException {
            if (socket != null) {
                socket.accept().close();
            }
        }

        @Override
        public void inject(TestInjector injector) {
            injector.injectIntoFields(this, new TestInjector.MatchesType(Silence.class));
        }

        @Override
        public void stop() {
            try {
                if (socket != null) {
                    socket.close();
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
