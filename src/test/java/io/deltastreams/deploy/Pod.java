package io.deltastreams.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.SecurityContext;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.batch.v1.CronJob;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The pods that an object makes. */
record Pod(String kind, Map<String, String> selector, Map<String, String> labels, PodSpec spec) {

    static List<Pod> of(List<Manifest> manifests) {
        return manifests.stream().flatMap(Pod::of).toList();
    }

    private static Stream<Pod> of(Manifest manifest) {
        return switch (manifest.object()) {
            case StatefulSet set ->
                Stream.of(of(
                        manifest,
                        set.getSpec().getSelector().getMatchLabels(),
                        set.getSpec().getTemplate()));
            case Deployment deployment ->
                Stream.of(of(
                        manifest,
                        deployment.getSpec().getSelector().getMatchLabels(),
                        deployment.getSpec().getTemplate()));
            case CronJob job ->
                Stream.of(of(
                        manifest,
                        Map.of(),
                        job.getSpec().getJobTemplate().getSpec().getTemplate()));
            default -> Stream.empty();
        };
    }

    private static Pod of(Manifest manifest, Map<String, String> selector, PodTemplateSpec template) {
        return new Pod(manifest.kind(), selector, template.getMetadata().getLabels(), template.getSpec());
    }

    Container container() {
        assertThat(spec.getContainers()).hasSize(1);
        return spec.getContainers().getFirst();
    }

    String component() {
        return String.valueOf(labels.get("app.kubernetes.io/component"));
    }

    /** What the Pod Security Standard {@code restricted} asks for, a root file system that is read only, and no token. */
    void mayDoNothingButItsWork() {
        assertThat(spec.getAutomountServiceAccountToken()).isFalse();
        assertThat(spec.getSecurityContext().getRunAsNonRoot()).isTrue();
        assertThat(spec.getSecurityContext().getRunAsUser()).isEqualTo(10001);
        assertThat(spec.getSecurityContext().getSeccompProfile().getType()).isEqualTo("RuntimeDefault");
        assertThat(spec.getHostNetwork()).isNull();
        assertRestricted(container().getSecurityContext());
        assertThat(spec.getVolumes())
                .filteredOn(volume -> volume.getName().equals("tmp"))
                .hasSize(1)
                .allSatisfy(volume ->
                        assertThat(volume.getEmptyDir().getSizeLimit()).isNotNull());
        assertThat(container().getVolumeMounts())
                .filteredOn(mount -> !Boolean.TRUE.equals(mount.getReadOnly()))
                .extracting(mount -> mount.getMountPath())
                .containsExactlyInAnyOrder("/data", "/tmp");
        assertThat(container().getResources().getRequests()).containsKeys("cpu", "memory");
        assertThat(container().getResources().getLimits()).containsKey("memory");
    }

    static void assertRestricted(SecurityContext context) {
        assertThat(context.getReadOnlyRootFilesystem()).isTrue();
        assertThat(context.getAllowPrivilegeEscalation()).isFalse();
        assertThat(context.getPrivileged()).isNull();
        assertThat(context.getCapabilities().getDrop()).containsExactly("ALL");
        assertThat(context.getCapabilities().getAdd()).isEmpty();
    }
}
