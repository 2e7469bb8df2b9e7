package io.deltastreams.postgres;

import io.deltastreams.change.ResumeToken;
import java.sql.SQLException;
import java.util.Optional;

/**
 * What an instance without a log of its own leaves at the server for the next one: the epoch whose snapshot the outputs have, as a comment on our
 * publication. The slot tells the place to go on, but neither the epoch nor whether the rows before it have come. Nothing is noted on a
 * publication of somebody else's, or over a comment of theirs, or at a standby; the next instance then begins a new epoch.
 */
public final class EpochNote {

    private final PostgresSettings settings;
    private final Catalog catalog;
    private final String form;
    private Optional<String> noted;
    private final boolean usable;

    private EpochNote(PostgresSettings settings, Catalog catalog, boolean writable) throws SQLException {
        this.settings = settings;
        this.catalog = catalog;
        this.form = "Delta Streams, slot %s: ".formatted(settings.slot());
        this.noted = catalog.note(settings.publication());
        this.usable = writable && noted.filter(text -> !text.startsWith(form)).isEmpty();
    }

    /** @param writable whether the publication is ours and the server takes what we write */
    static EpochNote of(PostgresSettings settings, Catalog catalog, boolean writable) throws SQLException {
        return new EpochNote(settings, catalog, writable);
    }

    /** Empty where nothing of ours is noted. */
    Optional<ResumePoint> read() {
        return noted.filter(text -> text.startsWith(form))
                .map(text -> new ResumeToken(text.substring(form.length())))
                .flatMap(ResumePoint::of);
    }

    /** Before a new epoch begins. */
    void forget() throws SQLException {
        if (read().isPresent()) {
            write("");
        }
    }

    /**
     * Notes the epoch of a place, and everything before it, that the outputs have. Costs a statement where that is news: when a snapshot has
     * arrived, and when tables begin to be read, or have been.
     */
    public void reached(ResumePoint point) throws SQLException {
        if (!usable) {
            return;
        }
        boolean known = read().filter(found -> found.epoch() == point.epoch()).isPresent();
        if (point.isWhole() && !known) {
            write(form + point.token().text());
        } else if (!point.isWhole() && known) {
            write("");
        }
    }

    private void write(String text) throws SQLException {
        catalog.note(settings.publication(), text);
        noted = Optional.of(text).filter(some -> !some.isEmpty());
    }
}
