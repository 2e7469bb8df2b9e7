package io.deltastreams.nativeimage;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * A line of {@link io.deltastreams.nativeimage.agent.Lookups}' records.
 *
 * @param kind {@code class}, {@code constructor}, {@code method}, {@code field}, {@code proxy}, {@code service}, {@code bundle},
 *     {@code resource}, {@code define}, {@code unreadable}
 * @param name of the class or the resource, the interfaces of a proxy
 * @param member {@code *} for all, {@code (types)} of a constructor, {@code name(types)} of a method, the name of a field, or empty
 */
record Lookup(String kind, String name, String member, String caller, String method) implements Comparable<Lookup> {

    static Set<Lookup> in(Path folder) throws IOException {
        Set<Lookup> lookups = new TreeSet<>();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                for (String line : Files.readAllLines(file, UTF_8)) {
                    String[] columns = line.split("\t", 5);
                    // The last line of a process that was killed may be cut off.
                    if (columns.length == 5) {
                        lookups.add(new Lookup(columns[0], columns[1], columns[2], columns[3], columns[4]));
                    }
                }
            }
        }
        return lookups;
    }

    @Override
    public int compareTo(Lookup other) {
        return toString().compareTo(other.toString());
    }

    @Override
    public String toString() {
        return "%s %s %s, looked up by %s.%s".formatted(kind, name, member, caller, method);
    }
}
