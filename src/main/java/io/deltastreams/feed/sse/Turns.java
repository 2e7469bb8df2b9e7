package io.deltastreams.feed.sse;

import io.vertx.core.Context;
import io.vertx.core.Future;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.function.Supplier;

/**
 * Large writes of one event loop's subscribers, a few at a time: what is small, and comes to all who listen, never waits behind those of many that catch
 * up. A socket that does not take its write soon is not waited for. Of that loop's thread.
 */
final class Turns {

    private static final int AT_ONCE = 2;
    private static final long SOON_MILLIS = 20;

    private final Queue<Supplier<Future<Void>>> waiting = new ArrayDeque<>();
    private int underWay;
    private boolean asked;

    /** @param write begins when it is its turn; completes when the socket has taken it */
    void add(Supplier<Future<Void>> write, Context context) {
        waiting.add(write);
        ask(context);
    }

    /** One in each turn of the loop, so that others come in between. */
    private void ask(Context context) {
        if (!asked && underWay < AT_ONCE && !waiting.isEmpty()) {
            asked = true;
            context.runOnContext(_ -> {
                asked = false;
                begin(context);
                ask(context);
            });
        }
    }

    private void begin(Context context) {
        Supplier<Future<Void>> next = waiting.poll();
        if (next == null) {
            return;
        }
        underWay++;
        Turn turn = new Turn(context);
        long timer = context.owner().setTimer(SOON_MILLIS, _ -> turn.end());
        next.get().onComplete(_ -> {
            context.owner().cancelTimer(timer);
            turn.end();
        });
    }

    private final class Turn {

        private final Context context;
        private boolean ended;

        private Turn(Context context) {
            this.context = context;
        }

        private void end() {
            if (!ended) {
                ended = true;
                underWay--;
                ask(context);
            }
        }
    }
}
