package io.deltastreams.source.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OpenTransactionTest {

    private static final int MESSAGE = 100_000;

    private static byte[] message(int number) {
        byte[] message = new byte[MESSAGE];
        message[0] = (byte) number;
        return message;
    }

    @TempDir
    Path folder;

    @Test
    void what_is_put_aside_comes_back_in_order_and_leaves_nothing_behind() throws Exception {
        List<Byte> numbers = new ArrayList<>();
        try (OpenTransaction open = new OpenTransaction(7, Relations.NONE, 1 << 20, folder)) {
            for (int number = 0; number < 100; number++) {
                open.add(0, message(number), 0, MESSAGE);
            }

            open.drain((piece, _) -> {
                for (int at = 8; at < piece.size(); at += MESSAGE + 8) {
                    numbers.add(piece.bytes()[at]);
                }
            });
        }

        assertThat(numbers).hasSize(100).isSorted();
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void a_disk_that_takes_no_side_file_is_named() throws IOException {
        Path nowhere = folder.resolve("nowhere");
        try (OpenTransaction open = new OpenTransaction(7, Relations.NONE, 1 << 20, nowhere)) {
            IOException failure = catchThrowableOfType(IOException.class, () -> {
                for (int number = 0; number < 20; number++) {
                    open.add(0, message(number), 0, MESSAGE);
                }
            });

            assertThat(failure).hasMessageContaining("a transaction beyond 1 MB cannot be put aside in " + nowhere);
        }
    }
}
