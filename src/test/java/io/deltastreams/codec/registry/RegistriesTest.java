package io.deltastreams.codec.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.deltastreams.codec.SchemaRegistry;
import io.deltastreams.settings.InvalidSettings;
import io.deltastreams.settings.Settings;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RegistriesTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://localhost:8081",
                "HTTPS://registry.example.org/apis/ccompat/v7/",
                "http://[::1]:8081",
                "schemas",
                "/var/lib/schemas",
                "../schemas",
                "'C:/schemas'",
                "{url: 'http://localhost:8081'}",
                "{url: 'http://localhost:8081', user: '', password: ''}",
                "{url: 'http://localhost:8081', user: a, password: 'b:c'}",
                "{url: 'http://localhost:8081', token: abc}",
                "{url: 'http://localhost:8081', compatibility: backward}",
                "{url: 'http://localhost:8081', compatibility: full-transitive}",
                "{url: 'http://localhost:8081', compatibility: none}",
            })
    void a_registry_is_an_address_a_section_or_a_folder_and_nobody_is_asked_yet(String registry) {
        assertThatCode(() -> Opened.of("registry: " + registry)).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "format: avro | 1:1: registry: is missing",
                "format: avro | registry: http://localhost:8081",
                "format: avro | registry: schemas",
                "registry: | 1:10: registry: '' is neither",
                "registry: ''  | '' is neither",
                "registry: [a, b]  | must be a single value",
                "registry: \"a\\0b\"  | is neither a folder",
                "registry: localhost:8081 | 1:11: registry: 'localhost:8081' must be one address with http://",
                "registry: ftp://host/a | 'ftp://host/a' must be one address",
                "registry: http:///a | 'http:///a' must be one address",
                "registry: http://a:8081,http://b:8081 | must be one address",
                "registry: http://a b | must be one address",
                "registry: http://a:99999 | must be one address",
                "registry: http://a?b=c | must be one address",
                "registry: http://me:secret@host | has a user in it: write registry: {url:",
                "registry: {user: a, password: b} | registry.url: is missing",
                "registry: {url: schemas} | a folder is written registry: schemas, without a section",
                "registry: {url: schemas, compatibility: full} | a folder is written registry: schemas, without a section",
                "registry: {url: http://a, user: b} | registry.user: user and password belong together",
                "registry: {url: http://a, password: b} | registry.password: user and password belong together",
                "registry: {url: http://a, user: 'a:b', password: c} | registry.user: a user with ':'",
                "registry: {url: http://a, user: b, password: c, token: d} | registry.token: write either",
                "registry: {url: http://a, token: 'a b'} | registry.token: must be of visible ASCII",
                "registry: {url: http://a, compatibility: strict} | 'strict' must be one of backward, backward-transitive",
                "registry: {url: http://a, pasword: c} | did you mean 'password'?",
            })
    void what_is_wrong_is_told_with_what_would_be_right(String yaml, String told) {
        assertThatThrownBy(() -> Opened.of(yaml))
                .isInstanceOf(InvalidSettings.class)
                .hasMessageContaining(told)
                .hasMessageNotContaining("secret");
    }

    @Test
    void outputs_with_the_same_registry_share_it() {
        // given
        Registries registries = new Registries();
        SchemaRegistry first = of(registries, "{url: 'http://localhost:8081', user: a, password: b}");

        // when, then
        assertThat(of(registries, "{url: 'http://localhost:8081/', user: a, password: b}"))
                .isSameAs(first);
        assertThat(of(registries, "{url: 'http://localhost:8081', user: a, password: c}"))
                .isNotSameAs(first);
        assertThat(of(registries, "http://localhost:8081")).isNotSameAs(first);
        assertThat(of(registries, "./schemas")).isSameAs(of(registries, "schemas"));
    }

    private static SchemaRegistry of(Registries registries, String registry) {
        return registries.of(Settings.parse("test.yaml", "registry: " + registry, _ -> null));
    }
}
