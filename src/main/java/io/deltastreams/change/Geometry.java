package io.deltastreams.change;

import java.util.OptionalInt;

/** A geometry in well-known binary (OGC 06-103r4), with its spatial reference where it has one. */
public record Geometry(Bytes wkb, OptionalInt srid) {}
