package io.deltastreams.codec.protobuf;

import io.deltastreams.change.Column;
import io.deltastreams.change.Schema;
import io.deltastreams.codec.protobuf.ProtoFile.Message;
import io.deltastreams.codec.protobuf.ProtoFile.Numbered;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * The file of a key or a value, but for the numbers of columns and labels.
 *
 * @param columns of the schema that the fields stand for, in the file's order
 * @param fields what they are called
 * @param forms how their values are written
 * @param comments by path within the file's message
 */
record Layout(
        String namespace,
        String name,
        boolean isKey,
        List<Integer> columns,
        List<String> fields,
        List<Form> forms,
        Map<String, String> comments) {

    /** The place of columns among what {@link #wanted} tells, where enums stand under their names. */
    static final String COLUMNS = "";

    /** A field or label that needs a number; labels have no kind. */
    record Wanted(String name, String kind) {}

    static Layout ofKey(String namespace, Schema schema) {
        return of(namespace, schema, schema.key(), true);
    }

    static Layout ofValue(String namespace, Schema schema) {
        List<Integer> all = new ArrayList<>();
        for (int i = 0; i < schema.columns().size(); i++) {
            all.add(i);
        }
        return of(namespace, schema, all, false);
    }

    private static Layout of(String namespace, Schema schema, List<Integer> indexes, boolean isKey) {
        List<Column> columns = indexes.stream().map(schema.columns()::get).toList();
        List<String> fields = Names.fields(columns.stream().map(Column::name).toList());
        Set<String> taken = new HashSet<>(Envelope.OPERATIONS.members().keySet());
        // By name, so that a schema with the same columns in another order has the same forms.
        Map<String, Form> forms = new HashMap<>();
        Map<String, Column> byField = new TreeMap<>();
        for (int i = 0; i < fields.size(); i++) {
            byField.put(fields.get(i), columns.get(i));
        }
        byField.forEach((field, column) -> forms.put(field, Form.of(column.type(), field, isKey, taken)));
        Map<String, String> comments = new HashMap<>(isKey ? Map.of() : Envelope.COMMENTS);
        byField.forEach((field, column) -> {
            String comment = Comments.of(column, field);
            if (!comment.isEmpty()) {
                comments.put((isKey ? "" : ProtoFile.ROW + ".") + field, comment);
            }
            if (forms.get(field) instanceof Form.Labels labels) {
                labels.names().forEach((label, name) -> comments.put(labels.type() + "." + name, label));
            }
        });
        return new Layout(
                namespace,
                Names.ofType(schema.relation().text()) + (isKey ? "Key" : "Delta"),
                isKey,
                List.copyOf(indexes),
                fields,
                fields.stream().map(forms::get).toList(),
                comments);
    }

    /** What needs numbers: the columns' fields, and the labels of each enum. */
    Map<String, List<Wanted>> wanted() {
        Map<String, List<Wanted>> wanted = new LinkedHashMap<>();
        List<Wanted> ofColumns = new ArrayList<>();
        for (int i = 0; i < fields.size(); i++) {
            ofColumns.add(new Wanted(fields.get(i), "optional " + forms.get(i).type()));
            if (innermost(forms.get(i)) instanceof Form.Labels labels) {
                List<Wanted> ofLabels = new ArrayList<>();
                ofLabels.add(new Wanted(Form.unspecified(fields.get(i)), ""));
                labels.names().values().forEach(name -> ofLabels.add(new Wanted(name, "")));
                wanted.put(labels.type(), ofLabels);
            }
        }
        wanted.put(COLUMNS, ofColumns);
        return wanted;
    }

    private static Form innermost(Form form) {
        return form instanceof Form.Elements elements ? innermost(elements.element()) : form;
    }

    /** @param numbers of everything {@link #wanted} */
    ProtoFile file(Function<String, Numbered> numbers) {
        Map<String, Message> messages = new TreeMap<>();
        Map<String, Numbered> enums = new LinkedHashMap<>();
        forms.forEach(form -> Form.declare(form, messages));
        wanted().keySet().stream()
                .filter(scope -> !scope.equals(COLUMNS))
                .forEach(type -> enums.put(type, numbers.apply(type)));
        Numbered columnNumbers = numbers.apply(COLUMNS);
        return new ProtoFile(
                namespace,
                name,
                isKey
                        ? new Message(columnNumbers, messages, enums)
                        : Envelope.around(Message.of(columnNumbers), messages, enums));
    }
}
