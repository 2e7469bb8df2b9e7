package io.deltastreams.codec.registry;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.deltastreams.codec.SchemaRegistry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A registry that is a folder, say of a git repository: {@code <subject>/<version>-<id>.avsc}, {@code .proto} or {@code .json}; a reader finds an id's
 * schema with {@code find schemas -name '*-<id>.*'}. The id is made of the schema, so that it is the same in every clone, branch and process without
 * anybody to ask; a file's name has the last word, so that files may be edited, and written, by hand. Whoever writes at the same time, in another
 * process or another branch, may take the same version for another schema: ids tell them apart, and both count.
 */
final class FileRegistry implements SchemaRegistry {

    private final JsonMapper json = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();
    private final Folder folder;

    /** @param path made with the first schema */
    FileRegistry(Path path) {
        this.folder = new Folder(path);
    }

    @Override
    public synchronized int id(String subject, Language language, String schema) {
        if (language != Language.PROTOBUF && tree(schema) == null) {
            throw new IllegalArgumentException("the schema of %s is no JSON, which those of %s are: %s"
                    .formatted(subject, language, schema.substring(0, Math.min(schema.length(), 200))));
        }
        try {
            int version = 1;
            for (Folder.Entry entry : folder.versions(subject)) {
                if (entry.language() == language && isSame(language, folder.read(entry), schema)) {
                    return entry.id();
                }
                version = Math.max(version, entry.version() + 1);
            }
            int id = fingerprint(language, schema);
            refuseOther(id, language, schema);
            folder.write(subject, version, id, language, schema);
            return id;
        } catch (IOException e) {
            throw folder.away(e);
        }
    }

    /** An id that stands for another schema already would make readers take the one for the other. */
    private void refuseOther(int id, Language language, String schema) throws IOException {
        for (Folder.Entry entry : folder.withId(id)) {
            if (entry.language() != language || !isSame(language, folder.read(entry), schema)) {
                throw new IllegalArgumentException(
                        "%s has another schema than the one whose id %d is: put the one back, or write the other into a file of its own with an id that is free"
                                .formatted(entry.file(), id));
            }
        }
    }

    @Override
    public synchronized List<String> versions(String subject) {
        try {
            List<String> schemas = new ArrayList<>();
            for (Folder.Entry entry : folder.versions(subject)) {
                schemas.add(folder.read(entry));
            }
            return List.copyOf(schemas);
        } catch (IOException e) {
            throw folder.away(e);
        }
    }

    /** The first 31 bits of the SHA-256 of the language's name, a line feed and the schema; never 0. */
    static int fingerprint(Language language, String schema) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256")
                    .digest((language.name() + '\n' + schema).getBytes(StandardCharsets.UTF_8));
            return Math.max(ByteBuffer.wrap(digest).getInt() & Integer.MAX_VALUE, 1);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /** A file that somebody has formatted, or an editor has ended with a line, is the same schema. */
    private boolean isSame(Language language, String file, String schema) {
        if (file.stripTrailing().equals(schema.stripTrailing())) {
            return true;
        }
        JsonNode tree = language == Language.PROTOBUF ? null : tree(file);
        return tree != null && tree.equals(tree(schema));
    }

    /** Null for what is no JSON. */
    private @Nullable JsonNode tree(String text) {
        try {
            JsonNode tree = json.readTree(text);
            return tree.isMissingNode() ? null : tree;
        } catch (JsonProcessingException _) {
            return null;
        }
    }
}
