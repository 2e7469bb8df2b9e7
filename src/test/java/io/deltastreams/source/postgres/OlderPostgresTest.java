package io.deltastreams.source.postgres;

import io.deltastreams.postgres.PostgresVersion;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;

/** The direct reader on servers before the newest, which speak versions 2 (PostgreSQL 14), 3 (15) and 4 (16 and 17) of the protocol: the port's contract and every type; the whole of the newest's tests under torture. */
class OlderPostgresTest {

    @Nested
    @Tag("torture")
    class AllOn14 extends DirectPostgresTest {

        @Override
        protected PostgresVersion version() {
            return PostgresVersion.V14;
        }
    }

    @Nested
    @Tag("torture")
    class AllOn15 extends DirectPostgresTest {

        @Override
        protected PostgresVersion version() {
            return PostgresVersion.V15;
        }
    }

    @Nested
    class ContractOn14 extends DirectPostgresContractTest {

        @Override
        protected PostgresVersion version() {
            return PostgresVersion.V14;
        }
    }

    @Nested
    @Tag("torture")
    class ContractOn15 extends DirectPostgresContractTest {

        @Override
        protected PostgresVersion version() {
            return PostgresVersion.V15;
        }
    }

    @Nested
    @Tag("torture")
    class ContractOn16 extends DirectPostgresContractTest {

        @Override
        protected PostgresVersion version() {
            return PostgresVersion.V16;
        }
    }

    @Nested
    class ContractOn17 extends DirectPostgresContractTest {

        @Override
        protected PostgresVersion version() {
            return PostgresVersion.V17;
        }
    }

    @Nested
    class TypesOn14 extends DirectPostgresTypesTest {

        @Override
        protected PostgresVersion version() {
            return PostgresVersion.V14;
        }
    }

    @Nested
    @Tag("torture")
    class TypesOn15 extends DirectPostgresTypesTest {

        @Override
        protected PostgresVersion version() {
            return PostgresVersion.V15;
        }
    }

    @Nested
    @Tag("torture")
    class TypesOn16 extends DirectPostgresTypesTest {

        @Override
        protected PostgresVersion version() {
            return PostgresVersion.V16;
        }
    }

    @Nested
    class TypesOn17 extends DirectPostgresTypesTest {

        @Override
        protected PostgresVersion version() {
            return PostgresVersion.V17;
        }
    }
}
