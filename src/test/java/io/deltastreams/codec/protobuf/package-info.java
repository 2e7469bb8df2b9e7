/** The format protobuf, read back by protobuf-java with descriptors that Apicurio's parser makes of the registered texts. */
@NullMarked
package io.deltastreams.codec.protobuf;

import org.jspecify.annotations.NullMarked;
