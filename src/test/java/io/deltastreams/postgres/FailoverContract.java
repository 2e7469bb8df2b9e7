package io.deltastreams.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.deltastreams.change.Change;
import io.deltastreams.settings.Settings;
import io.deltastreams.source.ChangeSource;
import io.deltastreams.source.Fold;
import io.deltastreams.source.RecordingIntake;
import io.deltastreams.source.RunningSource;
import io.deltastreams.source.SourceFailure;
import io.deltastreams.source.SourceFailure.Kind;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A primary that goes away, and a standby that is read or takes its place. */
public abstract class FailoverContract {

    private static final String DATABASE = "shop";

    private final RecordingIntake intake = new RecordingIntake();
    private final ChangeSource.Factory factory;
    private PostgresPair pair;

    protected FailoverContract(ChangeSource.Factory factory) {
        this.factory = factory;
    }

    @BeforeEach
    void start(@TempDir Path folder) throws Exception {
        pair = PostgresPair.start(factory, folder);
        pair.primary().execute("postgres", "CREATE DATABASE " + DATABASE);
        pair.primary().execute(DATABASE, "CREATE TABLE t (id int PRIMARY KEY)", "INSERT INTO t VALUES (1)");
    }

    @AfterEach
    void stop() throws Exception {
        pair.close();
    }

    private ChangeSource source(String hosts, String more) {
        Settings settings = Settings.parse("test.yaml", """
                url: postgresql://postgres:postgres@%s
                tables: [public.t]
                slot: shop
                publication: shop
                heartbeat: 1s
                %s
                """.formatted(hosts, more), _ -> null);
        return factory.create(settings);
    }

    private ChangeSource ofPrimary(String more) {
        return source(
                "localhost:%d,localhost:%d/shop?target_session_attrs=read-write"
                        .formatted(pair.primary().port(), pair.standbyPort()),
                more);
    }

    private ChangeSource ofStandby() {
        return source("localhost:%d/shop".formatted(pair.standbyPort()), "");
    }

    private RunningSource atPrimary() {
        return RunningSource.start(ofPrimary(""), intake);
    }

    private RunningSource atPrimary(String more) {
        return RunningSource.start(ofPrimary(more), intake);
    }

    private RunningSource atStandby() {
        return RunningSource.start(ofStandby(), intake);
    }

    private void insert(int... ids) throws SQLException {
        for (int id : ids) {
            pair.primary().execute(DATABASE, "INSERT INTO t VALUES (%d)".formatted(id));
        }
    }

    private List<Integer> ids() {
        return intake.changes("public.t").stream()
                .map(change -> change instanceof Change.Insert insert
                        ? (Integer) insert.after().get(0)
                        : Integer.valueOf(-1))
                .toList();
    }

    private List<Integer> epochs() {
        return intake.changes().stream()
                .map(change -> change.position().epoch())
                .distinct()
                .toList();
    }

    private String token() {
        return intake.resume().token().orElseThrow().text();
    }

    @Test
    void a_copied_slot_goes_on_behind_the_failover_in_the_same_epoch() throws Exception {
        // given
        RunningSource before = atPrimary();
        intake.awaitChanges("public.t", 1);
        insert(2);
        intake.awaitChanges("public.t", 2);
        pair.awaitCopy("shop");
        insert(3, 4);
        intake.awaitChanges("public.t", 4);
        pair.awaitStandby();

        // when
        pair.failOver();

        // then
        assertThat(before.failure().kind()).isEqualTo(Kind.TRANSIENT);
        assertThat(token()).contains("/1\"}");
        pair.onStandby(DATABASE, "INSERT INTO t VALUES (5), (6)");
        try (RunningSource _ = atPrimary()) {
            intake.awaitChanges("public.t", 6);
        }
        assertThat(ids()).containsExactly(1, 2, 3, 4, 5, 6);
        assertThat(epochs()).containsExactly(1);
        assertThat(token()).contains("/2\"}");
    }

    @Test
    void a_standby_that_lacks_what_was_captured_begins_a_new_epoch() throws Exception {
        // given
        RunningSource before = atPrimary();
        intake.awaitChanges("public.t", 1);
        insert(2);
        intake.awaitChanges("public.t", 2);
        pair.awaitCopy("shop");
        pair.awaitStandby();
        pair.cutOff();
        insert(3);
        intake.awaitChanges("public.t", 3);

        // when
        pair.failOver();
        before.failure();
        pair.onStandby(DATABASE, "INSERT INTO t VALUES (4)");
        try (RunningSource _ = atPrimary()) {
            intake.awaitLog(
                    log -> log.getLast().first().epoch() == 2 && log.getLast().complete());
            pair.onStandby(DATABASE, "INSERT INTO t VALUES (5)");
            intake.awaitChanges("public.t", 8);
        }

        // then
        assertThat(epochs()).containsExactly(1, 2);
        assertThat(Fold.of(intake.changes("public.t")).keySet()).containsExactly("1|", "2|", "4|", "5|");
    }

    @Test
    void a_slot_that_was_not_copied_begins_a_new_epoch() throws Exception {
        RunningSource before = atPrimary("failover: false");
        intake.awaitChanges("public.t", 1);
        insert(2);
        intake.awaitChanges("public.t", 2);
        assertThat(pair.primary().text(DATABASE, "SELECT failover FROM pg_replication_slots WHERE database = 'shop'"))
                .isEqualTo("f");
        pair.awaitStandby();

        pair.failOver();
        before.failure();
        try (RunningSource _ = atPrimary()) {
            intake.awaitLog(
                    log -> log.getLast().first().epoch() == 2 && log.getLast().complete());
        }

        assertThat(ids()).containsExactly(1, 2, -1, 1, 2);
        assertThat(pair.standbyText(DATABASE, "SELECT failover FROM pg_replication_slots WHERE database = 'shop'"))
                .isEqualTo("t");
    }

    @Test
    void a_primary_that_a_failover_left_behind_is_not_gone_back_to() throws Exception {
        try (RunningSource _ = atPrimary()) {
            intake.awaitChanges("public.t", 1);
            pair.awaitCopy("shop");
            pair.awaitStandby();
        }
        pair.promote();
        try (RunningSource _ = atStandby()) {
            pair.onStandby(DATABASE, "INSERT INTO t VALUES (2)");
            intake.awaitChanges("public.t", 2);
        }

        SourceFailure left = atPrimary().failure();

        assertThat(left.kind()).isEqualTo(Kind.TRANSIENT);
        assertThat(left).hasMessageContaining("is on timeline 1, and what was captured comes from timeline 2");
        assertThat(left.remedy()).contains("pg_drop_replication_slot('shop')");
    }

    @Test
    void another_cluster_begins_a_new_epoch() throws Exception {
        // given one whose slot and log would fit
        try (PostgresServer other = PostgresServer.start(factory)) {
            other.execute("postgres", "CREATE DATABASE shop");
            other.execute(
                    DATABASE,
                    "CREATE TABLE t (id int PRIMARY KEY)",
                    "INSERT INTO t VALUES (7)",
                    "SELECT pg_create_logical_replication_slot('shop', 'pgoutput')");
            pair.primary().execute("postgres", "SELECT pg_switch_wal()");
            try (RunningSource _ = atPrimary()) {
                intake.awaitChanges("public.t", 1);
            }
            for (int i = 0; i < 3; i++) {
                other.execute("postgres", "CREATE TABLE t%d (id int)".formatted(i), "SELECT pg_switch_wal()");
            }

            // when
            try (RunningSource _ =
                    RunningSource.start(source("localhost:%d/shop".formatted(other.port()), ""), intake)) {
                intake.awaitChanges("public.t", 3);
            }
        }

        // then
        assertThat(ids()).containsExactly(1, -1, 7);
        assertThat(epochs()).containsExactly(1, 2);
    }

    @Test
    void a_slot_is_made_one_for_failover_when_that_is_asked_for() throws Exception {
        try (RunningSource _ = atPrimary("failover: false")) {
            intake.awaitChanges("public.t", 1);
            insert(2);
            intake.awaitChanges("public.t", 2);
        }
        for (String asked : List.of("true", "false")) {
            int before = intake.batches().size();
            try (RunningSource _ = atPrimary("failover: " + asked)) {
                intake.awaitBatches(before + 1);
            }
            assertThat(pair.primary()
                            .text(DATABASE, "SELECT failover::text FROM pg_replication_slots WHERE database = 'shop'"))
                    .isEqualTo(asked);
        }
        assertThat(epochs()).containsExactly(1);
    }

    /** The primary tells of running transactions, which a slot on a standby waits for, only now and then. */
    private void awaitStandbySnapshot() {
        await().atMost(Duration.ofSeconds(60)).until(() -> {
            pair.primary().execute("postgres", "SELECT pg_log_standby_snapshot()");
            return !intake.batches().isEmpty();
        });
    }

    @Test
    void a_standby_is_read_like_its_primary_and_goes_on_when_it_is_promoted() throws Exception {
        // given
        pair.primary().execute(DATABASE, "CREATE PUBLICATION shop FOR TABLE t");
        pair.awaitStandby();
        RunningSource before = atStandby();
        awaitStandbySnapshot();
        insert(2, 3);
        intake.awaitChanges("public.t", 3);

        // when only others write
        pair.primary().execute("postgres", "CREATE TABLE other AS SELECT generate_series(1, 1000)");
        if (idleSlotMoves()) {
            awaitSlotBehind(pair.primary().text("postgres", "SELECT pg_current_wal_insert_lsn()"));
        }

        // when it is promoted
        pair.promote();
        pair.onStandby(DATABASE, "INSERT INTO t VALUES (4)");
        intake.awaitChanges("public.t", 4);
        await().atMost(Duration.ofSeconds(30)).until(() -> token().contains("/2\"}"));
        before.close();

        // then
        pair.onStandby(DATABASE, "INSERT INTO t VALUES (5)");
        try (RunningSource _ = atStandby()) {
            intake.awaitChanges("public.t", 5);
        }
        assertThat(ids()).containsExactly(1, 2, 3, 4, 5);
        assertThat(epochs()).containsExactly(1);
    }

    private void awaitSlotBehind(String place) {
        await().atMost(Duration.ofSeconds(30))
                .until(() -> pair.standbyText(
                                DATABASE,
                                "SELECT confirmed_flush_lsn >= '%s' FROM pg_replication_slots WHERE slot_name = 'shop'"
                                        .formatted(place))
                        .equals("t"));
    }

    /** Whether the slot on a standby moves while nothing comes that is captured. */
    protected boolean idleSlotMoves() {
        return true;
    }

    @Test
    void a_slot_that_the_standby_has_invalidated_begins_a_new_epoch() throws Exception {
        // given
        pair.primary().execute(DATABASE, "CREATE PUBLICATION shop FOR TABLE t");
        pair.awaitStandby();
        try (RunningSource _ = atStandby()) {
            awaitStandbySnapshot();
            insert(2);
            intake.awaitChanges("public.t", 2);
        }

        // when the primary removes rows of the catalog that the slot needs
        pair.onStandby("postgres", "ALTER SYSTEM SET hot_standby_feedback = off", "SELECT pg_reload_conf()");
        await().atMost(Duration.ofSeconds(60)).until(() -> {
            pair.primary()
                    .execute(
                            DATABASE,
                            "CREATE TABLE short_lived (id int)",
                            "DROP TABLE short_lived",
                            "VACUUM pg_class",
                            "SELECT pg_log_standby_snapshot()");
            return pair.standbyText(
                            DATABASE, "SELECT invalidation_reason FROM pg_replication_slots WHERE database = 'shop'")
                    .equals("rows_removed");
        });
        try (ChangeSource warned = ofStandby()) {
            assertThat(warned.inspect().notes()).singleElement().asString().contains("hot_standby_feedback = on");
        }
        int captured = intake.batches().size();
        try (RunningSource _ = atStandby()) {
            await().atMost(Duration.ofSeconds(60)).until(() -> {
                pair.primary().execute("postgres", "SELECT pg_log_standby_snapshot()");
                return intake.batches().size() > captured;
            });
            intake.awaitChanges("public.t", 5);
        }

        // then
        assertThat(ids()).containsExactly(1, 2, -1, 1, 2);
    }

    @Test
    void what_is_missing_at_a_standby_is_told_with_what_to_do_at_the_primary() throws Exception {
        pair.awaitStandby();
        SourceFailure none =
                catchThrowableOfType(SourceFailure.class, () -> ofStandby().inspect());
        assertThat(none.kind()).isEqualTo(Kind.PERMANENT);
        assertThat(none.remedy()).startsWith("at the primary: CREATE PUBLICATION \"shop\" FOR TABLE \"public\".\"t\"");

        try (RunningSource _ = atPrimary()) {
            intake.awaitChanges("public.t", 1);
            pair.awaitCopy("shop");
        }
        SourceFailure copy =
                catchThrowableOfType(SourceFailure.class, () -> ofStandby().inspect());
        assertThat(copy.getMessage()).contains("is the copy that it keeps of the primary's");
    }
}
