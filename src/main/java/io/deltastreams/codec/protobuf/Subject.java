package io.deltastreams.codec.protobuf;

import io.deltastreams.change.Schema;
import io.deltastreams.codec.SchemaRegistry;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The plans of a registry's subject: made once for each schema. Thread-safe. */
final class Subject {

    /** A power of two. Schemas that share a slot push each other out and are looked up again: slower, never wrong. */
    private static final int SLOTS = 256;

    private final SchemaRegistry registry;
    private final String name;
    private final Function<Schema, Layout> layouts;
    private final AtomicReferenceArray<@Nullable Slot> slots = new AtomicReferenceArray<>(SLOTS);
    private final Map<Schema, Plan> plans = new HashMap<>();
    private final Map<String, ProtoFile> files = new HashMap<>();
    private final Lock lock = new ReentrantLock();

    private record Slot(Schema schema, Plan plan) {}

    Subject(SchemaRegistry registry, String name, Function<Schema, Layout> layouts) {
        this.registry = registry;
        this.name = name;
        this.layouts = layouts;
    }

    /** By identity: comparing two schemas column by column for every delta would cost more than writing it. */
    @SuppressWarnings("ReferenceEquality")
    Plan plan(Schema schema) {
        int at = System.identityHashCode(schema) & (SLOTS - 1);
        Slot slot = slots.get(at);
        if (slot == null || slot.schema() != schema) {
            slot = new Slot(schema, shared(schema));
            slots.set(at, slot);
        }
        return slot.plan();
    }

    private Plan shared(Schema schema) {
        Schema shape = new Schema(schema.relation(), 1, schema.columns(), schema.key());
        // One at a time: who numbers a version must have seen those of all others.
        lock.lock();
        try {
            Plan plan = plans.get(shape);
            if (plan == null) {
                plan = make(shape);
                plans.put(shape, plan);
            }
            return plan;
        } finally {
            lock.unlock();
        }
    }

    private Plan make(Schema schema) {
        Layout layout = layouts.apply(schema);
        Evolution.Version version = Evolution.choose(
                layout, name, registry.versions(name), text -> files.computeIfAbsent(text, ProtoParser::parse));
        int id = registry.id(name, SchemaRegistry.Language.PROTOBUF, version.text());
        return Plan.of(id, schema, layout, version.file());
    }
}
