package io.deltastreams.codec.avro;

import org.apache.avro.Schema;

/** What a type is in Avro, and what writes its values so. */
record Form(Schema schema, ValueWriter writer) {}
