package io.deltastreams.source.debezium;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.deltastreams.postgres.PostgresSourceContract;
import io.deltastreams.settings.InvalidSettings;
import org.junit.jupiter.api.Test;

class DebeziumPostgresTest extends PostgresSourceContract {

    DebeziumPostgresTest() {
        super(new DebeziumPostgres.Factory());
    }

    @Test
    void it_refuses_to_ask_for_values_that_were_not_sent() {
        assertThatThrownBy(() -> server.source(database, "public.t", "reselect: true"))
                .isInstanceOf(InvalidSettings.class)
                .hasMessageContaining("reselect: only engine: direct asks for values that were not sent");
    }
}
