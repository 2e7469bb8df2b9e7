package io.deltastreams;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A program of the tests' in a process of its own. */
public final class Jvm {

    private Jvm() {}

    /** @param memory of its heap, {@code 512m} */
    public static ProcessBuilder of(Class<?> program, String memory, String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx" + memory,
                "-cp",
                System.getProperty("java.class.path"),
                program.getName()));
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command);
    }
}
