package io.deltastreams.sink.kafka;

import io.deltastreams.change.Delta;
import io.deltastreams.change.StreamId;
import io.deltastreams.change.TableId;
import io.deltastreams.settings.Settings;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * A topic's name as it is declared, with places for where a delta comes from: {@code ${source.schema}}, {@code ${source.table}}, {@code ${stream}}.
 * What a topic's name may not hold becomes {@code _} there.
 *
 * @param stream the output's own
 */
record TopicTemplate(String text, StreamId stream) {

    private static final String SCHEMA = "source.schema";
    private static final String TABLE = "source.table";
    private static final String STREAM = "stream";
    private static final int LONGEST = 249;
    private static final Pattern UNFIT = Pattern.compile("[^A-Za-z0-9._-]");

    /** Reads the topic's name, the stream's unless it is said. */
    static TopicTemplate read(Settings declared, String key, StreamId stream) {
        String text = declared.template(key, stream.text(), Set.of(SCHEMA, TABLE, STREAM));
        TopicTemplate template = new TopicTemplate(text, stream);
        TopicPlan.checkName(declared, key, template.named(stream.text(), new TableId("s", "t")));
        return template;
    }

    /** Whether it is one and the same topic for each delta of a shape. */
    private boolean isFixed() {
        return named("", new TableId("s", "t")).equals(text);
    }

    /** The topic, where that can be told before the first delta. */
    Optional<String> fixed() {
        return isFixed() ? Optional.of(text) : Optional.empty();
    }

    /** The topic of a delta; one whose shape has a name of its own behind the stream's ({@code orders.v2}) has its own. */
    String of(Delta delta) {
        String shape = delta.schema().relation().text();
        String suffix =
                shape.startsWith(stream.text()) ? shape.substring(stream.text().length()) : "";
        return text.contains(placeholder(STREAM))
                ? named(shape, delta.source())
                : named(stream.text(), delta.source()) + suffix;
    }

    private String named(String stream, TableId table) {
        String topic = text.replace(placeholder(SCHEMA), fit(table.schema()))
                .replace(placeholder(TABLE), fit(table.name()))
                .replace(placeholder(STREAM), stream);
        return topic.length() > LONGEST ? topic.substring(0, LONGEST) : topic;
    }

    private static String fit(String name) {
        return UNFIT.matcher(name).replaceAll("_");
    }

    private static String placeholder(String name) {
        return "${" + name + "}";
    }
}
