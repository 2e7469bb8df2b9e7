package io.deltastreams.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.marcnuri.helm.LintResult;
import io.deltastreams.deploy.Chart.Variant;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscaler;
import io.fabric8.kubernetes.api.model.batch.v1.CronJob;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.openshift.api.model.monitoring.v1.PrometheusRule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ChartTest {

    /** The service drains for so long after SIGTERM. */
    private static final int DRAIN_SECONDS = 10;

    @TempDir
    Path scratch;

    @ParameterizedTest
    @EnumSource
    void helm_has_no_objection(Variant variant) throws IOException {
        LintResult result = Chart.lint(scratch, variant);

        assertThat(result.isFailed()).as(result.getMessages().toString()).isFalse();
        assertThat(result.getMessages()).noneMatch(message -> message.contains("WARNING"));
    }

    @ParameterizedTest
    @EnumSource
    void kubernetes_types_take_every_field(Variant variant) {
        assertThat(Chart.manifests(variant)).isNotEmpty();
    }

    @Test
    void a_field_that_kubernetes_does_not_know_is_refused_and_so_is_a_number_for_a_text() {
        assertThatThrownBy(() -> Manifest.all("f", "{apiVersion: v1, kind: Service, spec: {clusterIp: None}}"))
                .hasMessageContaining("clusterIp");
        assertThatThrownBy(() -> Manifest.all("f", "{apiVersion: v1, kind: ConfigMap, data: {n: 1}}"))
                .hasMessageContaining("String");
        assertThatThrownBy(() -> Manifest.all("f", "{apiVersion: apps/v1, kind: Deployment, spec: {replicas: '2'}}"))
                .hasMessageContaining("replicas");
        assertThatThrownBy(() -> Manifest.all("f", "{apiVersion: v2, kind: Service}"))
                .hasMessageContaining("no such kind");
    }

    @Test
    void all_that_can_be_switched_on_is_there() {
        List<Manifest> manifests = Chart.manifests(Variant.EVERYTHING);

        assertThat(manifests.stream().map(Manifest::kind).collect(Collectors.toSet()))
                .isEqualTo(Set.of(
                        "ServiceAccount",
                        "ConfigMap",
                        "StatefulSet",
                        "Deployment",
                        "Service",
                        "Ingress",
                        "CronJob",
                        "PersistentVolumeClaim",
                        "HorizontalPodAutoscaler",
                        "PodDisruptionBudget",
                        "NetworkPolicy",
                        "ServiceMonitor",
                        "PrometheusRule"));
        assertThat(Chart.manifests(Variant.STANDBY).stream().map(Manifest::kind).collect(Collectors.toSet()))
                .isEqualTo(Set.of("ConfigMap", "StatefulSet", "Service"));
        assertThat(manifests.stream().map(manifest -> manifest.kind() + " " + manifest.name()))
                .doesNotHaveDuplicates();
    }

    @ParameterizedTest
    @EnumSource
    void every_pod_may_do_nothing_but_its_work(Variant variant) {
        List<Pod> pods = Pod.of(Chart.manifests(variant));

        assertThat(pods).isNotEmpty().allSatisfy(Pod::mayDoNothingButItsWork);
    }

    @ParameterizedTest
    @EnumSource
    void every_pod_has_time_to_drain(Variant variant) {
        assertThat(Pod.of(Chart.manifests(variant))).allSatisfy(pod -> {
            long before = pod.container().getLifecycle() == null
                    ? 0
                    : pod.container().getLifecycle().getPreStop().getSleep().getSeconds();
            assertThat(pod.spec().getTerminationGracePeriodSeconds()).isGreaterThan(before + DRAIN_SECONDS);
        });
    }

    @ParameterizedTest
    @EnumSource
    void what_runs_on_is_probed(Variant variant) {
        List<Container> containers = Pod.of(Chart.manifests(variant)).stream()
                .filter(pod -> !pod.kind().equals("CronJob"))
                .map(Pod::container)
                .toList();

        assertThat(containers).isNotEmpty().allSatisfy(container -> {
            assertThat(path(container.getStartupProbe())).isEqualTo("/q/health/live");
            assertThat(path(container.getLivenessProbe())).isEqualTo("/q/health/live");
            assertThat(path(container.getReadinessProbe())).isEqualTo("/q/health/ready");
        });
    }

    private static String path(Probe probe) {
        assertThat(probe.getHttpGet().getPort().getStrVal()).isEqualTo("http");
        return probe.getHttpGet().getPath();
    }

    @ParameterizedTest
    @EnumSource
    void selectors_find_their_pods_and_nobody_elses(Variant variant) {
        List<Manifest> manifests = Chart.manifests(variant);
        List<Pod> pods = Pod.of(manifests);

        assertThat(pods).allSatisfy(pod -> assertThat(pod.labels()).containsAllEntriesOf(pod.selector()));
        assertThat(Selecting.of(manifests))
                .isNotEmpty()
                .allSatisfy(selecting -> assertThat(pods)
                        .filteredOn(pod -> pod.labels()
                                .entrySet()
                                .containsAll(selecting.selector().entrySet()))
                        .as(selecting.toString())
                        .hasSize(1)
                        .allSatisfy(pod -> assertThat(pod.labels())
                                .containsEntry("app.kubernetes.io/component", selecting.component())));
    }

    /** What chooses pods by their labels, beside those that make them. */
    private record Selecting(String what, String component, Map<String, String> selector) {
        static List<Selecting> of(List<Manifest> manifests) {
            return manifests.stream()
                    .flatMap(manifest -> switch (manifest.object()) {
                        case Service service ->
                            Stream.of(new Selecting(
                                    manifest.toString(),
                                    component(manifest),
                                    service.getSpec().getSelector()));
                        case PodDisruptionBudget budget ->
                            Stream.of(new Selecting(
                                    manifest.toString(),
                                    component(manifest),
                                    budget.getSpec().getSelector().getMatchLabels()));
                        case NetworkPolicy policy ->
                            Stream.of(new Selecting(
                                    manifest.toString(),
                                    component(manifest),
                                    policy.getSpec().getPodSelector().getMatchLabels()));
                        default -> Stream.empty();
                    })
                    .toList();
        }

        private static String component(Manifest manifest) {
            return String.valueOf(manifest.object().getMetadata().getLabels().get("app.kubernetes.io/component"));
        }
    }

    @Test
    void secrets_are_only_named() {
        assertThat(Pod.of(Chart.manifests(Variant.EVERYTHING))).allSatisfy(pod -> {
            assertThat(List.of("KAFKA_SASL_JAAS_CONFIG", "MASK_KEY"))
                    .allSatisfy(name -> assertThat(secret(pod, name)).isNotEmpty());
            assertThat(pod.container().getEnv())
                    .filteredOn(variable -> variable.getName().equals("DATABASE_URL"))
                    .hasSize(pod.component().equals("serve") ? 0 : 1)
                    .allSatisfy(variable ->
                            assertThat(secret(pod, variable.getName())).isEqualTo("shop-database"));
            assertThat(pod.container().getEnv())
                    .contains(new EnvVar("DELTA_STREAMS_FEED_MAX_SUBSCRIBERS", "5000", null));
        });
        assertThat(Chart.manifests(Variant.EVERYTHING))
                .noneMatch(manifest -> manifest.kind().equals("Secret"));
    }

    /** The Secret that a variable comes from, which has no value beside. */
    private static String secret(Pod pod, String name) {
        EnvVar variable = pod.container().getEnv().stream()
                .filter(some -> some.getName().equals(name))
                .findFirst()
                .orElseThrow();
        assertThat(variable.getValue()).isNull();
        return variable.getValueFrom().getSecretKeyRef().getName();
    }

    @Test
    void values_that_cannot_be_meant_are_refused() throws IOException {
        assertRefused("kafka: { env: { KAFKA_SSL_KEYSTORE_PASSWORD: x } }", "KAFKA_SSL_KEYSTORE_PASSWORD");
        assertRefused("env: { DATABASE_URL: 'postgresql://a:b@c/d' }", "DATABASE_URL");
        assertRefused("capture: { terminationGracePeriodSeconds: 5 }", "terminationGracePeriodSeconds");
        assertRefused("capture: { replicas: 3 }", "replicas");
        assertRefused("batch: { enabled: true }", "both want the slot delta_streams");
    }

    private void assertRefused(String values, String named) throws IOException {
        Path file = Files.writeString(scratch.resolve("values.yaml"), values);
        assertThatThrownBy(() -> Chart.render(file)).hasMessageContaining(named);
    }

    @Test
    void capture_is_one_and_keeps_its_log() {
        StatefulSet capture = Manifest.of(StatefulSet.class, Chart.manifests(Variant.DEFAULTS))
                .getFirst();

        assertThat(capture.getSpec().getReplicas()).isEqualTo(1);
        assertThat(capture.getSpec().getUpdateStrategy().getType()).isEqualTo("RollingUpdate");
        assertThat(capture.getSpec().getVolumeClaimTemplates()).hasSize(1);
        assertThat(capture.getSpec().getPersistentVolumeClaimRetentionPolicy().getWhenDeleted())
                .isEqualTo("Retain");
    }

    @Test
    void a_standby_that_is_never_ready_holds_up_nothing() {
        List<Manifest> manifests = Chart.manifests(Variant.STANDBY);
        StatefulSet capture = Manifest.of(StatefulSet.class, manifests).getFirst();
        Service pods = Manifest.of(Service.class, manifests).stream()
                .filter(service ->
                        service.getMetadata().getName().equals(capture.getSpec().getServiceName()))
                .findFirst()
                .orElseThrow();

        assertThat(capture.getSpec().getReplicas()).isEqualTo(2);
        assertThat(capture.getSpec().getPodManagementPolicy()).isEqualTo("Parallel");
        assertThat(capture.getSpec().getUpdateStrategy().getType()).isEqualTo("OnDelete");
        assertThat(pods.getSpec().getClusterIP()).isEqualTo("None");
        assertThat(pods.getSpec().getPublishNotReadyAddresses()).isTrue();
        assertThat(capture.getSpec()
                        .getTemplate()
                        .getSpec()
                        .getAffinity()
                        .getPodAntiAffinity()
                        .getRequiredDuringSchedulingIgnoredDuringExecution())
                .hasSize(1);
    }

    @Test
    void serve_keeps_nothing_and_its_number_is_left_to_the_autoscaler() {
        List<Manifest> manifests = Chart.manifests(Variant.DEFAULTS);
        Deployment serve = Manifest.of(Deployment.class, manifests).getFirst();
        HorizontalPodAutoscaler scaler =
                Manifest.of(HorizontalPodAutoscaler.class, manifests).getFirst();

        assertThat(serve.getSpec().getReplicas()).isNull();
        assertThat(scaler.getSpec().getScaleTargetRef().getName())
                .isEqualTo(serve.getMetadata().getName());
        assertThat(serve.getSpec().getTemplate().getSpec().getVolumes())
                .filteredOn(volume -> volume.getName().equals("data"))
                .allSatisfy(volume ->
                        assertThat(volume.getEmptyDir().getSizeLimit()).isNotNull())
                .hasSize(1);
    }

    @Test
    void a_batch_runs_alone_and_until_it_has_caught_up() {
        CronJob batch =
                Manifest.of(CronJob.class, Chart.manifests(Variant.EVERYTHING)).getFirst();
        var pod = batch.getSpec().getJobTemplate().getSpec().getTemplate().getSpec();

        assertThat(batch.getSpec().getConcurrencyPolicy()).isEqualTo("Forbid");
        assertThat(pod.getRestartPolicy()).isEqualTo("OnFailure");
        assertThat(pod.getContainers().getFirst().getArgs()).containsExactly("--until", "caught-up");
    }

    @Test
    void only_http_comes_in_and_only_what_is_needed_goes_out() {
        assertThat(Manifest.of(NetworkPolicy.class, Chart.manifests(Variant.DEFAULTS)))
                .hasSize(2)
                .allSatisfy(policy -> {
                    boolean capture = policy.getMetadata().getName().endsWith("capture");
                    assertThat(policy.getSpec().getPolicyTypes()).containsExactly("Ingress", "Egress");
                    assertThat(policy.getSpec().getIngress().getFirst().getPorts())
                            .hasSize(1)
                            .allSatisfy(port ->
                                    assertThat(port.getPort().getStrVal()).isEqualTo("http"));
                    assertThat(policy.getSpec().getEgress().stream()
                                    .flatMap(rule -> rule.getPorts().stream())
                                    .map(port -> port.getPort().getIntVal()))
                            .containsExactlyElementsOf(capture ? List.of(53, 53, 5432, 9092) : List.of(53, 53, 9092));
                });
    }

    @Test
    void the_alerts_are_those_of_the_rules_file() {
        PrometheusRule rule = Manifest.of(PrometheusRule.class, Chart.manifests(Variant.EVERYTHING))
                .getFirst();

        assertThat(rule.getSpec().getGroups().stream()
                        .flatMap(group -> group.getRules().stream())
                        .map(alert -> alert.getAlert()))
                .containsExactlyElementsOf(
                        Alerts.all().stream().map(Alerts.Alert::name).toList());
    }

    @Test
    void its_version_is_the_projects() throws IOException {
        String pom = Files.readString(Path.of("pom.xml"));

        assertThat(pom)
                .contains("<version>%s</version>\n  <name>Delta Streams</name>"
                        .formatted(
                                Values.read(Chart.FOLDER.resolve("Chart.yaml")).get("appVersion")));
    }
}
