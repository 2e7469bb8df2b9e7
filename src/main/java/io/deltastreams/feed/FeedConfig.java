package io.deltastreams.feed;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.OptionalInt;

/** How live feeds behave, whatever stream they show. */
@ConfigMapping(prefix = "delta-streams.feed")
public interface FeedConfig {

    /** A comment is sent when nothing was for this long, so that proxies and both ends see that the connection lives. */
    @WithDefault("15s")
    Duration heartbeat();

    /** How long a subscriber is told to wait before it connects again, half of it more or less. */
    @WithDefault("2s")
    Duration retry();

    /** The same after the stream ended with an error, which will hardly be mended sooner. */
    @WithDefault("60s")
    Duration errorRetry();

    /** A subscriber whose stream is quiet, while the log is not, is told of its new position this often at most. */
    @WithDefault("5s")
    Duration progress();

    /** It is told at once of what had nothing for it, this often at most. */
    @WithDefault("1s")
    Duration quiet();

    /** Live feeds at once, over all streams; whoever comes then is asked to come back later. */
    @WithDefault("10000")
    int maxSubscribers();

    /** How long a cache may keep a page whose content will never be another, unless the pipeline is changed. */
    @WithDefault("1d")
    Duration pageAge();

    /** Live feeds of one client's address at once; without a limit where it is not set, since many clients may stand behind one proxy. */
    OptionalInt maxPerClient();

    /** A socket that does not take one chunk of events, of 64 KB at most, or one page, of a megabyte or little more, in this time is closed. */
    @WithDefault("30s")
    Duration stallTimeout();
}
