package io.deltastreams.feed.page;

import io.deltastreams.change.Bytes;
import io.deltastreams.change.Delta;
import io.deltastreams.change.Position;
import io.deltastreams.codec.Codec;
import io.deltastreams.feed.FeedRequest;
import io.deltastreams.feed.Narrower;
import io.deltastreams.feed.Refusal;
import io.deltastreams.stream.Reading;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * Makes one page. What a full one holds follows from the request and the log alone: from how the log is read, batch by batch or from memory, nothing
 * shows. Blocks, so it lives on a virtual thread.
 */
final class PageReader {

    /** A page ends before the delta with which it would be larger; one that is larger by itself is a page. */
    private static final long MOST_BYTES = 1 << 20;
    /** A reader whose narrowing leaves next to nothing of a long history gets an unfinished page in between. */
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    private final FeedRequest request;
    private final Codec codec;
    private final Wanted wanted;
    private final CompletableFuture<Void> cancelled;
    private final List<Bytes> deltas = new ArrayList<>();
    private Optional<Page.Gap> gap = Optional.empty();
    private Position at = Position.START;
    /** The last delta's. */
    private Position last = Position.START;

    private long bytes;
    private boolean settled;

    /** @param cancelled completes when nobody waits any more */
    PageReader(FeedRequest request, Codec codec, Wanted wanted, CompletableFuture<Void> cancelled) {
        this.request = request;
        this.codec = codec;
        this.wanted = wanted;
        this.cancelled = cancelled;
    }

    /**
     * Reads on until the page is full, everything is read, or it took too long.
     *
     * @throws Refusal where the first thing behind {@code after} is no delta
     */
    Page read(Position after) throws Refusal {
        if (request.stream().isOfOtherHistory(after)) {
            throw Refusal.of(
                    410,
                    ("%s is of an epoch that this instance has not reached (it stands at %s), so another one told of it. State built"
                                    + " from the feed is to be built anew (?from=snapshot, or ?from=earliest)")
                            .formatted(after, request.stream().latest()));
        }
        at = after;
        long end = System.nanoTime() + PATIENCE.toNanos();
        boolean more = isBehind();
        while (more && !settled && System.nanoTime() < end && !cancelled.isDone()) {
            Reading reading = request.stream().next(at).await().indefinitely();
            if (!add(reading)) {
                break;
            }
            more = isBehind();
        }
        return new Page(after, gap, deltas, settled ? last : at, settled, settled || more);
    }

    private boolean isBehind() {
        return request.stream().latest().isAfter(at);
    }

    /** Whether the next reading may follow. */
    private boolean add(Reading reading) throws Refusal {
        return switch (reading) {
            case Reading.Deltas some -> {
                Narrower.Narrowed left = request.narrower()
                        .map(narrower -> narrower.apply(some.deltas()))
                        .orElseGet(() -> new Narrower.Narrowed(some.deltas(), Optional.empty()));
                yield addAll(left.deltas())
                        && refuse(left.refused()
                                .map(refused -> Refusal.ofParameter(
                                        "where",
                                        "the delta at %s: %s".formatted(refused.position(), refused.reason()))))
                        && moveTo(some.upTo());
            }
            case Reading.Gap removed ->
                refuse(Optional.of(Refusal.of(
                        410,
                        ("what stood behind %s is not here: retention removed it, or this instance began to capture later; %s is the"
                                        + " earliest position to read after. State built from the feed is no longer complete:"
                                        + " build it anew (?from=snapshot)")
                                .formatted(removed.after(), removed.removedUpTo()))));
            case Reading.Stopped stopped ->
                refuse(Optional.of(Refusal.of(
                        503, "the stream has stopped at %s: %s".formatted(stopped.position(), stopped.reason()))));
        };
    }

    /** What is wrong is told by the page that begins with it. */
    private boolean refuse(Optional<Refusal> refusal) throws Refusal {
        if (refusal.isPresent() && deltas.isEmpty()) {
            throw refusal.get();
        }
        return refusal.isEmpty();
    }

    private boolean addAll(List<Delta> some) {
        for (Delta delta : some) {
            Bytes json = new Bytes(codec.value(delta));
            boolean fits = deltas.isEmpty() || bytes + json.array().length <= MOST_BYTES;
            if (!fits || !enter(delta.position().epoch())) {
                settled = true;
                return false;
            }
            deltas.add(json);
            bytes += json.array().length;
            at = delta.position();
            last = at;
            if (deltas.size() == wanted.limit()) {
                settled = true;
                return false;
            }
        }
        return true;
    }

    /** Invariant 6: a history that begins again is told by the page that begins with it. */
    private boolean enter(int epoch) {
        if (at.epoch() > 0 && at.epoch() < epoch) {
            if (!deltas.isEmpty()) {
                return false;
            }
            Position beginning = Position.beginning(epoch);
            gap = Optional.of(new Page.Gap(gap.map(Page.Gap::after).orElse(at), beginning));
            at = beginning;
        }
        return true;
    }

    private boolean moveTo(Position upTo) {
        if (!enter(upTo.epoch())) {
            settled = true;
            return false;
        }
        at = upTo;
        return true;
    }
}
