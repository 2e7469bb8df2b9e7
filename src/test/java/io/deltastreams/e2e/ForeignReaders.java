package io.deltastreams.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.Message;
import io.apicurio.registry.utils.protobuf.schema.FileDescriptorUtils;
import io.apicurio.registry.utils.protobuf.schema.ProtobufFile;
import io.cloudevents.CloudEvent;
import io.cloudevents.kafka.CloudEventDeserializer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.apache.avro.Conversions;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.DecoderFactory;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * Reads records of each format by nothing of ours: Avro's and Protobuf's generic readers with the schemas that the registry tells by their ids, the
 * CloudEvents SDK. What a record says is a row's columns as texts, or that the row is gone.
 */
final class ForeignReaders {

    private final HttpClient http = HttpClient.newHttpClient();
    private final String registry;
    private final Map<Integer, String> schemas = new HashMap<>();

    ForeignReaders(String registry) {
        this.registry = registry;
    }

    /** A row's columns by name, without those that are null; {@code row} is null where it is gone. */
    record Told(String id, @Nullable Map<String, String> row) {}

    Told read(String format, ConsumerRecord<byte[], byte[]> record) throws IOException {
        return switch (format) {
            case "json" -> json(framed(record.value()));
            case "cloudevents" -> json(cloudEvent(record));
            case "avro" -> avro(record.value(), "op", "delete");
            case "debezium-avro" -> avro(record.value(), "op", "d");
            case "protobuf" -> protobuf(record.value());
            default -> throw new IllegalArgumentException(format);
        };
    }

    private static byte[] framed(byte[] value) {
        byte[] json = new byte[value.length - 5];
        System.arraycopy(value, 5, json, 0, json.length);
        return json;
    }

    private static byte[] cloudEvent(ConsumerRecord<byte[], byte[]> record) {
        CloudEvent event = new CloudEventDeserializer().deserialize(record.topic(), record.headers(), record.value());
        return Objects.requireNonNull(event.getData()).toBytes();
    }

    private static Told json(byte[] text) throws IOException {
        JsonNode delta = Fold.JSON.readTree(new String(text, UTF_8));
        String id = delta.path("key").path("id").asText();
        if (delta.path("op").asText().equals("delete")) {
            return new Told(id, null);
        }
        Map<String, String> row = new HashMap<>();
        delta.get("after").properties().forEach(field -> {
            if (!field.getValue().isNull()) {
                row.put(field.getKey(), field.getValue().asText());
            }
        });
        return new Told(id, row);
    }

    private Told avro(byte[] value, String operation, String delete) throws IOException {
        Schema schema = new Schema.Parser().parse(schema(value));
        GenericData data = new GenericData();
        data.addLogicalTypeConversion(new Conversions.DecimalConversion());
        GenericRecord delta = new GenericDatumReader<GenericRecord>(schema, schema, data)
                .read(null, DecoderFactory.get().binaryDecoder(value, 5, value.length - 5, null));
        boolean gone = delta.get(operation).toString().equals(delete);
        GenericRecord image = (GenericRecord) delta.get(gone ? "before" : "after");
        Map<String, String> row = new HashMap<>();
        for (Schema.Field field : image.getSchema().getFields()) {
            if (image.get(field.pos()) != null) {
                row.put(field.name(), image.get(field.pos()).toString());
            }
        }
        String id = Objects.requireNonNull(row.get("id"));
        return new Told(id, gone ? null : row);
    }

    private Told protobuf(byte[] value) throws IOException {
        Descriptor descriptor;
        try {
            descriptor = FileDescriptorUtils.protoFileToFileDescriptor(ProtobufFile.toProtoFileElement(schema(value)))
                    .getMessageTypes()
                    .getFirst();
        } catch (com.google.protobuf.Descriptors.DescriptorValidationException e) {
            throw new IOException(e);
        }
        DynamicMessage delta = DynamicMessage.parseFrom(
                descriptor, com.google.protobuf.ByteString.copyFrom(value, 6, value.length - 6));
        boolean gone = field(delta, "op").toString().endsWith("DELETE");
        Message image = (Message) field(delta, gone ? "before" : "after");
        Map<String, String> row = new HashMap<>();
        image.getAllFields().forEach((field, content) -> row.put(field.getName(), content.toString()));
        String id = Objects.requireNonNull(row.get("id"));
        return new Told(id, gone ? null : row);
    }

    private static Object field(Message message, String name) {
        FieldDescriptor field = message.getDescriptorForType().findFieldByName(name);
        return message.getField(field);
    }

    private String schema(byte[] value) throws IOException {
        int id = ByteBuffer.wrap(value).getInt(1);
        String known = schemas.get(id);
        if (known != null) {
            return known;
        }
        try {
            HttpResponse<String> answer = http.send(
                    HttpRequest.newBuilder(URI.create(registry + "/schemas/ids/" + id))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            String schema = Fold.JSON.readTree(answer.body()).get("schema").asText();
            schemas.put(id, schema);
            return schema;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }
}
