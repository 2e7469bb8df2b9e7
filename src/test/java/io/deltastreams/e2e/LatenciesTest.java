package io.deltastreams.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LatenciesTest {

    @Test
    void a_share_is_of_all() {
        Latencies latencies = new Latencies(
                IntStream.rangeClosed(1, 1000).mapToDouble(i -> 1001 - i).toArray());

        assertThat(latencies.at(0.5)).isEqualTo(500);
        assertThat(latencies.at(0.999)).isEqualTo(999);
        assertThat(latencies.at(1)).isEqualTo(1000);
    }

    @Test
    void every_event_is_in_one_line() {
        assertThat(new Latencies(new double[] {-0.1, 0.4, 4, 6000}).histogram().lines())
                .containsExactly(
                        "      < 0.5 ms         2 " + "#".repeat(25),
                        "      < 5.0 ms         1 " + "#".repeat(13),
                        "          more         1 " + "#".repeat(13));
    }
}
