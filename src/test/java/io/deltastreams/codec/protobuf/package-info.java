/** The format protobuf, read back by protobuf-java with descriptors of the registered texts as Wire's parser reads them. */
@NullMarked
package io.deltastreams.codec.protobuf;

import org.jspecify.annotations.NullMarked;
