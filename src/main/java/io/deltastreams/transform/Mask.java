package io.deltastreams.transform;

import io.deltastreams.change.Bytes;
import io.deltastreams.change.Type;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** How a column is hidden. A null stays null. */
sealed interface Mask {

    /** The column is not there. */
    record Drop() implements Mask {}

    /** Text becomes {@code ***}, everything else null. */
    record Redact() implements Mask {}

    /**
     * SHA-256 of the value's text form in UTF-8 (of bytes: of themselves), in hexadecimal digits. Without a key anyone can try values;
     * what has few of them (a telephone number) needs one.
     */
    record Sha256() implements Mask {}

    /** HMAC-SHA-256 of the same. */
    record Hmac(SecretKeySpec key) implements Mask {

        @Override
        public String toString() {
            return "Hmac";
        }
    }

    /** Keeps the last characters and writes {@code *} for the others; a value that has no others becomes {@code *} altogether. */
    record Partial(int kept) implements Mask {}

    /** The column as it leaves; not for {@link Drop}. */
    default Output over(Output output) {
        Type type = output.column().type();
        boolean nullable = output.column().nullable();
        return switch (this) {
            case Drop _ -> output;
            case Redact _ ->
                Types.family(type) == Types.Family.TEXT
                        ? output.changed(Type.Simple.TEXT, nullable, false, _ -> "***")
                        : output.changed(type, true, false, _ -> null);
            case Sha256 _ -> output.changed(Type.Simple.TEXT, nullable, true, Mask::sha256);
            case Hmac hmac -> output.changed(Type.Simple.TEXT, nullable, true, value -> hmac(hmac.key(), value));
            case Partial partial ->
                output.changed(Type.Simple.TEXT, nullable, false, value -> partial(value, partial.kept()));
        };
    }

    /** Whether two rows that differ in the column still differ. */
    default boolean keepsIdentity() {
        return this instanceof Sha256 || this instanceof Hmac;
    }

    private static byte[] bytes(Object value) {
        return value instanceof Bytes bytes
                ? bytes.array()
                : Rendering.text(value).getBytes(StandardCharsets.UTF_8);
    }

    private static String sha256(Object value) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes(value)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    private static String hmac(SecretKeySpec key, Object value) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(key);
            return HexFormat.of().formatHex(mac.doFinal(bytes(value)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has HmacSHA256", e);
        }
    }

    private static String partial(Object value, int kept) {
        String text = Rendering.text(value);
        int length = Texts.length(text);
        return length <= kept ? "*".repeat(length) : "*".repeat(length - kept) + Texts.right(text, kept);
    }
}
