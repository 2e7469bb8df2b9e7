#!/usr/bin/env bash
# Builds the native executable target/*-runner: with a local GraalVM or Mandrel 25, or else in Quarkus' builder container. Prints its size, and how
# fast it starts and what it takes (deploy/measure.sh); with DATABASE_URL and KAFKA_BOOTSTRAP_SERVERS it is tried on these once, too.
#
#   ./native-build.sh [--quick | --small] [Maven's arguments]
#
# --quick builds in half the time what runs slower (-Ob); --small builds what takes less memory and runs slower, too (-Os). NATIVE_ARGS, separated
# by commas, go to native-image: -O3 for throughput, --gc=G1 (Oracle GraalVM on Linux) where the heap is large, --pgo-instrument and later --pgo=FILE
# (Oracle GraalVM) for a profile of the real load.
# BUILDER_IMAGE names another builder, MAVEN_OPTS goes to Maven as ever.
set -euo pipefail

cd "$(dirname "$0")"

readonly WANTED=25
readonly BUILDER_IMAGE=${BUILDER_IMAGE:-quay.io/quarkus/ubi9-quarkus-mandrel-builder-image:jdk-25}

# The major version of the Java that a native-image tool belongs to, 0 if it tells none.
version_of() {
  local told
  told=$("$1" --version 2>/dev/null | head -n 1) || told=""
  if [[ $told =~ ^native-image\ ([0-9]+) ]]; then
    echo "${BASH_REMATCH[1]}"
  else
    echo 0
  fi
}

# The folder of a GraalVM that is new enough; what is found but too old is told.
find_graalvm() {
  local tool version
  for tool in "${GRAALVM_HOME:-}/bin/native-image" "${JAVA_HOME:-}/bin/native-image" "$(command -v native-image || true)"; do
    [[ -x $tool && -f $tool ]] || continue
    version=$(version_of "$tool")
    if ((version >= WANTED)); then
      dirname "$(dirname "$(readlink -f "$tool")")"
      return 0
    fi
    echo "$tool is of Java $version, but $WANTED is wanted" >&2
  done
  return 1
}

# A container engine that answers.
find_engine() {
  local engine
  for engine in docker podman; do
    if command -v "$engine" >/dev/null && "$engine" info >/dev/null 2>&1; then
      echo "$engine"
      return 0
    fi
  done
  return 1
}

build() {
  ./mvnw -B -ntp package -DskipTests -Dquarkus.native.enabled=true -Dquarkus.package.jar.enabled=false \
    ${native_args:+"-Dquarkus.native.additional-build-args=$native_args"} "$@"
}

# Whatever the job delivers, and says: the executable itself against real servers.
try_on_servers() {
  local program=$1 work
  work=$(mktemp -d)
  cat >"$work/delta-streams.yaml" <<'END'
name: smoke
source: { postgresql: { url: "${DATABASE_URL}", slot: delta_streams_smoke, publication: delta_streams_smoke, tables: ["public.*"] } }
log: { path: log }
streams:
  everything: { from: "public.*", to: { feed: {}, kafka: { topic: "delta-streams-smoke" } } }
END
  (cd "$work" && QUARKUS_HTTP_PORT=0 "$program" --until caught-up --within 5m)
  rm -rf "$work"
  echo "Tried on the database and the broker; what is left there: slot and publication delta_streams_smoke, topic delta-streams-smoke"
}

native_args=${NATIVE_ARGS:-}
case ${1:-} in
  --quick) level=-Ob ;;
  --small) level=-Os ;;
  *) level="" ;;
esac
if [[ -n $level ]]; then
  shift
  native_args=${native_args:+$native_args,}$level
fi
readonly native_args

if graalvm=$(find_graalvm); then
  echo "Building with the GraalVM in $graalvm"
  GRAALVM_HOME=$graalvm JAVA_HOME=$graalvm build "$@"
elif engine=$(find_engine); then
  echo "No GraalVM $WANTED here: building in $BUILDER_IMAGE with $engine"
  build -Dquarkus.native.container-build=true \
    -Dquarkus.native.container-runtime="$engine" \
    -Dquarkus.native.builder-image="$BUILDER_IMAGE" "$@"
else
  cat >&2 <<END
The native executable needs one of these, and neither is here:
  - a GraalVM or Mandrel for Java $WANTED, named by GRAALVM_HOME or JAVA_HOME or on the PATH (SDKMAN: sdk install java 25-graalce)
  - a running Docker or Podman, in which Quarkus' builder image does it
With either: 8 GB of memory and some minutes.
END
  exit 1
fi

executable=$(realpath target/*-runner)
readonly executable
# RocksDB's library, which the executable has inside, too: where it finds it beside itself, it need not unpack it, and takes 15 MB less.
[[ $(uname -m) == x86_64 ]] && library=librocksdbjni-linux64.so || library=librocksdbjni-linux-aarch64.so
(cd target && "${JAVA_HOME:+$JAVA_HOME/bin/}jar" --extract --file *-native-image-source-jar/lib/org.rocksdb.rocksdbjni-*.jar "$library")
ls -lh "$executable"
deploy/measure.sh "$executable"
if [[ -n ${DATABASE_URL:-} && -n ${KAFKA_BOOTSTRAP_SERVERS:-} ]]; then
  try_on_servers "$executable"
fi
