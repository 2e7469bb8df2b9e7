package io.deltastreams.nativeimage.agent;

import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.Opcode;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.lang.instrument.ClassFileTransformer;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.charset.StandardCharsets;
import java.security.ProtectionDomain;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Turns each call of a JDK method that looks something up by name into a call of {@link Lookups}' method of the same name, which does the same
 * and records it. Every public method there stands for the JDK's: a static one for a static one with the same parameters, and for an instance
 * method with the receiver before them.
 *
 * <p>The JDK's own classes stay as they are: what they look up for themselves is known to {@code native-image}. References to such methods
 * ({@code Class::forName}) are not seen.
 */
final class LookupCalls implements ClassFileTransformer {

    private static final ClassDesc LOOKUPS = Lookups.class.describeConstable().orElseThrow();

    /** Quarkus' own loaders of tests, which load while they transform, as we would. */
    private static final Pattern TESTED = Pattern.compile("io\\.quarkus\\.(bootstrap\\.classloading|test)\\.");

    /** By {@code owner.name(parameters)} as called. */
    private static final Map<String, MethodTypeDesc> REPLACED = new HashMap<>();

    /** Names that a class file has to mention before it is worth a look. */
    private static final Set<String> NAMES = new TreeSet<>();

    static {
        for (Method method : Lookups.class.getDeclaredMethods()) {
            Lookups.Instead instead = method.getAnnotation(Lookups.Instead.class);
            if (instead == null || !Modifier.isPublic(method.getModifiers())) {
                continue;
            }
            MethodTypeDesc type = MethodTypeDesc.of(
                    desc(method.getReturnType()),
                    List.of(method.getParameterTypes()).stream()
                            .map(LookupCalls::desc)
                            .toList());
            MethodTypeDesc called = instead.isStatic() ? type : type.dropParameterTypes(0, 1);
            REPLACED.put(call(desc(instead.of()), method.getName(), called), type);
            NAMES.add(method.getName());
        }
    }

    private static ClassDesc desc(Class<?> type) {
        return type.describeConstable().orElseThrow();
    }

    private static String call(ClassDesc owner, String name, MethodTypeDesc type) {
        return owner.descriptorString() + name + type.descriptorString();
    }

    @Override
    public byte @Nullable [] transform(
            @Nullable ClassLoader loader,
            @Nullable String name,
            @Nullable Class<?> redefined,
            @Nullable ProtectionDomain domain,
            byte[] bytes) {
        if (loader == null
                || loader.equals(ClassLoader.getPlatformClassLoader())
                || TESTED.matcher(loader.getClass().getName()).lookingAt()
                || Objects.requireNonNullElse(name, "").startsWith("jdk/proxy")
                || !isWorthALook(bytes)) {
            return null;
        }
        try {
            ClassFile classFile = ClassFile.of(ClassFile.ClassHierarchyResolverOption.of(
                    ClassHierarchyResolver.ofResourceParsing(loader).orElse(ClassHierarchyResolver.defaultResolver())));
            return classFile.transformClass(classFile.parse(bytes), ClassTransform.transformingMethodBodies(calls()));
        } catch (RuntimeException | Error e) {
            Lookups.unreadable(String.valueOf(name), e);
            return null;
        }
    }

    private static boolean isWorthALook(byte[] bytes) {
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        return NAMES.stream().anyMatch(text::contains);
    }

    private static CodeTransform calls() {
        return (builder, element) -> {
            if (element instanceof InvokeInstruction invoke
                    && (invoke.opcode() == Opcode.INVOKESTATIC || invoke.opcode() == Opcode.INVOKEVIRTUAL)) {
                MethodTypeDesc instead = REPLACED.get(
                        call(invoke.owner().asSymbol(), invoke.name().stringValue(), invoke.typeSymbol()));
                if (instead != null) {
                    builder.invokestatic(LOOKUPS, invoke.name().stringValue(), instead);
                    return;
                }
            }
            builder.with(element);
        };
    }
}
