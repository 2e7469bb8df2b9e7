package io.deltastreams.sink.kafka;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;

@QuarkusTest
@QuarkusTestResource(value = TestBroker.class, restrictToAnnotatedClass = true)
class KafkaSinkTest extends KafkaSinkContract {

    KafkaSinkTest() {
        super("at-least-once", true);
    }
}
