/** What lies in {@code deploy/}, judged by the tools that take it: Helm, Kubernetes' types, Prometheus, systemd, and our own reader of pipelines. */
@NullMarked
package io.deltastreams.deploy;

import org.jspecify.annotations.NullMarked;
