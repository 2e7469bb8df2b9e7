#!/usr/bin/env bash
# Makes the JVM that the container image brings: of the JDK's modules only those that the service uses, a third of a JDK's size.
#
#   deploy/aot/link.sh APP OUT
#
# APP is the folder with quarkus-run.jar (target/quarkus-app), OUT the new JVM's folder, made here. JAVA_HOME names a JDK of Java 25 or later.
set -euo pipefail

app=$(cd "${1:?APP is missing, the folder with quarkus-run.jar}" && pwd)
readonly app out=${2:?OUT is missing, the folder that is made}
readonly bin=${JAVA_HOME:+$JAVA_HOME/bin/}

# Named by no code, found at run time: character sets of old servers, a debugger's and a profiler's hooks, flight recordings, TCP's keep-alive
# options, Kerberos' login, a cryptographic token.
readonly BY_NAME=jdk.charsets,java.instrument,jdk.jfr,jdk.net,jdk.security.auth,jdk.crypto.cryptoki
# Vert.x's generator of code, which nobody runs here, would bring the compiler.
readonly NEVER='^(java|jdk)\.compiler$'

class_path=$(find "$app" -name '*.jar' -not -name quarkus-run.jar -printf '%p:')
modules=$("${bin}jdeps" --print-module-deps --ignore-missing-deps --multi-release 25 --class-path "$class_path" "$app"/app/*.jar "$app"/quarkus/*.jar \
  | tr ',' '\n' | grep -Ev "$NEVER" | paste -sd ,)
"${bin}jlink" --add-modules "$modules,$BY_NAME" --no-header-files --no-man-pages --output "$out"
du -sh "$out"
