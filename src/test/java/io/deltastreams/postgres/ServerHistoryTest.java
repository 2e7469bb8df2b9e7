package io.deltastreams.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.deltastreams.change.ResumeToken;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.postgresql.replication.LogSequenceNumber;

class ServerHistoryTest {

    private static final String CLUSTER = "7712033725837400976";
    /** As a server of timeline 3 tells it. */
    private static final String FILE = """
            # a comment, as recovery targets leave it
            1\t0/3438E78\tno recovery target specified

            2\t1/A0000000\tbefore 2026-11-25 09:38:06.036+00
            """;

    private static ServerHistory server(int timeline, boolean standby, String end) {
        return new ServerHistory(
                new Lineage(CLUSTER, timeline),
                new Server.Host("localhost", 5432),
                standby,
                "0",
                lsn(end),
                ServerHistory.branches(timeline == 3 ? FILE : ""));
    }

    private static long lsn(String text) {
        return LogSequenceNumber.valueOf(text).asLong();
    }

    private static ResumePoint captured(int timeline, String lsn) {
        return new ResumePoint(1, lsn(lsn), true).of(new Lineage(CLUSTER, timeline));
    }

    @Test
    void what_was_captured_up_to_the_promotion_is_in_the_new_timeline() {
        ServerHistory server = server(3, false, "2/0");

        assertThat(server.lacks(captured(1, "0/3438E78"))).isEmpty();
        assertThat(server.lacks(captured(2, "1/A0000000"))).isEmpty();
        assertThat(server.lacks(captured(3, "1/FFFFFFFF"))).isEmpty();
    }

    @Test
    void what_was_captured_behind_the_promotion_is_not() {
        ServerHistory server = server(3, false, "2/0");

        assertThat(server.lacks(captured(1, "0/3438E79")))
                .hasValue(
                        "the server was promoted at 0/3438E78 to timeline 3 and never had what was captured behind that");
        assertThat(server.lacks(captured(2, "1/A0000001"))).isPresent();
    }

    @Test
    void a_timeline_that_is_no_ancestor() {
        assertThat(server(3, false, "2/0").lacks(captured(4, "0/1")))
                .hasValue("the server's timeline 3 does not come from timeline 4");
    }

    @Test
    void a_log_that_ends_before_what_was_captured_was_set_back_unless_a_standby_is_behind() {
        assertThat(server(1, false, "0/10").lacks(captured(1, "0/11")))
                .hasValue("the server's log ends at 0/10: it was set back");
        assertThat(server(1, true, "0/10").lacks(captured(1, "0/11"))).isEmpty();
    }

    @Test
    void a_token_says_whose_log_it_is_a_place_in() {
        ResumePoint point =
                new ResumePoint(7, lsn("1/A"), false, "16385@0/16B3748#744=all").of(new Lineage(CLUSTER, 2));

        assertThat(point.token().text())
                .isEqualTo(
                        "{\"epoch\":7,\"lsn\":\"1/A\",\"snapshot\":\"running\",\"reads\":\"16385@0/16B3748#744=all\","
                                + "\"lineage\":\"7712033725837400976/2\"}");
        assertThat(ResumePoint.of(point.token())).hasValue(point);
    }

    @Test
    void a_token_of_an_earlier_version_does_not_and_is_trusted() {
        Optional<ResumePoint> point =
                ResumePoint.of(new ResumeToken("{\"epoch\":1,\"lsn\":\"0/16B3748\",\"snapshot\":\"complete\"}"));

        assertThat(point).hasValue(new ResumePoint(1, lsn("0/16B3748"), true));
        assertThat(server(3, false, "2/0").lacks(point.orElseThrow())).isEmpty();
    }
}
