package io.deltastreams.packaging;

import static java.lang.constant.ConstantDescs.CD_String;
import static java.lang.constant.ConstantDescs.CD_boolean;
import static java.lang.constant.ConstantDescs.CD_void;
import static java.lang.constant.ConstantDescs.MTD_void;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeBuilder;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Classes like those that Quarkus generates, made in one order and in another. */
class CanonicalBytecodeTest {

    private static final ClassDesc SHARED = ClassDesc.of("io.quarkus.runtime.generated.SharedConfig");
    private static final ClassDesc CUSTOMIZER = ClassDesc.of("io.quarkus.runtime.generated.RunTimeConfigCustomizer");
    private static final ClassDesc VALIDATION =
            ClassDesc.of("io.quarkus.runner.recorded.ConfigBuildStep$validateRuntimeConfigProperty17");
    private static final ClassDesc BUILDER = ClassDesc.of("io.quarkus.runtime.configuration.AbstractConfigBuilder");
    private static final ClassDesc CONFIG = ClassDesc.of("io.smallrye.config.ConfigMappings$ConfigClass");
    private static final ClassDesc SETTING =
            ClassDesc.of("io.quarkus.arc.runtime.ConfigRecorder$ConfigValidationMetadata");
    private static final ClassDesc CONTEXT = ClassDesc.of("io.quarkus.runtime.StartupContext");
    private static final ClassDesc SET = ClassDesc.of("java.util.Collection");
    private static final ClassDesc LIST = ClassDesc.of("java.util.List");

    // More than the 255 constants that the short form of an instruction can name.
    private static final int MANY = 300;

    @Test
    void the_order_in_which_build_steps_came_does_not_show() {
        long seed = new Random().nextLong();
        System.out.println("CanonicalBytecodeTest seed " + seed);
        Random random = new Random(seed);
        Map<String, byte[]> given = generated(new Random(1));
        Map<String, byte[]> canonical = CanonicalBytecode.rewritten(given);
        assertThat(canonical).hasSameSizeAs(given);
        canonical.forEach((name, content) ->
                assertThat(ClassFile.of().verify(content)).as(name).isEmpty());

        for (int round = 0; round < 20; round++) {
            Map<String, byte[]> other = generated(random);
            given.forEach(
                    (name, content) -> assertThat(other.get(name)).as(name).isNotEqualTo(content));
            assertThat(CanonicalBytecode.rewritten(other))
                    .as("seed %d, round %d", seed, round)
                    .containsExactlyInAnyOrderEntriesOf(canonical);
        }
        assertThat(CanonicalBytecode.rewritten(canonical)).containsExactlyInAnyOrderEntriesOf(canonical);
    }

    @Test
    void a_setting_that_is_made_in_another_way_is_refused() {
        Map<String, byte[]> classes = Map.of(
                "io/quarkus/runner/recorded/ConfigBuildStep$validateRuntimeConfigProperty17.class",
                validation(
                        List.of("a", "b"), body -> body.ldc("java.lang.String").pop()));

        assertThatIllegalStateException()
                .isThrownBy(() -> CanonicalBytecode.rewritten(classes))
                .withMessageContaining("io.quarkus.runner.recorded.ConfigBuildStep$validateRuntimeConfigProperty17")
                .withMessageContaining("let it be a method of a @ConfigMapping");
    }

    private static Map<String, byte[]> generated(Random random) {
        List<String> names = names("Config", random);
        List<String> keys = names("proxykey", random);
        return Map.of(
                file(SHARED),
                shared(names),
                file(CUSTOMIZER),
                customizer(names, names("Config", random)),
                file(VALIDATION),
                validation(names("setting", random), _ -> {}),
                "io/quarkus/runner/recorded/A$first.class",
                recorded("A$first", keys.subList(0, MANY / 2), "putValue"),
                "io/quarkus/runner/recorded/B$second.class",
                recorded("B$second", keys, "getValue"));
    }

    private static List<String> names(String prefix, Random random) {
        List<String> names = new ArrayList<>(
                IntStream.range(0, MANY).mapToObj(i -> prefix + i).toList());
        Collections.shuffle(names, random);
        return names;
    }

    private static String file(ClassDesc type) {
        String descriptor = type.descriptorString();
        return descriptor.substring(1, descriptor.length() - 1) + ".class";
    }

    /** Some have parts, which are loaded with them. */
    private static byte[] shared(List<String> names) {
        MethodTypeDesc load = MethodTypeDesc.of(CD_void, CD_String);
        return generated(SHARED, "<clinit>", MTD_void, ClassFile.ACC_STATIC, body -> {
            body.ldc("before").pop();
            for (int i = 0; i < names.size(); i++) {
                String name = names.get(i);
                body.ldc(name)
                        .ldc("prefix of " + name)
                        .invokestatic(BUILDER, "configClass", MethodTypeDesc.of(CONFIG, CD_String, CD_String))
                        .putstatic(SHARED, "configClass$" + i, CONFIG)
                        .ldc(name)
                        .invokestatic(BUILDER, "ensureLoaded", load);
                for (int part = 0; part < name.hashCode() % 3; part++) {
                    body.ldc(name + "$Part" + part).invokestatic(BUILDER, "ensureLoaded", load);
                }
            }
            body.getstatic(SHARED, "configClass$" + names.indexOf("Config7"), CONFIG)
                    .pop()
                    .return_();
        });
    }

    private static byte[] customizer(List<String> names, List<String> order) {
        return generated(
                CUSTOMIZER, "configBuilder", MethodTypeDesc.of(CD_void, BUILDER), ClassFile.ACC_PUBLIC, body -> {
                    body.getstatic(SHARED, "configClass$" + names.indexOf("Config9"), CONFIG)
                            .aload(1)
                            .invokestatic(BUILDER, "withMappingInstance", MethodTypeDesc.of(CD_void, CONFIG, BUILDER));
                    int local = 2;
                    for (String name : order) {
                        body.getstatic(SHARED, "configClass$" + names.indexOf(name), CONFIG)
                                .astore(local)
                                .aload(1)
                                .aload(local)
                                .invokestatic(BUILDER, "withMapping", MethodTypeDesc.of(CD_void, BUILDER, CONFIG));
                        local++;
                    }
                    body.return_();
                });
    }

    /** @param first what is done for the first setting and for no other */
    private static byte[] validation(List<String> order, Consumer<CodeBuilder> first) {
        return generated(VALIDATION, "deploy_0", MethodTypeDesc.of(CD_void, SET), ClassFile.ACC_PUBLIC, body -> {
            int local = 2;
            for (String name : order) {
                body.invokestatic(ClassDesc.of("java.util.Collections"), "emptyList", MethodTypeDesc.of(LIST))
                        .astore(local)
                        .new_(SETTING)
                        .dup()
                        .ldc(name)
                        .ldc(name.hashCode() % 2 == 0 ? "int" : "boolean");
                if (local == 2) {
                    first.accept(body);
                }
                body.aload(local)
                        .invokespecial(SETTING, "<init>", MethodTypeDesc.of(CD_void, CD_String, CD_String, LIST))
                        .astore(local + 1)
                        .aload(1)
                        .aload(local + 1)
                        .invokeinterface(SET, "add", MethodTypeDesc.of(CD_boolean, ConstantDescs.CD_Object))
                        .pop();
                local += 2;
            }
            body.return_();
        });
    }

    /** A step that puts values by their keys, or takes them. */
    private static byte[] recorded(String name, List<String> keys, String method) {
        ClassDesc type = ClassDesc.of("io.quarkus.runner.recorded", name);
        return generated(type, "deploy", MethodTypeDesc.of(CD_void, CONTEXT), ClassFile.ACC_PUBLIC, body -> {
            for (String key : keys) {
                body.aload(1).ldc(key).invokevirtual(CONTEXT, method, MethodTypeDesc.of(CD_void, CD_String));
            }
            body.return_();
        });
    }

    private static byte[] generated(
            ClassDesc type, String method, MethodTypeDesc parameters, int flags, Consumer<CodeBuilder> code) {
        return ClassFile.of().build(type, builder -> builder.withMethodBody(method, parameters, flags, code));
    }
}
