package io.deltastreams.source.kafka;

import io.deltastreams.source.TableSnapshots;
import java.util.List;
import java.util.stream.Stream;

/** How the reading of tables stands at the instance that captures; to be asked for there. */
record ElsewhereSnapshots(Place place) implements TableSnapshots {

    @Override
    public Status status() {
        return new Status(
                false,
                "",
                Stream.concat(
                                place.coverage().waiting().stream().map(table -> new Table(table, State.WAITING, 0, 0)),
                                place.read().stream().map(table -> new Table(table, State.DONE, 0, 0)))
                        .toList());
    }

    private static Refused elsewhere() {
        return new Refused(
                Reason.UNSUPPORTED,
                "this instance takes another's history: POST /admin/snapshots to the one that captures");
    }

    @Override
    public void request(List<String> tables) throws Refused {
        throw elsewhere();
    }

    @Override
    public void pause() throws Refused {
        throw elsewhere();
    }

    @Override
    public void resume() throws Refused {
        throw elsewhere();
    }

    @Override
    public void cancel() throws Refused {
        throw elsewhere();
    }
}
