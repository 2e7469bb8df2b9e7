package io.deltastreams.packaging;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.classfile.ClassBuilder;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeElement;
import java.lang.classfile.CodeModel;
import java.lang.classfile.Instruction;
import java.lang.classfile.MethodModel;
import java.lang.classfile.MethodTransform;
import java.lang.classfile.Opcode;
import java.lang.classfile.constantpool.Utf8Entry;
import java.lang.classfile.instruction.ConstantInstruction;
import java.lang.classfile.instruction.FieldInstruction;
import java.lang.classfile.instruction.InvokeInstruction;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.function.Function;
import java.util.jar.JarFile;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Gives the classes that Quarkus generates the one form that every build of the same sources has. Quarkus' build steps run side by side and go
 * through sets whose order is new in every JVM, and that shows in what they generate:
 *
 * <ul>
 *   <li>the number in a key ({@code proxykey17}) by which one recorded step hands a value to another: keys are numbered anew, in the order of the
 *       classes' names and of their code;
 *   <li>the order in which {@code SharedConfig} enters the classes of configuration, and {@code RunTimeConfigCustomizer} hands them on, and with it
 *       the number in their fields ({@code configClass$3}): they are sorted by name;
 *   <li>the order in which settings are put into the set that the start validates: they are sorted by name, too.
 * </ul>
 *
 * <p>{@code ReproducibleIT} sees that nothing else does. Where Quarkus generates them in order itself, as it does the keys from 3.34 on, this finds
 * nothing to change and can go.
 */
final class CanonicalBytecode {

    private static final Pattern KEY = Pattern.compile("proxykey\\d+");
    private static final String SHARED_CONFIG = "io/quarkus/runtime/generated/SharedConfig";
    private static final String RUN_TIME_CONFIG = "io/quarkus/runtime/generated/RunTimeConfigCustomizer";
    private static final String CONFIG_CLASS = "configClass$";
    private static final String VALIDATION = "io/quarkus/runner/recorded/ConfigBuildStep$validateRuntimeConfigProperty";

    private static final String INITIALIZER = "<clinit>";

    // A constant pool of its own, in the order of use: the old one keeps the order of what was generated.
    private static final ClassFile FORMAT = ClassFile.of(ClassFile.ConstantPoolSharingOption.NEW_POOL);

    /** By the names that Quarkus gave. */
    private final Map<String, String> keys = new HashMap<>();

    private final Map<String, String> fields = new HashMap<>();

    private CanonicalBytecode() {}

    /**
     * Rewrites a package's {@code quarkus/generated-bytecode.jar}, in place. The class path has the package's libraries: frames are computed anew.
     *
     * @param args the JAR
     * @throws IllegalStateException what is generated is not as this program knows it; the JAR stays as it was
     */
    public static void main(String[] args) throws IOException {
        Path jar = Path.of(args[0]);
        if (Files.notExists(jar)) {
            // A build of the executable makes no package for a JVM.
            return;
        }
        SequencedMap<ZipEntry, byte[]> files = files(jar);
        Map<String, byte[]> rewritten = rewritten(classes(files));
        Path beside = jar.resolveSibling(jar.getFileName() + ".canonical");
        try (OutputStream file = Files.newOutputStream(beside);
                ZipOutputStream zip = new ZipOutputStream(file)) {
            for (Map.Entry<ZipEntry, byte[]> old : files.entrySet()) {
                ZipEntry entry = new ZipEntry(old.getKey().getName());
                entry.setTimeLocal(LocalDateTime.ofInstant(
                        old.getKey().getLastModifiedTime().toInstant(), ZoneOffset.UTC));
                zip.putNextEntry(entry);
                zip.write(rewritten.getOrDefault(entry.getName(), old.getValue()));
                zip.closeEntry();
            }
        }
        Files.move(beside, jar, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    }

    /** What a JAR holds, in its order. */
    static SequencedMap<ZipEntry, byte[]> files(Path jar) throws IOException {
        SequencedMap<ZipEntry, byte[]> files = new LinkedHashMap<>();
        try (JarFile opened = new JarFile(jar.toFile())) {
            for (ZipEntry entry : (Iterable<ZipEntry>) opened.stream().map(ZipEntry.class::cast)::iterator) {
                files.put(entry, opened.getInputStream(entry).readAllBytes());
            }
        }
        return files;
    }

    /** The class files, by their names. */
    static Map<String, byte[]> classes(Map<ZipEntry, byte[]> files) {
        return files.entrySet().stream()
                .filter(file -> file.getKey().getName().endsWith(".class"))
                .collect(Collectors.toMap(file -> file.getKey().getName(), Map.Entry::getValue));
    }

    /**
     * The classes in the canonical form, of those whose form is not the same in every build.
     *
     * @param classes class files by the names that they have in the JAR
     */
    static Map<String, byte[]> rewritten(Map<String, byte[]> classes) {
        CanonicalBytecode canonical = new CanonicalBytecode();
        List<ClassModel> varying = classes.values().stream()
                .map(FORMAT::parse)
                .filter(CanonicalBytecode::varies)
                .sorted(Comparator.comparing(CanonicalBytecode::name))
                .toList();
        varying.stream().filter(model -> name(model).equals(SHARED_CONFIG)).forEach(canonical::nameFields);
        return varying.stream().collect(Collectors.toMap(model -> name(model) + ".class", canonical::rewritten));
    }

    private static String name(ClassModel model) {
        return model.thisClass().asInternalName();
    }

    private static boolean varies(ClassModel model) {
        return name(model).startsWith(VALIDATION)
                || StreamSupport.stream(model.constantPool().spliterator(), false)
                        .anyMatch(constant -> constant instanceof Utf8Entry text
                                && (KEY.matcher(text.stringValue()).matches()
                                        || text.stringValue().startsWith(CONFIG_CLASS)));
    }

    /** Names the field that is set first as the field that is to be set first is named, and so on. */
    private void nameFields(ClassModel sharedConfig) {
        for (MethodModel method : sharedConfig.methods()) {
            if (method.methodName().equalsString(INITIALIZER)) {
                List<Instruction> code = instructions(method);
                Iterator<String> given = fieldsSet(code).iterator();
                fieldsSet(sortedConfigClasses(code)).forEach(field -> fields.put(field, given.next()));
            }
        }
    }

    private static Stream<String> fieldsSet(List<Instruction> code) {
        return code.stream()
                .filter(instruction -> instruction instanceof FieldInstruction field
                        && field.opcode() == Opcode.PUTSTATIC
                        && isConfigClass(field))
                .map(instruction -> ((FieldInstruction) instruction).name().stringValue());
    }

    private byte[] rewritten(ClassModel model) {
        return FORMAT.transformClass(model, (builder, element) -> {
            if (!(element instanceof MethodModel method) || method.code().isEmpty()) {
                builder.with(element);
            } else if (name(model).equals(SHARED_CONFIG) && method.methodName().equalsString(INITIALIZER)) {
                replace(builder, method, sortedConfigClasses(instructions(method)));
            } else if (name(model).equals(RUN_TIME_CONFIG)
                    && method.methodName().equalsString("configBuilder")) {
                replace(
                        builder,
                        method,
                        exchanged(instructions(method), this::renamedField, "withMapping", name(model)));
            } else if (name(model).startsWith(VALIDATION)) {
                replace(builder, method, exchanged(instructions(method), CanonicalBytecode::text, "add", name(model)));
            } else {
                builder.transformMethod(method, MethodTransform.transformingCode(this::write));
            }
        });
    }

    private void replace(ClassBuilder builder, MethodModel method, List<Instruction> code) {
        builder.withMethodBody(
                method.methodName().stringValue(),
                method.methodTypeSymbol(),
                method.flags().flagsMask(),
                body -> code.forEach(instruction -> write(body, instruction)));
    }

    private void write(CodeBuilder builder, CodeElement element) {
        switch (element) {
            // By the short form or the wide one, as the new pool has it.
            case ConstantInstruction constant ->
                builder.loadConstant(
                        constant.constantValue() instanceof String text
                                        && KEY.matcher(text).matches()
                                ? keys.computeIfAbsent(text, _ -> "proxykey" + keys.size())
                                : constant.constantValue());
            case FieldInstruction field
            when isConfigClass(field) ->
                builder.fieldAccess(
                        field.opcode(),
                        field.owner().asSymbol(),
                        renamedField(field).orElseThrow(),
                        field.typeSymbol());
            default -> builder.with(element);
        }
    }

    /**
     * For each class of configuration {@code SharedConfig} sets a field to it, made of the class's name and its prefix, and loads it and its parts by
     * name. No local variable is used, so each can stand anywhere among them.
     */
    private static List<Instruction> sortedConfigClasses(List<Instruction> instructions) {
        List<Integer> begins = IntStream.range(0, instructions.size() - 2)
                .filter(at -> isCall(instructions.get(at + 2), "configClass"))
                .boxed()
                .toList();
        int end = begins.getLast();
        for (int at = end; at < instructions.size(); at++) {
            if (isCall(instructions.get(at), "ensureLoaded")) {
                end = at + 1;
            }
        }
        List<List<Instruction>> entered = new ArrayList<>();
        for (int i = 0; i < begins.size(); i++) {
            entered.add(instructions.subList(begins.get(i), i + 1 < begins.size() ? begins.get(i + 1) : end));
        }
        entered.sort(by(CanonicalBytecode::text));
        return Stream.of(
                        instructions.subList(0, begins.getFirst()).stream(),
                        entered.stream().flatMap(List::stream),
                        instructions.subList(end, instructions.size()).stream())
                .flatMap(part -> part)
                .toList();
    }

    /**
     * Code that does the same for one thing after the other, each time up to a call, with the things sorted. The instructions stay, with the local
     * variables that they use; only those are exchanged that say which thing it is.
     *
     * @param which says of an instruction which thing it is, or part of that
     * @param call the method that is called last for each thing
     */
    private static List<Instruction> exchanged(
            List<Instruction> code, Function<Instruction, Optional<String>> which, String call, String where) {
        List<List<Integer>> places = new ArrayList<>();
        Set<List<Opcode.Kind>> shapes = new HashSet<>();
        List<Integer> one = new ArrayList<>();
        for (int at = 0; at < code.size(); at++) {
            if (which.apply(code.get(at)).isPresent()) {
                one.add(at);
            } else if (isCall(code.get(at), call)) {
                places.add(one);
                shapes.add(code.subList(one.getFirst(), at).stream()
                        .map(instruction -> instruction.opcode().kind())
                        .toList());
                one = new ArrayList<>();
            } else if (code.get(at).opcode() == Opcode.INVOKESTATIC) {
                // Something else was done with them.
                one = new ArrayList<>();
            }
        }
        if (shapes.size() > 1) {
            throw new IllegalStateException(
                    where.replace('/', '.') + ": what is done up to each call of " + call
                            + " differs by more than by names, so that it is not sorted by exchanging them, and the package would not be reproducible."
                            + " A setting of a generic type (@ConfigProperty List<...>) does that: let it be a method of a @ConfigMapping.");
        }
        List<List<Instruction>> sorted = places.stream()
                .map(place -> place.stream().map(code::get).toList())
                .sorted(by(which))
                .toList();
        List<Instruction> exchanged = new ArrayList<>(code);
        for (int i = 0; i < places.size(); i++) {
            for (int j = 0; j < places.get(i).size(); j++) {
                exchanged.set(places.get(i).get(j), sorted.get(i).get(j));
            }
        }
        return exchanged;
    }

    private static Comparator<List<Instruction>> by(Function<Instruction, Optional<String>> which) {
        return Comparator.comparing(code -> code.stream()
                .flatMap(instruction -> which.apply(instruction).stream())
                .collect(Collectors.joining("\n")));
    }

    private static List<Instruction> instructions(MethodModel method) {
        return method.code().stream()
                .flatMap(CodeModel::elementStream)
                .filter(Instruction.class::isInstance)
                .map(Instruction.class::cast)
                .toList();
    }

    private static boolean isCall(Instruction instruction, String method) {
        return instruction instanceof InvokeInstruction call && call.name().equalsString(method);
    }

    private static boolean isConfigClass(FieldInstruction field) {
        return field.owner().asInternalName().equals(SHARED_CONFIG)
                && field.name().stringValue().startsWith(CONFIG_CLASS);
    }

    /** A field of a class of configuration, as it is to be named. */
    private Optional<String> renamedField(Instruction instruction) {
        return instruction instanceof FieldInstruction field && isConfigClass(field)
                ? Optional.ofNullable(fields.get(field.name().stringValue()))
                : Optional.empty();
    }

    private static Optional<String> text(Instruction instruction) {
        return instruction instanceof ConstantInstruction constant && constant.constantValue() instanceof String text
                ? Optional.of(text)
                : Optional.empty();
    }
}
