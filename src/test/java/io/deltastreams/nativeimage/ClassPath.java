package io.deltastreams.nativeimage;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.constantpool.ClassEntry;
import java.lang.classfile.constantpool.StringEntry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.stream.Stream;

/** The JARs that {@code native-image} is given: {@code target/native-sources}. */
final class ClassPath implements AutoCloseable {

    /** By name; a service's file, or a license, is in many JARs. */
    private final Map<String, List<File>> files = new HashMap<>();

    private final Map<String, Set<String>> constants = new HashMap<>();
    private final List<JarFile> jars = new ArrayList<>();

    /** A file in a JAR. */
    record File(JarFile jar, JarEntry entry) {
        String name() {
            return entry.getName();
        }

        InputStream open() throws IOException {
            return jar.getInputStream(entry);
        }
    }

    ClassPath(Path folder) throws IOException {
        try (Stream<Path> found = Files.walk(folder)) {
            for (Path path :
                    found.filter(path -> path.toString().endsWith(".jar")).toList()) {
                JarFile jar = new JarFile(path.toFile());
                jars.add(jar);
                jar.stream()
                        .filter(entry -> !entry.isDirectory())
                        .forEach(entry -> files.computeIfAbsent(entry.getName(), _ -> new ArrayList<>())
                                .add(new File(jar, entry)));
            }
        }
    }

    List<File> below(String folder) {
        return files.entrySet().stream()
                .filter(entry -> entry.getKey().startsWith(folder))
                .flatMap(entry -> entry.getValue().stream())
                .toList();
    }

    boolean hasResource(String name) {
        return files.containsKey(name);
    }

    boolean hasClass(String name) {
        return files.containsKey(file(name));
    }

    private static String file(String type) {
        return type.replace('.', '/') + ".class";
    }

    List<String> providers(String service) throws IOException {
        List<String> providers = new ArrayList<>();
        for (File file : files.getOrDefault("META-INF/services/" + service, List.of())) {
            try (BufferedReader lines = new BufferedReader(new InputStreamReader(file.open(), UTF_8))) {
                lines.lines()
                        .map(line -> line.replaceFirst("#.*", "").strip())
                        .filter(line -> !line.isEmpty())
                        .forEach(providers::add);
            }
        }
        return providers;
    }

    /** The texts and the classes that a class's code mentions, the latter by name. */
    Set<String> constants(String type) {
        return constants.computeIfAbsent(type, _ -> {
            Set<String> mentioned = new HashSet<>();
            for (File file : files.getOrDefault(file(type), List.of())) {
                try (InputStream in = file.open()) {
                    ClassFile.of().parse(in.readAllBytes()).constantPool().forEach(entry -> {
                        switch (entry) {
                            case StringEntry text -> mentioned.add(text.stringValue());
                            case ClassEntry reference ->
                                mentioned.add(reference.asInternalName().replace('/', '.'));
                            default -> {}
                        }
                    });
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
            return mentioned;
        });
    }

    @Override
    public void close() throws IOException {
        for (JarFile jar : jars) {
            jar.close();
        }
    }
}
