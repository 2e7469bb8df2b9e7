package io.deltastreams.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.knative.serving.v1.RevisionSpec;
import io.fabric8.knative.serving.v1.Service;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Knative, systemd, compose and the images. */
class OtherWaysTest {

    private static final Path DEPLOY = Path.of("deploy");

    @Test
    void knative_serves_feeds_with_as_few_rights_as_the_chart() {
        List<Manifest> manifests = Manifest.all(DEPLOY.resolve("knative/serve.yaml"));
        Service service = Manifest.of(Service.class, manifests).getFirst();
        RevisionSpec revision = service.getSpec().getTemplate().getSpec();
        Container container = revision.getContainers().getFirst();

        Pod.assertRestricted(container.getSecurityContext());
        assertThat(container.getSecurityContext().getRunAsNonRoot()).isTrue();
        assertThat(container.getReadinessProbe().getHttpGet().getPath()).isEqualTo("/q/health/ready");
        assertThat(Manifest.of(ServiceAccount.class, manifests)).allSatisfy(account -> {
            assertThat(account.getMetadata().getName()).isEqualTo(revision.getServiceAccountName());
            assertThat(account.getAutomountServiceAccountToken()).isFalse();
        });
        assertThat(service.getSpec().getTemplate().getMetadata().getAnnotations())
                .containsKeys(
                        "autoscaling.knative.dev/target",
                        "autoscaling.knative.dev/min-scale",
                        "autoscaling.knative.dev/max-scale");
        assertThat(revision.getTimeoutSeconds()).isPositive();
        assertThat(container.getEnv()).noneMatch(variable -> variable.getName().equals("DATABASE_URL"));
    }

    @Test
    void systemd_takes_the_units(@TempDir Path scratch) throws Exception {
        List<String> arguments = new ArrayList<>(List.of("verify"));
        try (Stream<Path> units = Files.list(DEPLOY.resolve("systemd"))) {
            for (Path unit : units.toList()) {
                Path copy = scratch.resolve(unit.getFileName());
                // It looks for the program, which need not be there on this machine.
                Files.writeString(copy, Files.readString(unit).replace("/usr/bin/java", "/bin/true"));
                arguments.add(copy.toString());
            }
        }

        // What it only warns of, as a key that it does not know, does not fail it.
        assertThat(Tool.run("systemd-analyze", arguments.toArray(String[]::new)))
                .doesNotContain(scratch.toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"delta-streams.service", "delta-streams-batch.service"})
    void a_unit_is_hardened_and_has_time_to_drain(String unit) throws IOException {
        List<String> lines = Files.readAllLines(DEPLOY.resolve("systemd").resolve(unit));

        assertThat(lines)
                .contains(
                        "DynamicUser=yes",
                        "StateDirectory=delta-streams",
                        "ProtectSystem=strict",
                        "NoNewPrivileges=yes",
                        "CapabilityBoundingSet=",
                        "KillSignal=SIGTERM",
                        "TimeoutStopSec=20s",
                        "EnvironmentFile=/etc/delta-streams/secrets")
                .noneMatch(line -> line.startsWith("Environment=DATABASE_URL"));
    }

    @Test
    void units_say_the_same_of_what_they_may() throws IOException {
        assertThat(hardening("delta-streams.service"))
                .isNotEmpty()
                .containsExactlyElementsOf(hardening("delta-streams-batch.service"));
    }

    private static List<String> hardening(String unit) throws IOException {
        return Files.readAllLines(DEPLOY.resolve("systemd").resolve(unit)).stream()
                .filter(
                        line -> line.matches(
                                "(Protect|Private|Restrict|NoNew|Capability|Ambient|SystemCall|Lock|Remove|Proc|UMask|Limit|MemoryMax).*"))
                .toList();
    }

    @Test
    void the_service_ends_by_sigterm_and_starts_again_after_a_failure() throws IOException {
        assertThat(Files.readAllLines(DEPLOY.resolve("systemd/delta-streams.service")))
                .contains("SuccessExitStatus=143", "Restart=on-failure", "RestartPreventExitStatus=2");
        assertThat(Files.readAllLines(DEPLOY.resolve("systemd/delta-streams-batch.service")))
                .contains("Type=oneshot")
                .anyMatch(line -> line.startsWith("ExecStart=") && line.endsWith(" --until caught-up"));
    }

    @Test
    void compose_runs_what_lies_here() throws IOException {
        Map<String, Object> compose = Values.read(DEPLOY.resolve("compose.yaml"));
        Map<String, Object> service = Values.map(Values.at(compose, "services", "delta-streams"));

        assertThat(DEPLOY.resolve(String.valueOf(Values.at(service, "build", "context")))
                        .resolve(String.valueOf(Values.at(service, "build", "dockerfile"))))
                .isRegularFile();
        assertThat(mounts(compose))
                .allSatisfy(source -> assertThat(DEPLOY.resolve(source)).exists());
        assertThat(service).containsEntry("tmpfs", List.of("/tmp:exec,size=1g"));
        assertThat(service).containsEntry("read_only", true).containsEntry("cap_drop", List.of("ALL"));
        assertThat(Values.map(Values.at(service, "depends_on")).keySet())
                .allMatch(Values.map(Values.at(compose, "services"))::containsKey);
    }

    /** Files and folders of this repository that containers are given. */
    private static List<String> mounts(Map<String, Object> compose) {
        return Values.map(Values.at(compose, "services")).values().stream()
                .filter(service -> Values.map(service).containsKey("volumes"))
                .flatMap(service -> Values.list(service, "volumes").stream())
                .map(volume -> String.valueOf(volume).replaceFirst(":.*", ""))
                .filter(source -> source.startsWith("."))
                .toList();
    }

    @ParameterizedTest
    @ValueSource(strings = {"Dockerfile.jvm", "Dockerfile.native"})
    void an_image_runs_as_nobody_and_ends_by_sigterm(String file) throws IOException {
        List<String> lines = Arrays.asList(
                Files.readString(DEPLOY.resolve(file)).replace("\\\n", " ").split("\n"));

        assertThat(lines.stream()
                        .filter(line -> line.startsWith("USER "))
                        .toList()
                        .getLast())
                .matches("USER 10001(:\\d+)?");
        assertThat(lines).contains("VOLUME /data", "STOPSIGNAL SIGTERM");
        assertThat(lines)
                .anyMatch(line -> line.startsWith("ENTRYPOINT [\""))
                .noneMatch(line -> line.startsWith("CMD "));
        assertThat(lines)
                .filteredOn(line -> line.startsWith("LABEL "))
                .allSatisfy(line -> assertThat(line)
                        .contains(
                                "org.opencontainers.image.title=",
                                "org.opencontainers.image.licenses=",
                                "org.opencontainers.image.version=",
                                "org.opencontainers.image.revision="))
                .hasSize(1);
    }

    /** The context that Docker is sent has nothing but what {@code .dockerignore} excepts. */
    @ParameterizedTest
    @ValueSource(strings = {"Dockerfile.jvm", "Dockerfile.native"})
    void what_an_image_copies_is_in_the_context(String file) throws IOException {
        List<String> excepted = Files.readAllLines(Path.of(".dockerignore")).stream()
                .filter(line -> line.startsWith("!"))
                .map(line -> line.substring(1))
                .toList();

        assertThat(Files.readAllLines(DEPLOY.resolve(file)).stream()
                        .filter(line -> line.startsWith("COPY ") && !line.contains("--from="))
                        .map(line -> line.replaceFirst("^COPY (--\\S+ )*", "").replaceFirst(" .*", "")))
                .isNotEmpty()
                .allSatisfy(copied -> assertThat(excepted).anyMatch(copied::startsWith));
    }
}
