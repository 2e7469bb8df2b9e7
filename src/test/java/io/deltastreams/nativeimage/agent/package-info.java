/**
 * A Java agent that records what a program looks up by name: classes, members, resources, services, proxies. It stands in a JAR of its own
 * ({@code target/*-reflection-agent.jar}) on the boot class path of the JVM that it watches, and may know nothing but the JDK.
 */
@NullMarked
package io.deltastreams.nativeimage.agent;

import org.jspecify.annotations.NullMarked;
