package io.deltastreams.source.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RecentCommitsTest {

    @ParameterizedTest
    @CsvSource({
        "15, 10:20:10;14, true",
        "14, 10:20:10;14, false",
        "9, 10:20:10;14, true",
        // Behind the last that has ended, nobody is listed.
        "20, 10:20:10;14, false",
        "25, 20:20:, false",
        "19, 20:20:, true",
        "-1, 4294967296:4294967296:, true",
        "0, 4294967296:4294967296:, false"
    })
    void a_commit_that_came_is_seen_only_when_it_has_ended_for_others(int xid, String snapshot, boolean seen) {
        RecentCommits commits = new RecentCommits();
        commits.add(xid);
        commits.add(30);

        assertThat(commits.areSeen(VisibleTransactions.parse(snapshot.replace(';', ',')), 1))
                .isEqualTo(seen);
    }
}
