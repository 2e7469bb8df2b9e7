package io.deltastreams.ops;

import io.deltastreams.change.Position;
import io.deltastreams.change.StreamId;
import io.deltastreams.pipeline.LetterOffice;
import io.deltastreams.pipeline.Pipeline;
import io.smallrye.common.annotation.Blocking;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jboss.resteasy.reactive.RestPath;

/**
 * {@code /admin/dead-letters}: what streams and outputs set aside, and another try for it. Only JSON is taken, so that a page of another origin cannot
 * ask for it behind its reader's back.
 */
@Path("/admin/dead-letters")
@Blocking
@Produces(MediaType.APPLICATION_JSON)
public class DeadLetterAdmin {

    private static final String PROBLEM = "application/problem+json";
    private static final int MOST = 1000;
    private static final String EXAMPLE = "{} for all, or {\"positions\": [\"0001-00000000016b3748-00000003\"]}";

    private final Pipeline pipeline;

    DeadLetterAdmin(Pipeline pipeline) {
        this.pipeline = pipeline;
    }

    /** @param message why they are not sent on now; empty while all is well */
    public record OfficeView(String message, List<StreamView> streams) {}

    /** @param waiting letters */
    public record StreamView(String stream, int waiting) {}

    /** @param refused what still cannot be handled, and why */
    public record ReplayView(int replayed, List<RefusedView> refused) {}

    /** @param at the output that refused it, or {@code stream} */
    public record RefusedView(String at, String position, String reason) {}

    @GET
    public OfficeView all() {
        LetterOffice office = office();
        return new OfficeView(
                office.trouble(),
                office.waiting().stream()
                        .map(waiting -> new StreamView(waiting.stream().text(), waiting.letters()))
                        .toList());
    }

    /** The letters that wait, with the change of each, the oldest first. */
    @GET
    @Path("/{stream}")
    public String letters(@RestPath String stream, @QueryParam("limit") @DefaultValue("100") int limit) {
        return office().lines(id(stream), Math.clamp(limit, 1, MOST)).orElseThrow(() -> unknown(stream)).stream()
                .collect(Collectors.joining(",\n", "[", "]"));
    }

    @POST
    @Path("/{stream}/replay")
    @Consumes(MediaType.APPLICATION_JSON)
    public ReplayView replay(@RestPath String stream, String body) {
        LetterOffice.Replay replay =
                office().replay(id(stream), positions(body)).orElseThrow(() -> unknown(stream));
        return new ReplayView(
                replay.replayed(),
                replay.refused().stream()
                        .map(refused ->
                                new RefusedView(refused.at(), refused.position().toString(), refused.reason()))
                        .toList());
    }

    private LetterOffice office() {
        return pipeline.letters()
                .orElseThrow(() -> problem(
                        Response.Status.SERVICE_UNAVAILABLE,
                        "the pipeline does not run: " + pipeline.trouble().orElse("not started")));
    }

    private static StreamId id(String text) {
        try {
            return new StreamId(text);
        } catch (IllegalArgumentException _) {
            throw unknown(text);
        }
    }

    private static WebApplicationException unknown(String stream) {
        return problem(
                Response.Status.NOT_FOUND,
                "there is no stream '%s'; GET /admin/dead-letters lists them".formatted(stream));
    }

    private static WebApplicationException problem(Response.Status status, String detail) {
        SnapshotAdmin.ProblemView view =
                new SnapshotAdmin.ProblemView("about:blank", status.getReasonPhrase(), status.getStatusCode(), detail);
        return new WebApplicationException(
                Response.status(status).type(PROBLEM).entity(view).build());
    }

    private static Set<Position> positions(String body) {
        try {
            Set<Position> positions = new HashSet<>();
            JsonObject request = body == null || body.isBlank() ? new JsonObject() : new JsonObject(body);
            for (Object position : request.getJsonArray("positions", new JsonArray())) {
                positions.add(Position.parse(String.valueOf(position)));
            }
            return positions;
        } catch (DecodeException | ClassCastException | IllegalArgumentException e) {
            throw problem(Response.Status.BAD_REQUEST, "%s; write %s".formatted(e.getMessage(), EXAMPLE));
        }
    }
}
