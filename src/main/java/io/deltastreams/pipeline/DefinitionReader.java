package io.deltastreams.pipeline;

import io.deltastreams.change.StreamId;
import io.deltastreams.log.LogSettings;
import io.deltastreams.log.LogSettings.Durability;
import io.deltastreams.log.LogSettings.OverBudget;
import io.deltastreams.settings.InvalidSettings;
import io.deltastreams.settings.Settings;
import io.deltastreams.sink.DeadLetterBox;
import io.deltastreams.sink.Relay;
import io.deltastreams.sink.Sink;
import io.deltastreams.source.ChangeSource;
import io.deltastreams.state.StateSettings;
import io.deltastreams.stream.Boundaries;
import io.deltastreams.transform.StreamProgram;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Reads a pipeline file into a definition. Everything that is wrong with it is told at once; nothing is opened yet.
 *
 * @param sources kinds of source by the key below {@code source:}; a kind that can be read in several ways has them as {@code kind/engine}, too
 * @param sinks kinds of sink by the key below a stream's {@code to:}
 * @param relays kinds of relay by the key below {@code relay:}
 * @param boxes kinds of place by the key below {@code dead_letters:}
 */
record DefinitionReader(
        Map<String, ChangeSource.Factory> sources,
        Map<String, Sink.Factory> sinks,
        Map<String, Relay.Factory> relays,
        Map<String, DeadLetterBox.Factory> boxes) {

    private static final String FEED = "feed";

    /** Between a kind and an engine in a factory's identifier. */
    private static final String ENGINE = "/";

    /** How a feed writes 64-bit integers. */
    private enum Bigint {
        NUMBER,
        STRING
    }

    private static final long LEAST_SEGMENT = 4L << 10;
    private static final long MOST_SEGMENT = 1L << 30;

    /** @throws InvalidSettings naming each place that is wrong */
    PipelineDefinition read(String file, String yaml, Function<String, @Nullable String> environment) {
        Settings top = Settings.parse(file, yaml, environment);
        String name = top.text("name", "delta-streams");
        Optional<PipelineDefinition.Source> source = source(top);
        LogSettings log = log(
                top.section("log"),
                source.filter(some -> some.factory().keepsHistory()).isPresent()
                        ? Durability.EPHEMERAL
                        : Durability.FSYNC);
        List<PipelineDefinition.Stream> streams = streams(name, top);
        Optional<StateSettings> state = state(top, log, streams);
        Optional<PipelineDefinition.Relaying> relay = relay(top);
        Optional<DeadLetterBox> deadLetters = !top.has("dead_letters")
                ? Optional.empty()
                : only(top.section("dead_letters"), "kind of place", boxes)
                        .map(only -> only.factory().create(only.settings()));
        Optional<PipelineDefinition.Output> transactions = transactions(name, top, streams);
        top.finish();
        top.check();
        return new PipelineDefinition(
                name, source.orElseThrow(), log, state, relay, deadLetters, transactions, streams);
    }

    private Optional<PipelineDefinition.Source> source(Settings top) {
        if (!top.has("source")) {
            top.problem("'source' is missing; it says which database to capture, one of " + known(sources));
            return Optional.empty();
        }
        return only(top.section("source"), "kind of source", sources).map(only -> {
            PipelineDefinition.Source source = new PipelineDefinition.Source(
                    only.kind(), engine(only.kind(), only.settings(), only.factory()), only.settings());
            source.create().close();
            return source;
        });
    }

    /** The one kind that a section holds. */
    private record Only<F>(String kind, F factory, Settings settings) {}

    private static <F> Optional<Only<F>> only(Settings section, String what, Map<String, F> known) {
        List<String> kinds = section.keys();
        kinds.forEach(section::has);
        if (kinds.size() != 1) {
            section.problem("must hold exactly one %s, one of %s; it holds %s"
                    .formatted(what, known(known), kinds.isEmpty() ? "none" : String.join(", ", kinds)));
            return Optional.empty();
        }
        String kind = kinds.getFirst();
        F factory = known.get(kind);
        if (factory == null) {
            section.problem(kind, unknown(what, kind, known));
            return Optional.empty();
        }
        return Optional.of(new Only<>(kind, factory, section.section(kind)));
    }

    private ChangeSource.Factory engine(String kind, Settings settings, ChangeSource.Factory standard) {
        String prefix = kind + ENGINE;
        Map<String, ChangeSource.Factory> engines = new TreeMap<>();
        sources.forEach((identifier, factory) -> {
            if (identifier.startsWith(prefix)) {
                engines.put(identifier.substring(prefix.length()), factory);
            }
        });
        if (engines.isEmpty() || !settings.has("engine")) {
            return standard;
        }
        String name = settings.text("engine");
        ChangeSource.Factory engine = engines.get(name);
        if (engine == null) {
            settings.problem("engine", unknown("engine", name, engines));
            return standard;
        }
        return engine;
    }

    private Optional<PipelineDefinition.Relaying> relay(Settings top) {
        if (!top.has("relay")) {
            return Optional.empty();
        }
        return only(top.section("relay"), "kind of relay", relays)
                .map(only -> new PipelineDefinition.Relaying(
                        only.kind(),
                        only.settings().flag("required", false),
                        only.factory().create(only.settings())));
    }

    private Optional<PipelineDefinition.Output> transactions(
            String pipeline, Settings top, List<PipelineDefinition.Stream> streams) {
        if (!top.has("transactions")) {
            return Optional.empty();
        }
        if (streams.stream().anyMatch(stream -> stream.program().id().equals(Boundaries.ID))) {
            top.problem("transactions", "a stream has that name already: give the stream another one");
        }
        return only(top.section("transactions"), "kind of output", sinks)
                .map(only -> new PipelineDefinition.Output(
                        only.kind(),
                        only.settings().flag("required", false),
                        only.factory().create(pipeline, Boundaries.ID, only.settings())));
    }

    /** @param usual unless it is said */
    private static LogSettings log(Settings section, Durability usual) {
        Path path = Path.of(section.text("path", "data/log"));
        LogSettings defaults = LogSettings.at(path);
        Settings retention = section.section("retention");
        // A budget alone bounds what else would be larger.
        long bound = section.size("budget", Long.MAX_VALUE);
        long segmentSize =
                section.size("segment_size", Math.max(LEAST_SEGMENT, Math.min(defaults.segmentSize(), bound / 8)));
        long retentionSize = retention.size("size", Math.min(defaults.retentionSize(), bound / 6 * 5));
        long budget = section.size("budget", Math.max(retentionSize + retentionSize / 5, 2 * segmentSize));
        Durability durability = section.choice("durability", usual);
        OverBudget overBudget = section.choice("over_budget", defaults.overBudget());
        var age = retention.duration("age", defaults.retentionAge());
        if (segmentSize < LEAST_SEGMENT || segmentSize > MOST_SEGMENT) {
            section.problem("segment_size", "must lie within 4KB and 1GB");
            return defaults;
        }
        if (budget < retentionSize) {
            section.problem("budget", tooSmall(budget, "the retention's size of ", retentionSize, 1));
            return defaults;
        }
        if (budget < 2 * segmentSize) {
            section.problem("budget", tooSmall(budget, "two segments of ", segmentSize, 2));
            return defaults;
        }
        return new LogSettings(path, durability, segmentSize, age, retentionSize, budget, overBudget);
    }

    /** Whoever has a feed has a state, unless that is off: its subscribers begin with the rows as they are. */
    private static Optional<StateSettings> state(
            Settings top, LogSettings log, List<PipelineDefinition.Stream> streams) {
        Path usual = log.path().toAbsolutePath().resolveSibling("state");
        StateSettings settings = new StateSettings(usual, log.path(), StateSettings.USUAL_MEMORY);
        if (!top.has("state")) {
            return streams.stream().anyMatch(PipelineDefinition.Stream::feed)
                    ? Optional.of(settings)
                    : Optional.empty();
        }
        if (!top.isSection("state")) {
            if (!top.text("state").equals("off")) {
                top.problem("state", "is 'off', or a section with 'path' and 'memory'");
            }
            return Optional.empty();
        }
        Settings section = top.section("state");
        Path path = section.optionalText("path").map(Path::of).orElse(usual);
        long memory = section.size("memory", StateSettings.USUAL_MEMORY);
        if (memory < StateSettings.LEAST_MEMORY) {
            section.problem("memory", "must be %s at least".formatted(Settings.spelled(StateSettings.LEAST_MEMORY)));
            return Optional.of(settings);
        }
        return Optional.of(new StateSettings(path, log.path(), memory));
    }

    private static String tooSmall(long budget, String what, long size, int times) {
        return "%s cannot hold %s%s; give it %s at least, or them less"
                .formatted(Settings.spelled(budget), what, Settings.spelled(size), Settings.spelled(times * size));
    }

    private List<PipelineDefinition.Stream> streams(String pipeline, Settings top) {
        Settings section = top.section("streams");
        List<PipelineDefinition.Stream> streams = new ArrayList<>();
        section.sections().forEach((name, settings) -> {
            try {
                streams.add(stream(pipeline, new StreamId(name), settings));
            } catch (IllegalArgumentException e) {
                section.problem(name, String.valueOf(e.getMessage()));
            }
        });
        // Who relays may leave the streams to others.
        if (streams.isEmpty() && section.keys().isEmpty() && !top.has("relay")) {
            top.problem("'streams' is missing; name at least one, with the table that it is made from below 'from'");
        }
        return streams;
    }

    private PipelineDefinition.Stream stream(String pipeline, StreamId id, Settings settings) {
        StreamProgram program = StreamProgram.read(id, settings);
        if (!settings.has("to")) {
            return new PipelineDefinition.Stream(program, true, false, List.of());
        }
        boolean feed = false;
        boolean textualBigints = false;
        List<PipelineDefinition.Output> outputs = new ArrayList<>();
        Settings to = settings.section("to");
        for (Map.Entry<String, Settings> target : to.sections().entrySet()) {
            String kind = target.getKey();
            Sink.Factory factory = sinks.get(kind);
            if (kind.equals(FEED)) {
                feed = true;
                textualBigints = target.getValue().choice("bigint", Bigint.NUMBER) == Bigint.STRING;
            } else if (factory != null) {
                boolean required = target.getValue().flag("required", false);
                outputs.add(
                        new PipelineDefinition.Output(kind, required, factory.create(pipeline, id, target.getValue())));
            } else {
                target.getValue().keys().forEach(target.getValue()::has);
                to.problem(kind, unknown("kind of output", kind, sinks) + " and feed");
            }
        }
        return new PipelineDefinition.Stream(program, feed, textualBigints, outputs);
    }

    private static String unknown(String what, String kind, Map<String, ?> known) {
        return "unknown %s '%s'; %sknown: %s"
                .formatted(
                        what,
                        kind,
                        Settings.nearest(kind, known.keySet())
                                .map("did you mean '%s'? "::formatted)
                                .orElse(""),
                        known(known));
    }

    private static String known(Map<String, ?> kinds) {
        return kinds.keySet().stream()
                .filter(kind -> !kind.contains(ENGINE))
                .sorted()
                .collect(Collectors.joining(", "));
    }
}
