package io.deltastreams.nativeimage;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What the files below {@code META-INF/native-image} register, in both their forms: {@code reflect-config.json} and its kin, which Quarkus and
 * older libraries write, and {@code reachability-metadata.json} (GraalVM for JDK 25, "Reachability Metadata").
 */
final class Registered {

    private static final ObjectMapper JSON = new ObjectMapper();

    /** Members by class: {@code constructor *}, {@code method name(types)}, {@code field name}. */
    private final Map<String, Set<String>> members = new HashMap<>();

    private final Set<String> jni = new HashSet<>();
    private final Set<String> proxies = new HashSet<>();
    private final Set<String> bundles = new HashSet<>();
    private final List<Predicate<String>> resources = new ArrayList<>();

    static Registered of(ClassPath classes) throws IOException {
        Registered registered = new Registered();
        for (ClassPath.File file : classes.below("META-INF/native-image/")) {
            registered.read(file);
        }
        return registered;
    }

    void read(ClassPath.File file) throws IOException {
        String name = file.name().substring(file.name().lastIndexOf('/') + 1);
        if (!name.endsWith(".json")) {
            return;
        }
        JsonNode content;
        try (InputStream in = file.open()) {
            content = JSON.readTree(in);
        }
        switch (name) {
            case "reflect-config.json" -> content.forEach(this::type);
            case "jni-config.json" ->
                content.forEach(entry -> jni.add(entry.path("name").asText()));
            case "proxy-config.json" -> content.forEach(entry -> proxies.add(joined(entry.path("interfaces"))));
            case "resource-config.json" -> {
                content.path("resources").path("includes").forEach(entry -> {
                    Pattern pattern = Pattern.compile(entry.path("pattern").asText());
                    resources.add(resource -> pattern.matcher(resource).matches());
                });
                content.path("bundles").forEach(entry -> bundle(entry.path("name")));
            }
            case "reachability-metadata.json" -> {
                content.path("reflection").forEach(this::type);
                content.path("resources").forEach(entry -> {
                    if (entry.has("bundle")) {
                        bundle(entry.path("bundle"));
                        return;
                    }
                    PathMatcher glob = FileSystems.getDefault()
                            .getPathMatcher("glob:" + entry.path("glob").asText());
                    resources.add(resource -> glob.matches(Path.of(resource)));
                });
            }
            default -> {}
        }
    }

    private void bundle(JsonNode name) {
        bundles.add(name.asText().replaceFirst("^.*:", ""));
    }

    private void type(JsonNode entry) {
        JsonNode type = entry.has("type") ? entry.path("type") : entry.path("name");
        if (type.isObject()) {
            proxies.add(joined(type.path("proxy")));
            return;
        }
        Set<String> of = members.computeIfAbsent(type.asText(), _ -> new HashSet<>());
        if (entry.path("jniAccessible").asBoolean()) {
            jni.add(type.asText());
        }
        for (String kind : List.of("Constructors", "Methods", "Fields")) {
            if (entry.path("allDeclared" + kind).asBoolean()) {
                of.add(kind.substring(0, kind.length() - 1).toLowerCase(Locale.ROOT) + " *");
            }
        }
        entry.path("fields")
                .forEach(field -> of.add("field " + field.path("name").asText()));
        entry.path("methods").forEach(method -> {
            String name = method.path("name").asText();
            String parameters = "(" + joined(method.path("parameterTypes")) + ")";
            of.add("<init>".equals(name) ? "constructor " + parameters : "method " + name + parameters);
        });
    }

    private static String joined(JsonNode names) {
        List<String> joined = new ArrayList<>();
        names.forEach(name -> joined.add(name.asText()));
        return joined.stream().collect(Collectors.joining(","));
    }

    Set<String> types() {
        return members.keySet();
    }

    boolean hasClass(String name) {
        return members.containsKey(name);
    }

    /** @param member one of {@link Lookup#member}, {@code *} for all of the kind */
    boolean hasMember(String kind, String type, String member) {
        Set<String> of = members.getOrDefault(type, Set.of());
        return of.contains(kind + " *") || of.contains(kind + " " + member);
    }

    boolean hasJni(String type) {
        return jni.contains(type);
    }

    boolean hasProxy(String interfaces) {
        return proxies.contains(interfaces);
    }

    boolean hasBundle(String name) {
        return bundles.contains(name);
    }

    boolean hasResource(String name) {
        return resources.stream().anyMatch(resource -> resource.test(name));
    }
}
