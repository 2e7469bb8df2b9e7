package io.deltastreams;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchCondition;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import java.lang.annotation.Annotation;
import java.util.Arrays;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The table of rooms: what each package may know of ours and of others'. */
class RoomsTest {

    private static final String ROOT = "io.deltastreams.";
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("io.deltastreams");

    /** {@link io.deltastreams.packaging}: two builds would not give the same package. */
    @Test
    void no_class_answers_both_get_and_delete() {
        noClasses()
                .that(describe("answer GET", declares(GET.class)))
                .should(ArchCondition.from(describe("answer DELETE, too: a superclass can", declares(DELETE.class))))
                .check(CLASSES);
    }

    private static Predicate<JavaClass> declares(Class<? extends Annotation> annotation) {
        return type -> type.getMethods().stream().anyMatch(method -> method.isAnnotatedWith(annotation));
    }

    @ParameterizedTest
    @CsvSource({
        "change, ''",
        "settings, ''",
        "source, change postgres settings",
        "postgres, change settings source",
        "codec, change settings",
        "log, change",
        "transform, change settings",
        "state, change log",
        "stream, change log state transform",
        "sink, change codec settings transform",
        "feed, change codec log settings state stream transform",
        "pipeline, change codec feed log settings sink source state stream transform",
        "ops, change feed log pipeline sink source state stream",
    })
    void a_room_knows_only_what_its_card_says(String room, String mayKnow) {
        String[] known = Stream.concat(
                        Stream.of(room), Arrays.stream(mayKnow.split(" ")).filter(name -> !name.isEmpty()))
                .map(name -> ROOT + name + "..")
                .toArray(String[]::new);
        classes()
                .that()
                .resideInAPackage(ROOT + room + "..")
                .should()
                .onlyDependOnClassesThat(outside().or(resideInAnyPackage(known)))
                .allowEmptyShould(true)
                .check(CLASSES);
    }

    @ParameterizedTest
    @CsvSource({
        "change, ''",
        "settings, org.yaml..",
        "log, ''",
        "state, org.rocksdb..",
        "transform, javax.crypto.. org.apache.calcite.. com.google.common..",
        "stream, io.smallrye.mutiny..",
    })
    void the_pure_rooms_know_no_third_party_but_their_own(String room, String libraries) {
        String[] allowed = Stream.concat(
                        Stream.of("java..", "org.jspecify..", "io.deltastreams.."),
                        Arrays.stream(libraries.split(" ")).filter(name -> !name.isEmpty()))
                .toArray(String[]::new);
        classes()
                .that()
                .resideInAPackage(ROOT + room + "..")
                .should()
                .onlyDependOnClassesThat(resideInAnyPackage(allowed).or(primitive()))
                .allowEmptyShould(true)
                .check(CLASSES);
    }

    @ParameterizedTest
    @ValueSource(strings = {"source", "sink", "codec", "feed"})
    void adapters_are_leaves_that_nobody_imports(String port) {
        noClasses()
                .that()
                .resideOutsideOfPackage(ROOT + port + ".*..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage(ROOT + port + ".*..")
                .allowEmptyShould(true)
                .check(CLASSES);
    }

    @Test
    void siblings_are_strangers() {
        for (String port : new String[] {"source", "sink", "codec", "feed"}) {
            com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices()
                    .matching(ROOT + port + ".(*)..")
                    .should()
                    .notDependOnEachOther()
                    .allowEmptyShould(true)
                    .check(CLASSES);
        }
    }

    @Test
    void nobody_knows_the_demo() {
        noClasses()
                .that()
                .resideOutsideOfPackage(ROOT + "demo..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage(ROOT + "demo..")
                .check(CLASSES);
    }

    private static DescribedPredicate<JavaClass> outside() {
        return describe("outside the project", type -> !type.getPackageName().startsWith("io.deltastreams"));
    }

    private static DescribedPredicate<JavaClass> primitive() {
        return describe("primitive", type -> type.getPackageName().isEmpty() || type.isPrimitive() || type.isArray());
    }
}
