package io.deltastreams.codec.protobuf;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import io.deltastreams.change.Bytes;
import io.deltastreams.change.Geometry;
import io.deltastreams.change.Interval;
import io.deltastreams.change.Special;
import io.deltastreams.change.TimeOfDay;
import io.deltastreams.change.Type;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads records like a stranger: protobuf-java's own messages, with descriptors of the registered texts as Wire's parser reads them. */
final class Reader {

    private static final Pattern ESCAPE = Pattern.compile("_x([0-9a-f]+)_");

    private final MemoryRegistry registry;
    private final Map<Integer, Descriptor> descriptors = new HashMap<>();

    Reader(MemoryRegistry registry) {
        this.registry = registry;
    }

    static int id(byte[] record) {
        return ByteBuffer.wrap(record).getInt(1);
    }

    static Descriptor descriptor(String text) {
        return WireDescriptors.of(text).getMessageTypes().getFirst();
    }

    DynamicMessage read(byte[] record) {
        assertThat(record[0]).isZero();
        assertThat(record[5]).isZero();
        return parse(descriptors.computeIfAbsent(id(record), id -> descriptor(registry.text(id))), record);
    }

    static DynamicMessage parse(Descriptor descriptor, byte[] record) {
        try {
            return DynamicMessage.parseFrom(descriptor, ByteString.copyFrom(record, 6, record.length - 6));
        } catch (InvalidProtocolBufferException e) {
            throw new AssertionError(e);
        }
    }

    static String columnOf(String field) {
        return ESCAPE.matcher(field)
                .replaceAll(found -> java.util.regex.Matcher.quoteReplacement(
                        Character.toString(Integer.parseInt(found.group(1), 16))));
    }

    static @Nullable FieldDescriptor fieldOf(Descriptor row, String column) {
        return row.getFields().stream()
                .filter(field -> columnOf(field.getName()).equals(column))
                .findFirst()
                .orElse(null);
    }

    static Object get(Message message, String field) {
        return message.getField(message.getDescriptorForType().findFieldByName(field));
    }

    private static boolean has(Message message, String field) {
        return message.hasField(message.getDescriptorForType().findFieldByName(field));
    }

    private static long number(Message message, String field) {
        return ((Number) get(message, field)).longValue();
    }

    /** The value that a field's stands for. */
    static Object value(Type type, Object read) {
        return switch (type) {
            case Type.Simple simple -> simple(simple, read);
            case Type.Numeric _ -> numeric((String) read);
            case Type.Enumeration _ ->
                read instanceof EnumValueDescriptor label
                        ? label.getName()
                                .substring(label.getName().lastIndexOf('_') + 1)
                                .toLowerCase(Locale.ROOT)
                        : read;
            case Type.Range _, Type.Opaque _ -> read;
            case Type.Array array -> list(array.element(), (Message) read);
        };
    }

    private static Object simple(Type.Simple type, Object read) {
        return switch (type) {
            case BOOL, INT16, INT32, INT64, FLOAT32, FLOAT64, TEXT, JSON, XML, LTREE -> read;
            case BYTES -> new Bytes(((ByteString) read).toByteArray());
            case DATE -> {
                int day = (int) read;
                Object infinity = infinity(day, Integer.MIN_VALUE, Integer.MAX_VALUE);
                yield infinity != null ? infinity : LocalDate.ofEpochDay(day);
            }
            case TIME -> new TimeOfDay((long) read);
            case TIMETZ -> OffsetTime.parse((String) read);
            case TIMESTAMP -> {
                long micros = (long) read;
                Object infinity = infinity(micros, Long.MIN_VALUE, Long.MAX_VALUE);
                yield infinity != null
                        ? infinity
                        : LocalDateTime.ofEpochSecond(
                                Math.floorDiv(micros, 1_000_000),
                                Math.floorMod(micros, 1_000_000) * 1000,
                                ZoneOffset.UTC);
            }
            case TIMESTAMPTZ -> instant((Message) read);
            case INTERVAL -> {
                Message interval = (Message) read;
                yield new Interval(
                        (int) number(interval, "months"), (int) number(interval, "days"), number(interval, "micros"));
            }
            case UUID -> UUID.fromString((String) read);
            case HSTORE -> hstore((Message) read);
            case GEOMETRY -> {
                Message geometry = (Message) read;
                yield new Geometry(
                        new Bytes(((ByteString) get(geometry, "wkb")).toByteArray()),
                        has(geometry, "srid") ? OptionalInt.of((int) number(geometry, "srid")) : OptionalInt.empty());
            }
        };
    }

    private static @Nullable Special infinity(long number, long least, long most) {
        return number == most ? Special.INFINITY : number == least ? Special.NEGATIVE_INFINITY : null;
    }

    static Object instant(Message read) {
        long seconds = number(read, "seconds");
        Object infinity = infinity(seconds, Long.MIN_VALUE, Long.MAX_VALUE);
        return infinity != null ? infinity : Instant.ofEpochSecond(seconds, number(read, "nanos"));
    }

    private static Object numeric(String text) {
        for (Special special : Special.values()) {
            if (special.text().equals(text)) {
                return special;
            }
        }
        return new BigDecimal(text);
    }

    private static Map<String, @Nullable String> hstore(Message read) {
        Map<String, @Nullable String> map = new TreeMap<>();
        for (Object each : (List<?>) get(read, "entries")) {
            Message entry = (Message) each;
            Message text = (Message) get(entry, "value");
            map.put((String) get(entry, "key"), has(text, "value") ? (String) get(text, "value") : null);
        }
        return map;
    }

    private static List<@Nullable Object> list(Type type, Message read) {
        List<@Nullable Object> list = new ArrayList<>();
        for (Object each : (List<?>) get(read, "values")) {
            Message element = (Message) each;
            if (has(element, "value")) {
                list.add(value(type, get(element, "value")));
            } else {
                list.add(has(element, "list") ? list(type, (Message) get(element, "list")) : null);
            }
        }
        return list;
    }
}
