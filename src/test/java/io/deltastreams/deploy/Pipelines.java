package io.deltastreams.deploy;

import io.fabric8.kubernetes.api.model.ConfigMap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The pipeline files that lie in {@code deploy/}. */
public final class Pipelines {

    private static final String KEY = "delta-streams.yaml";

    private Pipelines() {}

    /** Their texts, by where they stand. */
    public static Map<String, String> all() throws IOException {
        Map<String, String> pipelines = new LinkedHashMap<>();
        Path compose = Path.of("deploy/compose", KEY);
        pipelines.put(compose.toString(), Files.readString(compose));
        add(pipelines, "defaults", Chart.manifests(Chart.Variant.DEFAULTS));
        add(pipelines, "everything", Chart.manifests(Chart.Variant.EVERYTHING));
        add(pipelines, "knative", Manifest.all(Path.of("deploy/knative/serve.yaml")));
        Map<String, Object> values = Values.read(Chart.FOLDER.resolve("values.yaml"));
        pipelines.put("batch of values.yaml", (String) Values.at(values, "batch", "pipeline"));
        return pipelines;
    }

    private static void add(Map<String, String> pipelines, String from, List<Manifest> manifests) {
        Manifest.of(ConfigMap.class, manifests).stream()
                .filter(map -> map.getData().containsKey(KEY))
                .forEach(map -> pipelines.put(
                        from + " " + map.getMetadata().getName(), map.getData().get(KEY)));
    }
}
