package io.deltastreams.pipeline;

import io.deltastreams.change.StreamId;
import io.deltastreams.codec.Codec;
import io.deltastreams.settings.InvalidSettings;
import io.deltastreams.sink.Sink;
import io.deltastreams.source.ChangeSource;
import io.deltastreams.stream.DeltaStream;
import io.deltastreams.stream.DeltaStreams;
import io.quarkus.runtime.LaunchMode;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.common.annotation.Identifier;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Any;
import jakarta.enterprise.inject.Instance;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import org.eclipse.microprofile.config.Config;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The one pipeline of this service: reads its file at the start, runs it, and drains it at the end. A file that cannot be used ends the start
 * with exit code 2; in dev mode it is waited for until it can.
 */
@ApplicationScoped
public class Pipeline implements DeltaStreams {

    private static final Logger LOG = Logger.getLogger(Pipeline.class);
    private static final int UNUSABLE = 2;

    /** After the messaging channels, which start at {@code LIBRARY_BEFORE}, and after the demo. */
    private static final int AFTER_CHANNELS = 2500;

    private final PipelineConfig config;
    private final Config environment;
    private final DefinitionReader reader;
    private final CapturedChannel channel;
    private final Codec codec;
    private final Executor blocking;
    private volatile @Nullable Run run;
    private @Nullable FileWatch watch;

    Pipeline(
            PipelineConfig config,
            Config environment,
            @Any Instance<ChangeSource.Factory> sources,
            @Any Instance<Sink.Factory> sinks,
            CapturedChannel channel,
            @Identifier("json") Codec codec,
            @Identifier(Threads.BLOCKING) Executor blocking) {
        this.config = config;
        this.environment = environment;
        this.reader = new DefinitionReader(byIdentifier(sources), byIdentifier(sinks));
        this.channel = channel;
        this.codec = codec;
        this.blocking = blocking;
    }

    private static <T> Map<String, T> byIdentifier(Instance<T> beans) {
        Map<String, T> kinds = new HashMap<>();
        for (Instance.Handle<T> handle : beans.handles()) {
            handle.getBean().getQualifiers().stream()
                    .filter(Identifier.class::isInstance)
                    .forEach(qualifier -> kinds.put(((Identifier) qualifier).value(), handle.get()));
        }
        return kinds;
    }

    void start(@Observes @Priority(AFTER_CHANNELS) StartupEvent started) {
        boolean dev = LaunchMode.current() == LaunchMode.DEVELOPMENT;
        String trouble = open();
        if (dev) {
            watch = FileWatch.start(config.file(), this::restart);
        }
        if (trouble != null) {
            tell(trouble);
            if (!dev) {
                Quarkus.asyncExit(UNUSABLE);
            }
        }
    }

    /** Starts a run of the file as it is now, or says why that cannot be. */
    private @Nullable String open() {
        Path file = config.file();
        try {
            PipelineDefinition definition = reader.read(
                    file.toString(),
                    Files.readString(file),
                    name -> environment.getOptionalValue(name, String.class).orElse(null));
            Run opened = new Run(definition, channel.handover(), codec, blocking, this::invalid);
            run = opened;
            opened.start();
            return null;
        } catch (NoSuchFileException _) {
            return "%s: there is no such pipeline file; write one (README.md shows how) or name another in DELTA_STREAMS_FILE"
                    .formatted(file.toAbsolutePath());
        } catch (InvalidSettings e) {
            return e.getMessage();
        } catch (IOException e) {
            return "%s: %s".formatted(file, e.getMessage());
        }
    }

    private void invalid(InvalidPipeline e) {
        tell(config.file() + ": " + e.getMessage());
        if (LaunchMode.current() != LaunchMode.DEVELOPMENT) {
            Quarkus.asyncExit(UNUSABLE);
        }
    }

    private static void tell(@Nullable String trouble) {
        LOG.errorf("the pipeline cannot run%n%s", trouble);
    }

    private synchronized void restart() {
        LOG.infof("pipeline=%s state=restarting cause=\"the file changed\"", config.file());
        close();
        String trouble = open();
        if (trouble != null) {
            tell(trouble);
        }
    }

    void stop(@Observes ShutdownEvent stopped) {
        if (watch != null) {
            watch.close();
        }
        close();
    }

    private synchronized void close() {
        Run closing = run;
        run = null;
        if (closing != null) {
            closing.drain(config.drain());
        }
    }

    /** How it stands; empty while nothing runs. */
    public Optional<PipelineStatus> status() {
        return Optional.ofNullable(run).map(Run::status);
    }

    @Override
    public List<DeltaStream> all() {
        Run now = run;
        return now == null ? List.of() : now.streams();
    }

    @Override
    public boolean hasFeed(StreamId stream) {
        Run now = run;
        return now != null && now.hasFeed(stream);
    }

    @Override
    public boolean hasTextualBigints(StreamId stream) {
        Run now = run;
        return now != null && now.hasTextualBigints(stream);
    }
}
