package io.deltastreams.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.deltastreams.source.Intake.RetainedLog;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class WalBudgetTest {

    private static final Catalog.Retained KEPT = new Catalog.Retained(5 << 20, 4 << 20, OptionalLong.of(7), "reserved");

    @Test
    void what_is_kept_is_told_with_its_budget_and_a_warning_beyond_it() {
        RetainedLog told = new WalBudget(4 << 20, WalBudget.Action.WARN).judge(KEPT);

        assertThat(told.bytes()).isEqualTo(5 << 20);
        assertThat(told.budget()).hasValue(4 << 20);
        assertThat(told.left()).hasValue(7);
        assertThat(told.warning()).contains("more than the wal_budget of 4 MB");
        assertThat(told.urgent()).isFalse();
    }

    @Test
    void without_a_budget_there_is_none_to_tell() {
        RetainedLog told = new WalBudget(0, WalBudget.Action.WARN).judge(KEPT);

        assertThat(told.budget()).isEmpty();
        assertThat(told.warning()).isEmpty();
    }
}
