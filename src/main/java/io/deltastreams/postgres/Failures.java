package io.deltastreams.postgres;

import io.deltastreams.source.SourceFailure;
import io.deltastreams.source.SourceFailure.Kind;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/** What went wrong at the server, told so that a user can mend it. */
public final class Failures {

    private Failures() {}

    public static SourceFailure permanent(String message, String remedy) {
        return new SourceFailure(Kind.PERMANENT, message, remedy, null);
    }

    public static SourceFailure of(PostgresSettings settings, Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof SourceFailure known) {
                return known;
            }
        }
        SQLException sql = sql(failure);
        if (sql == null || sql.getSQLState() == null) {
            return new SourceFailure(
                    Kind.TRANSIENT,
                    "capture from %s ended: %s".formatted(settings.server(), said(failure)),
                    "it is tried again; the log tells more at level WARN",
                    failure);
        }
        return ofState(settings, sql.getSQLState(), sql);
    }

    private static SourceFailure ofState(PostgresSettings settings, String state, SQLException cause) {
        Server server = settings.server();
        return switch (state) {
            case "28P01", "28000" ->
                failure(
                        Kind.PERMANENT,
                        "%s does not let user '%s' in: %s".formatted(server, server.user(), said(cause)),
                        "check user and password in source.postgresql.url and the server's pg_hba.conf",
                        cause);
            case "3D000" ->
                failure(
                        Kind.PERMANENT,
                        "there is no database '%s' at %s".formatted(server.database(), server.addresses()),
                        "write the right one into source.postgresql.url, or CREATE DATABASE %s"
                                .formatted(Catalog.quoted(server.database())),
                        cause);
            case "42501" ->
                failure(
                        Kind.PERMANENT,
                        "user '%s' may not do what capture needs at %s: %s"
                                .formatted(server.user(), server, said(cause)),
                        "grant it the privilege",
                        cause);
            case "53400" ->
                failure(
                        Kind.PERMANENT,
                        "%s has no replication slot left".formatted(server),
                        "drop a slot that nobody uses (SELECT * FROM pg_replication_slots WHERE NOT active), or ALTER SYSTEM"
                                + " SET max_replication_slots = <more> and restart the server",
                        cause);
            case "55006" ->
                failure(
                        Kind.TRANSIENT,
                        "slot '%s' at %s is in use: %s".formatted(settings.slot(), server, said(cause)),
                        "end the other reader, or give this one a slot of its own with source.postgresql.slot",
                        cause);
            case "08001", "08004" ->
                failure(
                        Kind.TRANSIENT,
                        "%s cannot be reached: %s".formatted(server, said(cause)),
                        "check host and port in source.postgresql.url, and that the server runs; it is tried again",
                        cause);
            default ->
                failure(
                        Kind.TRANSIENT,
                        "capture from %s ended: %s".formatted(server, said(cause)),
                        "it is tried again",
                        cause);
        };
    }

    private static SourceFailure failure(Kind kind, String message, String remedy, Throwable cause) {
        return new SourceFailure(kind, message, remedy, cause);
    }

    private static @Nullable SQLException sql(Throwable failure) {
        SQLException found = null;
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLException sql) {
                found = sql;
            }
        }
        return found;
    }

    /** The first line of the innermost message; what follows there may quote a row. */
    private static String said(Throwable failure) {
        Throwable innermost = failure;
        while (innermost.getCause() != null) {
            innermost = innermost.getCause();
        }
        String message = innermost.getMessage();
        return message == null
                ? innermost.getClass().getSimpleName()
                : message.lines().findFirst().orElse("");
    }
}
