package io.deltastreams.deploy;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.CoercionAction;
import com.fasterxml.jackson.databind.cfg.CoercionInputShape;
import com.fasterxml.jackson.databind.introspect.Annotated;
import com.fasterxml.jackson.databind.introspect.JacksonAnnotationIntrospector;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.type.LogicalType;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.KubernetesResource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * A Kubernetes object as it stands in a file, and as Kubernetes' own types take it: a field that they do not know, or a value of another type, is an
 * error, as it is to an API server with {@code fieldValidation: Strict}.
 */
record Manifest(String file, Map<String, Object> fields, HasMetadata object) {

    private static final ObjectMapper STRICT = JsonMapper.builder()
            .annotationIntrospector(new NothingIsTaken())
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
            // A label or an environment variable that looks like a number has to be quoted.
            .withCoercionConfig(
                    LogicalType.Textual,
                    texts -> texts.setCoercion(CoercionInputShape.Integer, CoercionAction.Fail)
                            .setCoercion(CoercionInputShape.Float, CoercionAction.Fail)
                            .setCoercion(CoercionInputShape.Boolean, CoercionAction.Fail))
            .build();

    private static final Map<String, Class<? extends HasMetadata>> KINDS =
            ServiceLoader.load(KubernetesResource.class).stream()
                    .map(ServiceLoader.Provider::type)
                    .filter(HasMetadata.class::isAssignableFrom)
                    .map(type -> type.<HasMetadata>asSubclass(HasMetadata.class))
                    .collect(Collectors.toMap(
                            type -> HasMetadata.getApiVersion(type) + " " + HasMetadata.getKind(type),
                            type -> type,
                            (first, _) -> first));

    /** The types keep fields that they do not know beside the others; without that they are refused. */
    private static final class NothingIsTaken extends JacksonAnnotationIntrospector {
        private static final long serialVersionUID = 1;

        @Override
        public Boolean hasAnySetter(Annotated method) {
            return false;
        }
    }

    /** The documents of a YAML text. */
    static List<Manifest> all(String file, String text) {
        return StreamSupport.stream(Values.yaml().loadAll(text).spliterator(), false)
                .map(document -> of(file, Values.map(document)))
                .toList();
    }

    static List<Manifest> all(Path file) {
        try {
            return all(file.toString(), Files.readString(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Manifest of(String file, Map<String, Object> fields) {
        String kind = fields.get("apiVersion") + " " + fields.get("kind");
        Class<? extends HasMetadata> type = KINDS.get(kind);
        if (type == null) {
            throw new AssertionError("%s: no such kind: %s".formatted(file, kind));
        }
        try {
            return new Manifest(file, fields, STRICT.convertValue(fields, type));
        } catch (IllegalArgumentException e) {
            throw new AssertionError("%s: %s: %s".formatted(file, kind, e.getMessage()), e);
        }
    }

    String kind() {
        return object.getKind();
    }

    String name() {
        return object.getMetadata().getName();
    }

    @Override
    public String toString() {
        return "%s %s (%s)".formatted(kind(), name(), file);
    }

    /** All objects of a type. */
    static <T extends HasMetadata> List<T> of(Class<T> type, List<Manifest> manifests) {
        return manifests.stream()
                .map(Manifest::object)
                .filter(type::isInstance)
                .map(type::cast)
                .toList();
    }

    /** All texts at the ends of the fields. */
    Stream<String> texts() {
        return texts(fields);
    }

    private static Stream<String> texts(Object value) {
        return switch (value) {
            case Map<?, ?> map -> map.values().stream().flatMap(Manifest::texts);
            case List<?> list -> list.stream().flatMap(Manifest::texts);
            case String text -> Stream.of(text);
            default -> Stream.empty();
        };
    }
}
