package io.deltastreams.pipeline;

import io.deltastreams.codec.Codec;
import io.deltastreams.feed.FedStream;
import io.deltastreams.feed.FedStreams;
import io.deltastreams.settings.InvalidSettings;
import io.deltastreams.sink.DeadLetterBox;
import io.deltastreams.sink.Relay;
import io.deltastreams.sink.Sink;
import io.deltastreams.source.ChangeSource;
import io.deltastreams.source.TableSnapshots;
import io.deltastreams.source.TableSnapshots.Reason;
import io.deltastreams.source.TableSnapshots.Refused;
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
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
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
public class Pipeline implements FedStreams {

    private static final Logger LOG = Logger.getLogger(Pipeline.class);
    private static final int UNUSABLE = 2;
    private static final int FAILED = 1;
    private static final int LATE = 75;
    private static final Duration LOOK = Duration.ofMillis(100);

    /** After the messaging channels, which start at {@code LIBRARY_BEFORE}, and after the demo. */
    private static final int AFTER_CHANNELS = 2500;

    private final PipelineConfig config;
    private final Config environment;
    private final DefinitionReader reader;
    private final CapturedChannel channel;
    private final Codec codec;
    private final Executor blocking;
    private volatile @Nullable Run run;
    /** Of a run that is to end by itself. */
    private volatile @Nullable CaughtUp watched;

    private volatile @Nullable String trouble;
    private @Nullable FileWatch watch;

    Pipeline(
            PipelineConfig config,
            Config environment,
            @Any Instance<ChangeSource.Factory> sources,
            @Any Instance<Sink.Factory> sinks,
            @Any Instance<Relay.Factory> relays,
            @Any Instance<DeadLetterBox.Factory> boxes,
            CapturedChannel channel,
            @Identifier("json") Codec codec,
            @Identifier(Threads.BLOCKING) Executor blocking) {
        this.config = config;
        this.environment = environment;
        this.reader = new DefinitionReader(
                byIdentifier(sources), byIdentifier(sinks), byIdentifier(relays), byIdentifier(boxes));
        this.channel = channel;
        this.codec = codec;
        this.blocking = blocking;
    }

    static <T> Map<String, T> byIdentifier(Instance<T> beans) {
        Map<String, T> kinds = new HashMap<>();
        for (Instance.Handle<T> handle : beans.handles()) {
            handle.getBean().getQualifiers().stream()
                    .filter(Identifier.class::isInstance)
                    .forEach(qualifier -> kinds.put(((Identifier) qualifier).value(), handle.get()));
        }
        return kinds;
    }

    void start(@Observes @Priority(AFTER_CHANNELS) StartupEvent started) {
        Optional<String> until = config.until();
        if (until.isPresent() && !until.get().equals(Main.CAUGHT_UP)) {
            LOG.errorf("DELTA_STREAMS_UNTIL: '%s' is nothing to run until; write caught-up", until.get());
            Quarkus.asyncExit(Main.MISUSED);
            return;
        }
        open();
        if (until.isPresent()) {
            Thread.ofVirtual().name("delta-streams-until").start(this::untilCaughtUp);
        }
        if (LaunchMode.current() == LaunchMode.DEVELOPMENT) {
            watch = FileWatch.start(config.file(), this::restart);
        }
    }

    /** Starts a run of the file as it is now, or tells why that cannot be. */
    private void open() {
        trouble = null;
        Path file = config.file();
        try {
            PipelineDefinition definition = reader.read(
                    file.toString(),
                    Files.readString(file),
                    name -> environment.getOptionalValue(name, String.class).orElse(null));
            Run opened = new Run(definition, channel.handover(), codec, blocking, this::invalid, this::leave);
            watched = config.until().isPresent() ? opened.caughtUp() : null;
            run = opened;
            opened.start();
        } catch (NoSuchFileException _) {
            refuse(
                    "%s: there is no such pipeline file; write one (README.md shows how) or name another in DELTA_STREAMS_FILE"
                            .formatted(file.toAbsolutePath()));
        } catch (InvalidSettings e) {
            refuse(String.valueOf(e.getMessage()));
        } catch (IOException e) {
            refuse("%s: %s".formatted(file, said(e)));
        }
    }

    /** The file system's own exceptions name the file and mostly nothing else. */
    private static String said(IOException e) {
        return switch (e) {
            case FileAlreadyExistsException there -> there.getFile() + " is there and is no folder";
            case AccessDeniedException denied -> denied.getFile() + " may not be read or written by this user";
            case CharacterCodingException _ -> "it is not text in UTF-8";
            default -> String.valueOf(e.getMessage());
        };
    }

    private void invalid(InvalidPipeline e) {
        refuse(config.file() + ": " + e.getMessage());
    }

    private void refuse(String why) {
        trouble = why;
        LOG.errorf("the pipeline cannot run%n%s", why);
        if (LaunchMode.current() != LaunchMode.DEVELOPMENT) {
            Quarkus.asyncExit(UNUSABLE);
        }
    }

    private synchronized void restart() {
        LOG.infof("pipeline=%s state=restarting cause=\"the file changed\"", config.file());
        close();
        open();
    }

    /** Another instance captures: what this one has begun is given up, and it waits. */
    private void leave() {
        Thread.ofVirtual().name("delta-streams-standby").start(this::standBy);
    }

    private synchronized void standBy() {
        Run former = run;
        if (former == null) {
            return;
        }
        LOG.infof("pipeline=%s state=restarting cause=\"another instance captures\"", config.file());
        close();
        try {
            former.discard();
            open();
        } catch (IOException e) {
            refuse("%s: %s".formatted(config.file(), said(e)));
        }
    }

    private void untilCaughtUp() {
        Instant begun = Instant.now();
        try {
            // As an instance that waits it may begin anew.
            for (CaughtUp caughtUp = watched; caughtUp != null; caughtUp = watched) {
                Duration took = Duration.between(begun, Instant.now());
                switch (caughtUp.look()) {
                    case CaughtUp.Answer.Done(String what) -> {
                        LOG.infof("pipeline=%s state=caught-up took=%s %s", config.file(), took, what);
                        Quarkus.asyncExit(0);
                        return;
                    }
                    case CaughtUp.Answer.Failed(String why) -> {
                        LOG.errorf("pipeline=%s until=caught-up state=failed cause=\"%s\"", config.file(), why);
                        Quarkus.asyncExit(FAILED);
                        return;
                    }
                    case CaughtUp.Answer.Waiting(String forWhat) -> {
                        if (config.within()
                                .filter(most -> took.compareTo(most) > 0)
                                .isPresent()) {
                            LOG.errorf(
                                    "pipeline=%s until=caught-up state=late within=%s waits_for=\"%s\" note=\"the next run goes on there\"",
                                    config.file(), config.within().get(), forWhat);
                            Quarkus.asyncExit(LATE);
                            return;
                        }
                    }
                }
                Thread.sleep(LOOK);
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
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
        watched = null;
        if (closing != null) {
            closing.drain(config.drain());
        }
    }

    /** How it stands; empty while nothing runs. */
    public Optional<PipelineStatus> status() {
        return Optional.ofNullable(run).map(Run::status);
    }

    /**
     * How tables are read again while changes are captured.
     *
     * @throws Refused if the source cannot, or does not capture now
     */
    public TableSnapshots snapshots() throws Refused {
        Run now = run;
        if (now == null) {
            throw new Refused(
                    Reason.LATER, "the pipeline does not run: " + trouble().orElse("not started"));
        }
        return now.snapshots();
    }

    /** What streams and outputs set aside; empty while nothing runs. */
    public Optional<LetterOffice> letters() {
        return Optional.ofNullable(run).map(Run::letters);
    }

    @Override
    public Optional<String> trouble() {
        return Optional.ofNullable(trouble);
    }

    @Override
    public Optional<List<FedStream>> running() {
        return Optional.ofNullable(run).map(Run::fed);
    }
}
