package io.deltastreams.transform;

import io.deltastreams.change.Relation;
import io.deltastreams.change.Schema;
import io.deltastreams.change.StreamId;
import io.deltastreams.change.Type;
import io.deltastreams.settings.Settings;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.calcite.sql.SqlCall;
import org.apache.calcite.sql.SqlIdentifier;
import org.apache.calcite.sql.SqlKind;
import org.apache.calcite.sql.SqlNode;
import org.jspecify.annotations.Nullable;

/**
 * What a declaration says, parsed; types itself against a schema.
 *
 * @param selection empty for all columns
 * @param masks by output column
 * @param labelled whether rows carry {@link Compiler#TABLE}
 */
record Definition(
        StreamId stream, Optional<Parsed> where, List<Parsed> selection, Map<String, Masked> masks, boolean labelled) {

    /** A clause and what it parsed into: one condition, or the items of a selection. */
    record Parsed(Clause clause, List<SqlNode> nodes) {}

    /** A mask and where it stands. */
    record Masked(Mask mask, Place place) {}

    Definition {
        selection = List.copyOf(selection);
        masks = Map.copyOf(masks);
    }

    static Parsed condition(Clause clause) throws InvalidStream {
        return new Parsed(clause, List.of(Sql.condition(clause)));
    }

    static Parsed selection(Clause clause) throws InvalidStream {
        Clause selecting = Sql.selecting(clause);
        return new Parsed(selecting, Sql.selection(selecting));
    }

    Stage compile(Schema table) throws InvalidStream {
        Relation relation = table.relation();
        String label = labelled ? relation.text() : null;
        Eval condition = null;
        BitSet conditioned = new BitSet();
        if (where.isPresent()) {
            Compiler compiler = new Compiler(where.get().clause(), table, label);
            Expr expr = compiler.compile(where.get().nodes().getFirst());
            condition = compiler.coercion().bool(expr, "where").eval();
            conditioned = compiler.used();
        }
        List<Output> outputs = masked(checkNames(outputs(table, label)), table);
        return RowStage.of(stream, table, outputs, condition, conditioned, labelled);
    }

    private List<Output> outputs(Schema table, @Nullable String label) throws InvalidStream {
        List<Output> outputs = new ArrayList<>();
        Clause nowhere = Clause.of(stream, "from", "");
        if (label != null) {
            Expr constant = Expr.constant(Type.Simple.TEXT, label, nowhere.place(1, 1));
            outputs.add(Output.computed(Compiler.TABLE, constant));
        }
        if (selection.isEmpty()) {
            all(table, nowhere.place(1, 1), outputs);
        }
        for (Parsed parsed : selection) {
            Compiler compiler = new Compiler(parsed.clause(), table, label);
            for (SqlNode node : parsed.nodes()) {
                select(compiler, table, node, outputs);
            }
        }
        return outputs;
    }

    private static void all(Schema table, Place place, List<Output> outputs) {
        for (int i = 0; i < table.columns().size(); i++) {
            outputs.add(Output.passing(table.columns().get(i), i, place));
        }
    }

    private void select(Compiler compiler, Schema table, SqlNode node, List<Output> outputs) throws InvalidStream {
        if (node instanceof SqlIdentifier identifier && identifier.isStar()) {
            if (identifier.names.size() > 1) {
                throw compiler.error(node, "write * alone");
            }
            all(table, compiler.place(node), outputs);
            return;
        }
        if (node.getKind() == SqlKind.AS) {
            List<SqlNode> operands = ((SqlCall) node).getOperandList();
            String name = ((SqlIdentifier) operands.get(1)).getSimple();
            outputs.add(Output.computed(name, compiler.compile(operands.get(0))));
            return;
        }
        Expr expr = compiler.compile(node);
        if (!(node instanceof SqlIdentifier identifier)) {
            throw compiler.error(node, "a computed column needs a name: … AS name");
        }
        if (labelled && identifier.getSimple().equals(Compiler.TABLE)) {
            return;
        }
        outputs.add(Output.computed(table.columns().get(expr.column()).name(), expr));
    }

    private List<Output> checkNames(List<Output> outputs) throws InvalidStream {
        Map<String, Output> seen = new HashMap<>();
        for (Output output : outputs) {
            if (seen.putIfAbsent(output.name(), output) != null) {
                throw new InvalidStream(
                        stream,
                        output.place(),
                        "column '%s' stands twice; rename one: … AS name".formatted(output.name()));
            }
        }
        if (outputs.isEmpty()) {
            throw new InvalidStream(stream, new Place("select", 1, 1), "no column is selected");
        }
        return outputs;
    }

    private List<Output> masked(List<Output> outputs, Schema table) throws InvalidStream {
        List<String> names = outputs.stream().map(Output::name).toList();
        for (Map.Entry<String, Masked> mask : masks.entrySet()) {
            if (!names.contains(mask.getKey())) {
                throw new InvalidStream(stream, mask.getValue().place(), Compiler.unknownColumn(mask.getKey(), names));
            }
        }
        List<Output> masked = new ArrayList<>();
        for (Output output : outputs) {
            Masked how = masks.get(output.name());
            if (how == null) {
                masked.add(output);
                continue;
            }
            checkKey(output, how, table);
            if (!(how.mask() instanceof Mask.Drop)) {
                masked.add(how.mask().over(output));
            }
        }
        return masked;
    }

    private void checkKey(Output output, Masked how, Schema table) throws InvalidStream {
        boolean isKey = (labelled && output.name().equals(Compiler.TABLE))
                || (output.identifies() >= 0 && table.key().contains(output.identifies()));
        if (isKey && !how.mask().keepsIdentity()) {
            throw new InvalidStream(
                    stream, how.place(), "a key column can only be masked by sha256, or left out of select");
        }
        if (isKey && output.identifies() < 0) {
            throw new InvalidStream(stream, how.place(), "%s cannot be masked".formatted(Compiler.TABLE));
        }
    }

    /** Where {@code settings} tells a problem that an exception carries. */
    static void tell(Settings settings, Settings.Item item, InvalidStream e) {
        settings.problem(
                new Settings.Item(
                        item.text(),
                        item.path(),
                        e.line(),
                        e.column(),
                        item.textLine(),
                        item.textColumn(),
                        item.block()),
                e.problem());
    }
}
