package io.deltastreams.feed.page;

import io.deltastreams.feed.Refusal;
import io.deltastreams.settings.Settings;
import io.vertx.core.MultiMap;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How much of a feed one page is to hold, and how long it may take until there is something.
 *
 * @param limit deltas at most
 * @param patience how long a page that would be empty waits for its first delta
 */
record Wanted(int limit, Duration patience) {

    static final List<String> PARAMETERS = List.of("limit", "wait");

    private static final int USUAL = 1_000;
    private static final int MOST = 10_000;
    private static final Duration LONGEST = Duration.ofSeconds(60);

    static Wanted read(MultiMap query) throws Refusal {
        return new Wanted(limit(query.get("limit")), patience(query.get("wait")));
    }

    private static int limit(@Nullable String text) throws Refusal {
        if (text == null) {
            return USUAL;
        }
        int limit;
        try {
            limit = Integer.parseInt(text);
        } catch (NumberFormatException _) {
            limit = 0;
        }
        if (limit < 1 || limit > MOST) {
            throw Refusal.ofParameter("limit", "it is a number from 1 to %d".formatted(MOST));
        }
        return limit;
    }

    private static Duration patience(@Nullable String text) throws Refusal {
        if (text == null) {
            return Duration.ZERO;
        }
        Optional<Duration> patience = Settings.duration(text);
        if (patience.isEmpty() || patience.get().compareTo(LONGEST) > 0) {
            throw Refusal.ofParameter(
                    "wait", "it is a duration such as 20s, %ds at most".formatted(LONGEST.toSeconds()));
        }
        return patience.get();
    }
}
