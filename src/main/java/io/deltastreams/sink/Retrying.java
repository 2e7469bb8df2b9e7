package io.deltastreams.sink;

import io.deltastreams.change.Delta;
import io.deltastreams.change.Position;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Writes again what may not have arrived: after {@link Outcome.Unknown} it asks the sink where it stands and writes what is still missing,
 * ever less often, until that is answered or the subscriber cancels. So its outcome is never {@code Unknown}, but {@code Rewound} where more
 * than this batch is missing. A cursor that cannot be had is asked for in the same way.
 *
 * @param least the first pause; each next one is twice as long, give or take half of it
 * @param most the longest pause
 * @param watch is told how it goes
 */
public record Retrying(Sink sink, Duration least, Duration most, Watch watch) implements Sink {

    private static final double JITTER = 0.5;

    /** Told while the cursor cannot be had or a write is in doubt; called by one thread at a time. */
    public interface Watch {

        /** The target is away or did not answer; it is about to be asked again. */
        void inDoubt(Outcome.Unknown why);

        /** The target answered a write, whatever was before. */
        void answered();
    }

    @Override
    public Uni<Optional<Position>> cursor() {
        return untilAnswered(reached());
    }

    @Override
    public Uni<Void> prepare() {
        return sink.prepare();
    }

    private Uni<Optional<Position>> reached() {
        return sink.cursor()
                .onFailure(TargetAway.class)
                .transform(away -> new InDoubt(new Outcome.Unknown(String.valueOf(away.getMessage()))));
    }

    @Override
    public Uni<Outcome> write(Deltas batch) {
        return sink.write(batch)
                .onItem()
                .transform(Retrying::known)
                .onFailure(InDoubt.class)
                .recoverWithUni(doubt -> again(batch, doubt))
                .invoke(outcome -> {
                    if (!(outcome instanceof Outcome.Superseded)) {
                        watch.answered();
                    }
                });
    }

    private Uni<Outcome> again(Deltas batch, Throwable doubt) {
        watch.inDoubt(((InDoubt) doubt).why);
        return untilAnswered(rewrite(batch));
    }

    private <T> Uni<T> untilAnswered(Uni<T> attempt) {
        return attempt.onFailure(InDoubt.class)
                .invoke(next -> watch.inDoubt(next.why))
                .onFailure(InDoubt.class)
                .retry()
                .withBackOff(least, most)
                .withJitter(JITTER)
                .indefinitely();
    }

    private Uni<Outcome> rewrite(Deltas batch) {
        return reached()
                .map(reached -> reached.orElse(Position.START))
                .chain(reached -> batch.after().isAfter(reached)
                        ? Uni.createFrom().item(new Outcome.Rewound(reached))
                        : sink.write(behind(batch, reached)))
                .onFailure(TargetTaken.class)
                .recoverWithItem(taken -> new Outcome.Superseded(String.valueOf(taken.getMessage())))
                .map(Retrying::known);
    }

    private static Deltas behind(Deltas batch, Position reached) {
        List<Delta> missing = batch.deltas().stream()
                .filter(delta -> delta.position().isAfter(reached))
                .toList();
        return new Deltas(
                reached, missing, reached.isAfter(batch.upTo()) ? reached : batch.upTo(), batch.whole(), batch.more());
    }

    private static Outcome known(Outcome outcome) {
        if (outcome instanceof Outcome.Unknown unknown) {
            throw new InDoubt(unknown);
        }
        return outcome;
    }

    @Override
    public Uni<Outcome> replay(Delta delta) {
        return sink.replay(delta);
    }

    @Override
    public Uni<Void> close() {
        return sink.close();
    }

    /** An unknown outcome on its way through Mutiny's operators, which retry failures only. */
    private static final class InDoubt extends RuntimeException {

        private static final long serialVersionUID = 1L;

        private final transient Outcome.Unknown why;

        InDoubt(Outcome.Unknown why) {
            super(why.reason(), null, false, false);
            this.why = why;
        }
    }
}
