package io.deltastreams.log;

import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Bytes of the log that are not those that were written. Only a person can say what to do: restore the file or give up the log. */
public final class DamagedLog extends IOException {

    private static final long serialVersionUID = 1L;

    DamagedLog(Path file, long offset, String what, @Nullable Throwable cause) {
        super(
                "%s is damaged at offset %d: %s. Restore the file from a copy, or move the log's folder away to capture anew; then start the service again"
                        .formatted(file, offset, what),
                cause);
    }
}
