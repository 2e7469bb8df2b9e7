package io.deltastreams.source.postgres;

import io.deltastreams.change.Batch;
import io.deltastreams.change.Position;
import io.deltastreams.change.ResumeToken;
import io.deltastreams.change.Transaction;
import io.deltastreams.settings.Settings;
import io.deltastreams.source.ChangeSource;
import io.deltastreams.source.Intake;
import io.deltastreams.source.Resume;
import io.deltastreams.source.SourceFailure;
import java.util.Optional;

/** The direct reader alone, in a process of its own: counts its changes and throws them away. Prints {@code rate <changes per second>}. */
public final class ReaderIntoNothing {

    private ReaderIntoNothing() {}

    /** @param args host, port, database, slot, publication, expected changes */
    public static void main(String[] args) throws SourceFailure, InterruptedException {
        Settings settings = Settings.parse("bench.yaml", """
                url: postgresql://postgres@%s:%s/%s
                tables: [public.bench]
                slot: %s
                publication: %s
                snapshot: never
                """.formatted((Object[]) args), name -> null);
        try (ChangeSource source = new DirectPostgres.Factory().create(settings)) {
            source.run(Resume.NOTHING, new Counting(Long.parseLong(args[5])));
        }
    }

    private static final class Counting implements Intake {

        private final long expected;
        private long begun;
        private long seen;
        private volatile Optional<Position> durable = Optional.empty();
        private volatile Optional<ResumeToken> kept = Optional.empty();

        Counting(long expected) {
            this.expected = expected;
        }

        @Override
        public void take(Batch batch) {
            kept = Optional.of(batch.resume());
            durable = batch.last().or(() -> durable);
            for (Transaction transaction : batch.transactions()) {
                if (seen == 0) {
                    begun = System.nanoTime();
                }
                seen += transaction.changes().size();
            }
            if (seen >= expected) {
                System.out.printf("rate %.0f%n", seen / ((System.nanoTime() - begun) / 1e9));
                System.out.flush();
                Runtime.getRuntime().halt(0);
            }
        }

        @Override
        public Optional<Position> durable() {
            return durable;
        }

        @Override
        public Optional<ResumeToken> kept() {
            return kept;
        }
    }
}
