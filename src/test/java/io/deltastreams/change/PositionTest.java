package io.deltastreams.change;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PositionTest {

    @Test
    void the_text_form_reads_back_and_sorts_like_the_position() {
        long seed = new Random().nextLong();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        for (int i = 0; i < 10_000; i++) {
            Position a = random(random);
            Position b = random.nextBoolean() ? random(random) : new Position(a.epoch(), a.commit(), random.nextInt());
            assertThat(Position.parse(a.toString())).isEqualTo(a);
            assertThat(Integer.signum(a.toString().compareTo(b.toString()))).isEqualTo(a.compareTo(b));
        }
    }

    private static Position random(Random random) {
        return new Position(
                random.nextInt(3), random.nextBoolean() ? random.nextLong() : random.nextInt(5), random.nextInt());
    }

    @Test
    void it_looks_as_documented() {
        assertThat(new Position(1, 0x16b3748, 3)).hasToString("0001-00000000016b3748-00000003");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "1",
                "0001-00000000016b3748",
                "0001-00000000016b374g-00000003",
                "0001_00000000016b3748_00000003"
            })
    void what_is_no_position_is_told_with_how_one_looks(String text) {
        assertThatThrownBy(() -> Position.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("0001-00000000016b3748-00000003");
    }
}
