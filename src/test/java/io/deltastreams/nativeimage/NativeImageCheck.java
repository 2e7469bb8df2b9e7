package io.deltastreams.nativeimage;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.condition.DisabledIf;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;

/**
 * Runs after all other tests, and holds what their JVMs looked up by name ({@code target/lookups}) against what is registered for
 * {@code native-image} ({@code target/native-sources}). What was recorded stays until {@code ./mvnw clean}. What {@code native-image} sees by itself needs no registration: a name, or a class, that
 * the caller's own code mentions.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@DisabledIfSystemProperty(
        named = "test",
        matches = ".+",
        disabledReason = "chosen tests alone are not the program's whole work")
@DisabledIfSystemProperty(
        named = "it.test",
        matches = "(?!NativeImageCheck$).+",
        disabledReason = "chosen tests alone are not the program's whole work")
@DisabledIf(
        value = "io.deltastreams.e2e.Program#isNative",
        disabledReason = "the service that ran has recorded nothing")
class NativeImageCheck {

    private static final Path TARGET = Path.of("target").toAbsolutePath();

    /** Where to register, and in what form. */
    private static final String REMEDY =
            "register them in src/main/resources/META-INF/native-image/io.deltastreams/delta-streams/*/reachability-metadata.json";

    /**
     * Libraries that Quarkus' own extensions prepare for native-image, by registrations, substitutions and code that is run at build time. And
     * the SQL compiler's JDBC driver, which only the tests' use of the driver manager makes.
     */
    private static final Pattern PREPARED = Pattern.compile(
            "(io\\.quarkus|io\\.netty|io\\.vertx|io\\.smallrye|org\\.jboss|jakarta|org\\.eclipse|io\\.micrometer"
                    + "|org\\.apache\\.calcite\\.(avatica|jdbc))\\..*");

    private ClassPath classes;
    private Registered registered;
    private Set<Lookup> lookups;

    @BeforeAll
    void read() throws IOException {
        classes = new ClassPath(TARGET.resolve("native-sources"));
        registered = Registered.of(classes);
        lookups = Lookup.in(TARGET.resolve("lookups"));
    }

    @AfterAll
    void close() throws IOException {
        classes.close();
    }

    /** Of the program's own, as opposed to the tests' and their libraries'. */
    private Stream<Lookup> ours(String... kinds) {
        return lookups.stream()
                .filter(lookup -> List.of(kinds).contains(lookup.kind()))
                .filter(lookup -> classes.hasClass(lookup.caller()))
                .filter(lookup -> !PREPARED.matcher(lookup.caller()).matches());
    }

    private boolean mentions(Lookup lookup, String name) {
        return classes.constants(lookup.caller()).contains(name);
    }

    @Test
    void what_was_recorded_is_the_whole_program_at_work() {
        assertThat(lookups).noneMatch(lookup -> lookup.kind().equals("unreadable"));
        assertThat(ours("constructor").map(Lookup::name))
                .contains(
                        "io.debezium.connector.postgresql.PostgresConnectorTask",
                        "org.apache.kafka.common.serialization.ByteArraySerializer",
                        "io.deltastreams.ops.FeedIndex$StreamView");
    }

    @Test
    void classes_that_are_looked_up_are_registered() {
        assertThat(ours("class")
                        .filter(lookup -> classes.hasClass(lookup.name()))
                        .filter(lookup -> !mentions(lookup, lookup.name()))
                        .filter(lookup -> !registered.hasClass(lookup.name())))
                .as(REMEDY)
                .isEmpty();
    }

    @Test
    void members_that_are_looked_up_are_registered() {
        assertThat(ours("constructor", "method", "field")
                        .filter(lookup -> classes.hasClass(lookup.name()))
                        .filter(lookup -> !mentions(lookup, lookup.name()))
                        .filter(lookup -> !registered.hasMember(lookup.kind(), lookup.name(), lookup.member())))
                .as(REMEDY)
                .isEmpty();
    }

    @Test
    void resources_that_are_looked_up_are_registered() {
        assertThat(ours("resource")
                        .filter(lookup -> classes.hasResource(lookup.name()))
                        .filter(lookup -> !registered.hasResource(lookup.name())))
                .as(REMEDY)
                .isEmpty();
    }

    @Test
    void services_that_are_looked_up_are_registered_with_their_providers() throws IOException {
        for (Lookup lookup : ours("service").toList()) {
            for (String provider : classes.providers(lookup.name())) {
                assertThat(registered.hasResource("META-INF/services/" + lookup.name()))
                        .as("META-INF/services/%s: %s", lookup, REMEDY)
                        .isTrue();
                assertThat(registered.hasMember("constructor", provider, "()"))
                        .as("the provider %s: %s: %s", provider, lookup, REMEDY)
                        .isTrue();
            }
        }
    }

    @Test
    void proxies_and_bundles_are_registered() {
        assertThat(ours("proxy")
                        .filter(lookup ->
                                !Stream.of(lookup.name().split(",", -1)).allMatch(name -> mentions(lookup, name)))
                        .filter(lookup -> !registered.hasProxy(lookup.name())))
                .as(REMEDY)
                .isEmpty();
        assertThat(ours("bundle").filter(lookup -> !registered.hasBundle(lookup.name())))
                .as(REMEDY)
                .isEmpty();
    }

    @Test
    void no_class_is_made_at_run_time() {
        assertThat(ours("define")).isEmpty();
    }

    /** RocksDB's own code looks its Java classes up by texts that stand in the library as they are. */
    @Test
    void what_native_code_looks_up_is_registered() throws IOException {
        byte[] library;
        try (var in = classes.below("librocksdbjni-linux64.so").getFirst().open()) {
            library = in.readAllBytes();
        }
        String text = new String(library, StandardCharsets.ISO_8859_1);
        List<String> named = Pattern.compile("\0(org/rocksdb/[A-Za-z$]+)\0")
                .matcher(text)
                .results()
                .map(found -> found.group(1).replace('/', '.'))
                .filter(classes::hasClass)
                .distinct()
                .toList();

        assertThat(named).contains("org.rocksdb.RocksDBException", "org.rocksdb.Status");
        assertThat(named.stream().filter(name -> !registered.hasJni(name)))
                .as(REMEDY)
                .isEmpty();
    }

    @Test
    void what_we_register_is_there() throws IOException {
        Registered ours = new Registered();
        for (ClassPath.File file : classes.below("META-INF/native-image/io.deltastreams/")) {
            ours.read(file);
        }
        assertThat(ours.types())
                .isNotEmpty()
                .allMatch(name -> name.startsWith("java.") || name.startsWith("sun.") || classes.hasClass(name));
    }
}
