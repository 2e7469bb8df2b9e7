package io.deltastreams.source.postgres;

/**
 * A part of a table's rows that is read with one command: some pages of one of its files.
 *
 * @param heap the quoted name of the table or partition
 * @param file which the pages are of
 * @param firstPage where it begins
 * @param endPage the page behind its end
 * @param open whether it goes to the file's end, wherever that is
 * @param since a transaction, if only rows are read that it or a later one wrote; 0 for all rows
 */
record Extent(SnapshotTable table, String heap, long file, int firstPage, int endPage, boolean open, long since) {

    /** The command, whose answer is in the binary format: of each row where it lies, then its columns. */
    String command() {
        StringBuilder where = new StringBuilder();
        if (firstPage > 0) {
            and(where, "ctid >= '(%d,0)'::tid".formatted(firstPage));
        }
        if (!open) {
            and(where, "ctid < '(%d,0)'::tid".formatted(endPage));
        }
        if (since != 0) {
            // Both ages count from the same next transaction; one that is frozen is as old as can be.
            and(where, "age(xmin) <= age('%d'::xid)".formatted(since & 0xffff_ffffL));
        }
        if (!table.filter().isEmpty()) {
            and(where, "(" + table.filter() + ")");
        }
        return "COPY (SELECT ctid, %s FROM ONLY %s%s) TO STDOUT (FORMAT binary)"
                .formatted(String.join(", ", table.columns()), heap, where);
    }

    private static void and(StringBuilder where, String condition) {
        where.append(where.isEmpty() ? " WHERE " : " AND ").append(condition);
    }
}
