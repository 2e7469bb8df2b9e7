#!/usr/bin/env bash
# Trains the AOT cache (JEP 483, 514, 515) of a packaged service: starts it as it is started in earnest, asks it what users and probes ask, ends it by
# SIGTERM, and has the JVM write down what it has loaded, linked and found worth compiling. The cache belongs to this JVM, its options and these jars;
# any other ignores it and starts as without.
#
#   deploy/aot/train.sh [APP [PIPELINE]]
#
# APP is the folder with quarkus-run.jar (target/quarkus-app); the cache becomes APP/delta-streams.aot.
# PIPELINE is a pipeline file, run where it stands with the environment as it is (DATABASE_URL, KAFKA_BOOTSTRAP_SERVERS), so that the cache has
# the classes of the real source and outputs. Without, a script is replayed, and no server is needed.
# AOT_JAVA_OPTIONS replaces the options that deploy/Dockerfile.jvm runs with; AOT_PORT (18080) is where it listens meanwhile.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
app=$(cd "${1:-target/quarkus-app}" && pwd)
pipeline=$(realpath "${2:-$here/replay.yaml}")
java=${JAVA_HOME:+$JAVA_HOME/bin/}java
port=${AOT_PORT:-18080}
read -ra options <<<"${AOT_JAVA_OPTIONS:--Xmx512m -XX:+ExitOnOutOfMemoryError --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow}"
readonly here app pipeline java port options
readonly PATIENCE=60

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [[ $# -lt 2 ]]; then
  cp "$here/replay.yaml" "$here/replay.jsonl" "$work"
  cd "$work"
else
  cd "$(dirname "$pipeline")"
fi

# GET without curl, which images of a JRE lack; prints the status and what comes within a second.
get() {
  { exec 3<>"/dev/tcp/127.0.0.1/$port"; } 2>/dev/null || return 0
  printf 'GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' "$1" >&3
  timeout 1 cat <&3 || true
  exec 3>&-
}

# Paths that stay the same wherever it runs: the cache looks at them as they were given.
"$java" "${options[@]}" -XX:AOTCacheOutput="$app/delta-streams.aot" -Dquarkus.http.port="$port" \
  -jar "$app/quarkus-run.jar" --file "$(basename "$pipeline")" >"$work/service.log" 2>&1 &
service=$!

for ((second = 0; ; second++)); do
  if [[ $(get /q/health/ready) == "HTTP/1.1 200"* ]]; then
    break
  fi
  if ! kill -0 "$service" 2>/dev/null || ((second >= PATIENCE)); then
    echo "the service was not ready after $second s; it said:" >&2
    cat "$work/service.log" >&2
    kill "$service" 2>/dev/null || true
    exit 1
  fi
  sleep 1
done
stream=$(sed -n 's/^  \([a-z_]*\):.*/\1/p' "$(basename "$pipeline")" | tail -n 1)
for path in /q/health/live /q/metrics /feeds / "/feeds/$stream?from=snapshot" "/feeds/$stream?from=earliest&limit=10"; do
  get "$path" >/dev/null
done

kill -TERM "$service"
wait "$service" || true
if [[ ! -s $app/delta-streams.aot ]]; then
  echo "the JVM has written no cache; is it of Java 25 or later? It said:" >&2
  cat "$work/service.log" >&2
  exit 1
fi
ls -lh "$app/delta-streams.aot"
