package io.deltastreams.change;

/** What has rows: a captured table or a stream made of tables. */
public sealed interface Relation permits TableId, StreamId {

    /** The name that a user writes and reads: {@code public.orders}, {@code paid_orders}. */
    String text();
}
