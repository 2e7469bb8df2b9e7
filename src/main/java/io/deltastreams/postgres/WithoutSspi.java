package io.deltastreams.postgres;

import com.oracle.svm.core.annotate.Substitute;
import com.oracle.svm.core.annotate.TargetClass;
import org.jspecify.annotations.Nullable;
import org.postgresql.core.PGStream;
import org.postgresql.sspi.ISSPIClient;

/** In a native executable, the driver does without the login that only Windows has; its code wants libraries that nobody here brings. */
@TargetClass(className = "org.postgresql.core.v3.ConnectionFactoryImpl")
final class WithoutSspi {

    private WithoutSspi() {}

    @Substitute
    @SuppressWarnings({"UnusedMethod", "UnusedVariable"})
    private static ISSPIClient createSSPI(PGStream stream, @Nullable String serviceClass, boolean negotiate) {
        throw new IllegalStateException(
                "the server asks for a login by SSPI, which a native executable does not have; use the JVM's package on Windows, or gsslib=gssapi");
    }
}
