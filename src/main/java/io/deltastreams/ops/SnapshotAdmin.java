package io.deltastreams.ops;

import io.deltastreams.pipeline.Pipeline;
import io.deltastreams.source.TableSnapshots;
import io.deltastreams.source.TableSnapshots.Reason;
import io.deltastreams.source.TableSnapshots.Refused;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.common.annotation.Blocking;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jboss.resteasy.reactive.ResponseStatus;
import org.jboss.resteasy.reactive.RestResponse;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;

/**
 * {@code /admin/snapshots}: reads captured tables again while changes go on coming. Only JSON is taken, so that a page of another origin cannot ask for
 * it behind its reader's back.
 */
@Path("/admin/snapshots")
@Blocking
@Produces(MediaType.APPLICATION_JSON)
public class SnapshotAdmin extends SnapshotCancel {

    private static final String PROBLEM = "application/problem+json";
    private static final int AGAIN_SECONDS = 5;
    private static final int ACCEPTED = 202;
    private static final String EXAMPLE = "{\"tables\": [\"public.orders\"]}";

    SnapshotAdmin(Pipeline pipeline) {
        super(pipeline);
    }

    /**
     * @param message what is wrong and what would be right; empty while all is well
     * @param tables asked for since the source was started, in their order
     */
    public record StatusView(boolean paused, String message, List<TableView> tables) {}

    /** @param expected rows by the database's estimate */
    public record TableView(String table, String state, long rows, long expected) {}

    /** RFC 9457. */
    @RegisterForReflection
    public record ProblemView(String type, String title, int status, String detail) {}

    @GET
    public StatusView status() throws Refused {
        return view(pipeline.snapshots());
    }

    /** Answers when the request would survive a crash. */
    @POST
    @Consumes(MediaType.APPLICATION_JSON)
    @ResponseStatus(ACCEPTED)
    public StatusView request(String body) throws Refused, InterruptedException {
        List<String> tables = tables(body);
        TableSnapshots snapshots = pipeline.snapshots();
        snapshots.request(tables);
        return view(snapshots);
    }

    @POST
    @Path("/pause")
    @Consumes(MediaType.APPLICATION_JSON)
    public StatusView pause() throws Refused, InterruptedException {
        TableSnapshots snapshots = pipeline.snapshots();
        snapshots.pause();
        return view(snapshots);
    }

    @POST
    @Path("/resume")
    @Consumes(MediaType.APPLICATION_JSON)
    public StatusView resume() throws Refused, InterruptedException {
        TableSnapshots snapshots = pipeline.snapshots();
        snapshots.resume();
        return view(snapshots);
    }

    private static List<String> tables(String body) throws Refused {
        try {
            JsonObject json = new JsonObject(body);
            if (json.fieldNames().equals(Set.of("tables"))
                    && json.getValue("tables") instanceof JsonArray tables
                    && !tables.isEmpty()
                    && tables.stream().allMatch(String.class::isInstance)) {
                return tables.stream().map(String.class::cast).toList();
            }
        } catch (DecodeException _) {
            throw new Refused(Reason.WRONG, "the body is no JSON; it must look like " + EXAMPLE);
        }
        throw new Refused(Reason.WRONG, "the body must name at least one table, and nothing else: " + EXAMPLE);
    }

    static StatusView view(TableSnapshots snapshots) {
        TableSnapshots.Status status = snapshots.status();
        return new StatusView(
                status.paused(),
                status.message(),
                status.tables().stream()
                        .map(table -> new TableView(
                                table.table().text(),
                                table.state().name().toLowerCase(Locale.ROOT),
                                table.rows(),
                                table.expected()))
                        .toList());
    }

    @ServerExceptionMapper
    RestResponse<ProblemView> refused(Refused why) {
        RestResponse.Status status = switch (why.reason()) {
            case WRONG -> RestResponse.Status.BAD_REQUEST;
            case UNSUPPORTED -> RestResponse.Status.NOT_IMPLEMENTED;
            case LATER -> RestResponse.Status.SERVICE_UNAVAILABLE;
        };
        ProblemView problem = new ProblemView(
                "about:blank", status.getReasonPhrase(), status.getStatusCode(), String.valueOf(why.getMessage()));
        RestResponse.ResponseBuilder<ProblemView> response =
                RestResponse.ResponseBuilder.create(status, problem).header(HttpHeaders.CONTENT_TYPE, PROBLEM);
        if (why.reason() == Reason.LATER) {
            response.header(HttpHeaders.RETRY_AFTER, AGAIN_SECONDS);
        }
        return response.build();
    }
}
