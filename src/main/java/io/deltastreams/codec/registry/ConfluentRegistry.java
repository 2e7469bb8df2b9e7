package io.deltastreams.codec.registry;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.deltastreams.codec.SchemaRegistry;
import io.deltastreams.codec.SchemasAway;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A registry behind <a href="https://docs.confluent.io/platform/current/schema-registry/develop/api.html">Confluent's REST API</a>: Confluent's own,
 * Apicurio, Karapace, Redpanda. What it says about a schema (4xx) is a refusal; whatever else keeps it from an answer is {@link SchemasAway}, missing
 * rights too: they say nothing against the schema, and are given while records wait.
 */
final class ConfluentRegistry implements SchemaRegistry {

    /** For an answer, and before it for the connection. */
    static final Duration PATIENCE = Duration.ofSeconds(10);

    /** Of one answer, and of a subject's schemas together (Invariant 8). */
    static final int MOST_BYTES = 16 << 20;

    private static final int MOST_SUBJECTS = 10_000;
    private static final int MOST_OF_A_REASON = 2_000;

    /** The error code of a registry, or a subject, that takes nothing at present. */
    private static final int READ_ONLY = 42_205;

    private final JsonMapper json = new JsonMapper();
    private final Access access;
    private final Http http;

    /** Whose compatibility stands; guarded by itself. Forgotten ones are set once more. */
    private final Set<String> held = new LinkedHashSet<>();

    ConfluentRegistry(Access access, Duration patience) {
        this.access = access;
        this.http = new Http(access, patience, MOST_BYTES);
    }

    @Override
    public int id(String subject, Language language, String schema) {
        hold(subject);
        ObjectNode body = json.createObjectNode().put("schema", schema);
        if (language != Language.AVRO) {
            body.put("schemaType", language.name());
        }
        String path = Http.path("subjects", subject, "versions");
        JsonNode id = accepted(http.post(path, body.toString()), "register a schema of " + subject)
                .path("id");
        if (!id.canConvertToInt() || !id.isIntegralNumber()) {
            throw away("the answer to POST %s has no id: is this the address of a schema registry?".formatted(path));
        }
        return id.intValue();
    }

    /** Sets the subject's compatibility before its first schema of this process, so that what the settings say holds. */
    private void hold(String subject) {
        if (access.compatibility() == null) {
            return;
        }
        synchronized (held) {
            if (held.contains(subject)) {
                return;
            }
        }
        ObjectNode body = json.createObjectNode()
                .put("compatibility", access.compatibility().name());
        accepted(http.put(Http.path("config", subject), body.toString()), "set the compatibility of " + subject);
        synchronized (held) {
            if (held.size() >= MOST_SUBJECTS) {
                held.clear();
            }
            held.add(subject);
        }
    }

    @Override
    public List<String> versions(String subject) {
        String path = Http.path("subjects", subject, "versions");
        Optional<JsonNode> versions = found(path, "list the versions of " + subject);
        if (versions.isEmpty()) {
            return List.of();
        }
        if (!versions.get().isArray()) {
            throw away("the answer to GET %s is no list of versions: is this the address of a schema registry?"
                    .formatted(path));
        }
        List<String> schemas = new ArrayList<>();
        long size = 0;
        for (JsonNode version : versions.get()) {
            // One that was deleted meanwhile is not there any more.
            Optional<JsonNode> found = found(
                    Http.path("subjects", subject, "versions", version.asText()),
                    "read version %s of %s".formatted(version.asText(), subject));
            if (found.isPresent()) {
                JsonNode schema = found.get().path("schema");
                size += schema.asText().length();
                if (!schema.isTextual() || size > MOST_BYTES) {
                    throw away("the versions of %s have no schema, or are more than %d bytes together"
                            .formatted(subject, MOST_BYTES));
                }
                schemas.add(schema.textValue());
            }
        }
        return List.copyOf(schemas);
    }

    /** Empty for a subject or version that the registry does not know. */
    private Optional<JsonNode> found(String path, String what) {
        Http.Answer answer = http.get(path);
        if (answer.status() == 404 && body(answer).path("error_code").isNumber()) {
            return Optional.empty();
        }
        return Optional.of(accepted(answer, what));
    }

    private JsonNode accepted(Http.Answer answer, String what) {
        JsonNode body = body(answer);
        int status = answer.status();
        if (status >= 200 && status < 300 && body.isContainerNode()) {
            return body;
        }
        String reason = "it does not %s: %s".formatted(what, reason(answer, body));
        if (isRefusal(status, body)) {
            throw new IllegalArgumentException("schema registry " + access + ": " + reason);
        }
        throw away(reason);
    }

    /**
     * Whether the registry has judged the schema. What has no error code comes from somebody before the registry, or from a server that is none; a
     * registry that is read-only says nothing against the schema either.
     */
    private static boolean isRefusal(int status, JsonNode body) {
        JsonNode code = body.path("error_code");
        return switch (status) {
            case 409, 422 -> code.asInt() != READ_ONLY;
            case 401, 403, 407, 408, 421, 425, 429 -> false;
            default -> status >= 400 && status < 500 && code.isNumber();
        };
    }

    private String reason(Http.Answer answer, JsonNode body) {
        JsonNode code = body.path("error_code");
        JsonNode message = body.path("message");
        String said = message.isTextual() ? message.textValue() : answer.text().strip();
        String hint = switch (answer.status()) {
            case 401, 403 -> "; check user, password or token of registry, and what they may do";
            case 301, 302, 303, 307, 308 -> "; write the address that it names as registry";
            case 404, 405 -> code.isNumber() ? "" : "; check the path of registry, such as /apis/ccompat/v7";
            default -> "";
        };
        return "%d%s %s%s"
                .formatted(
                        answer.status(),
                        code.isNumber() ? " (error_code %s)".formatted(code.asText()) : "",
                        said.length() > MOST_OF_A_REASON ? said.substring(0, MOST_OF_A_REASON) + "..." : said,
                        hint);
    }

    private JsonNode body(Http.Answer answer) {
        try {
            return json.readTree(answer.text());
        } catch (JsonProcessingException _) {
            return json.missingNode();
        }
    }

    private SchemasAway away(String reason) {
        return new SchemasAway("schema registry " + access + ": " + reason);
    }
}
