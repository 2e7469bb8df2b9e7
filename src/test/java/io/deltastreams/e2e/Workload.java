package io.deltastreams.e2e;

import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** What is written into {@code public.bench} while slots wait for it. */
enum Workload {
    /** Six columns, a thousand rows a transaction. */
    NARROW(
            1_000_000,
            1_000,
            "id bigint PRIMARY KEY, customer int, amount numeric(12,2), status text, note text, created_at timestamptz",
            "INSERT INTO bench SELECT i, i %% 1000, i * 0.01, 'PAID', 'a note of some length, number ' || i, now()"
                    + " FROM generate_series(%1$d, %2$d) i"),
    /** Sixty columns of mixed types. */
    WIDE(200_000, 1_000, wideColumns(), wideInsert()),
    /** Values of 64 KB that lie in TOAST and do not compress. */
    LARGE(
            20_000,
            50,
            "id bigint PRIMARY KEY, body text",
            "INSERT INTO bench SELECT i, (SELECT string_agg(md5((i * 2048 + n)::text), '') FROM generate_series(1, 2048) n)"
                    + " FROM generate_series(%1$d, %2$d) i"),
    /** Everything in one transaction. */
    HUGE(
            5_000_000,
            5_000_000,
            NARROW.columns,
            "INSERT INTO bench SELECT i, i %% 1000, i * 0.01, 'PAID', 'a note of some length, number ' || i, now()"
                    + " FROM generate_series(%1$d, %2$d) i"),
    /** One row a transaction. */
    TINY(
            200_000,
            20_000,
            NARROW.columns,
            "DO $$ BEGIN FOR i IN %1$d..%2$d LOOP INSERT INTO bench VALUES (i, i %% 1000, i * 0.01, 'PAID', 'a note', now());"
                    + " COMMIT; END LOOP; END $$"),
    /** Of three rows inserted, two are updated and one of them deleted. */
    MIXED(
            600_000,
            2_000,
            NARROW.columns,
            "DO $$ BEGIN INSERT INTO bench SELECT i, i %% 1000, i * 0.01, 'PAID', 'a note of some length, number ' || i, now()"
                    + " FROM generate_series(%1$d, %1$d + 999) i;"
                    + " UPDATE bench SET amount = amount + 1, status = 'SENT' WHERE id BETWEEN %1$d AND %1$d + 665;"
                    + " DELETE FROM bench WHERE id BETWEEN %1$d AND %1$d + 333; END $$");

    /** In all. */
    final int changes;

    /** Made by one run of the statement. */
    final int perStatement;

    final String columns;
    private final String statement;

    Workload(int changes, int perStatement, String columns, String statement) {
        int scale = Integer.getInteger("bench.scale", 1);
        this.changes = scale * changes;
        this.perStatement = changes == perStatement ? scale * perStatement : perStatement;
        this.columns = columns;
        this.statement = statement;
    }

    boolean isOneTransaction() {
        return perStatement == changes;
    }

    /** The statement that makes the changes from that number on. */
    String statement(int from) {
        return statement(from, from + perStatement - 1);
    }

    String statement(int from, int to) {
        return statement.formatted(from, to);
    }

    String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    private static String wideColumns() {
        return "id bigint PRIMARY KEY, "
                + IntStream.range(1, 60)
                        .mapToObj(i -> "c" + i
                                + switch (i % 6) {
                                    case 0 -> " int";
                                    case 1 -> " text";
                                    case 2 -> " numeric(12,2)";
                                    case 3 -> " timestamptz";
                                    case 4 -> " bool";
                                    default -> " bigint";
                                })
                        .collect(Collectors.joining(", "));
    }

    private static String wideInsert() {
        return "INSERT INTO bench SELECT i, "
                + IntStream.range(1, 60)
                        .mapToObj(i -> switch (i % 6) {
                            case 0 -> "i %% 1000";
                            case 1 -> "'value ' || i";
                            case 2 -> "i * 0.01";
                            case 3 -> "now()";
                            case 4 -> "i %% 2 = 0";
                            default -> "i * 1000";
                        })
                        .collect(Collectors.joining(", "))
                + " FROM generate_series(%1$d, %2$d) i";
    }
}
