package io.deltastreams.source.debezium;

import com.oracle.svm.core.annotate.Substitute;
import com.oracle.svm.core.annotate.TargetClass;

/**
 * In a native executable, nobody judges the headers of Connect's REST server, which the engine reads the settings of and never starts: that would
 * take the server's libraries, which no image takes.
 */
@TargetClass(className = "org.apache.kafka.connect.runtime.rest.RestServerConfig$ResponseHttpHeadersValidator")
final class WithoutRestServer {

    private WithoutRestServer() {}

    @Substitute
    @SuppressWarnings({"UnusedMethod", "UnusedVariable"})
    public void ensureValid(String name, Object value) {}
}
