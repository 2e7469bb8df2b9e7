package io.deltastreams.ops;

import io.deltastreams.pipeline.Pipeline;
import io.deltastreams.pipeline.PipelineStatus;
import io.deltastreams.pipeline.PipelineStatus.Condition;
import io.deltastreams.pipeline.PipelineStatus.State;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Optional;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;
import org.eclipse.microprofile.health.Liveness;
import org.eclipse.microprofile.health.Readiness;

/**
 * Live while the log takes what is captured: only a restart helps a log whose disk has failed. Ready while the source captures. How each output
 * stands is told, but decides nothing: a broker that is away must not take the feeds offline (Invariant 5); alert on {@code
 * delta_streams_output_up}.
 */
final class Health {

    private Health() {}

    @Liveness
    @ApplicationScoped
    static class Live implements HealthCheck {

        private final Pipeline pipeline;

        Live(Pipeline pipeline) {
            this.pipeline = pipeline;
        }

        @Override
        public HealthCheckResponse call() {
            HealthCheckResponseBuilder response = HealthCheckResponse.named("log");
            Optional<String> failure =
                    pipeline.status().flatMap(status -> status.log().failure());
            failure.ifPresent(text -> response.withData("failure", text));
            return response.status(failure.isEmpty()).build();
        }
    }

    @Readiness
    @ApplicationScoped
    static class Ready implements HealthCheck {

        private final Pipeline pipeline;

        Ready(Pipeline pipeline) {
            this.pipeline = pipeline;
        }

        @Override
        public HealthCheckResponse call() {
            HealthCheckResponseBuilder response = HealthCheckResponse.named("pipeline");
            Optional<PipelineStatus> status = pipeline.status();
            if (status.isEmpty()) {
                return response.withData("pipeline", pipeline.trouble().orElse("not started"))
                        .down()
                        .build();
            }
            PipelineStatus now = status.get();
            tell(response, "source/" + now.source().kind(), now.source().condition());
            now.outputs().forEach(output -> tell(response, output.stream() + "/" + output.kind(), output.condition()));
            now.relay().ifPresent(relay -> tell(response, "relay/" + relay.kind(), relay.condition()));
            now.log().status().waiting().ifPresent(why -> response.withData("log", why));
            return response.status(now.source().condition().is(State.RUNNING)).build();
        }

        private static void tell(HealthCheckResponseBuilder response, String what, Condition condition) {
            response.withData(what, condition.toString());
        }
    }
}
