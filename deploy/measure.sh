#!/usr/bin/env bash
# How fast a service starts and what it then takes, for a native executable and for a JVM alike: starts it five times with a replayed script and
# prints the medians.
#
#   deploy/measure.sh target/delta-streams-0.1.0-SNAPSHOT-runner
#   deploy/measure.sh java -Xmx512m -jar target/quarkus-app/quarkus-run.jar
#   deploy/measure.sh java -Xmx512m -XX:AOTCache=target/quarkus-app/delta-streams.aot -jar target/quarkus-app/quarkus-run.jar
#
# ready: from the command to the first 200 of /q/health/ready. first event: from the command to the first delta on a feed, of a reader that tries
# again every 30 ms. RSS: resident memory two seconds after that, nothing being written. MEASURE_PORT (18081) is where it listens.
set -euo pipefail

if (($# == 0)); then
  sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0" >&2
  exit 64
fi
scripts=$(cd "$(dirname "$0")/aot" && pwd)
port=${MEASURE_PORT:-18081}
readonly scripts port
readonly ROUNDS=5 PATIENCE_MS=60000

# Files that the command names are found from where it was given.
command=()
for word in "$@"; do
  case $word in
    *=*/* | *=*.aot) command+=("${word%%=*}=$(realpath "${word#*=}")") ;;
    *) if [[ -e $word ]]; then command+=("$(realpath "$word")"); else command+=("$word"); fi ;;
  esac
done

now() {
  echo "$((${EPOCHREALTIME//[!0-9]/} / 1000))"
}

# The first bytes of what GET answers.
get() {
  { exec 3<>"/dev/tcp/127.0.0.1/$port"; } 2>/dev/null || return 0
  printf 'GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' "$1" >&3
  timeout 2 head -c "$2" <&3 || true
  exec 3>&-
}

# Asks until the answer has what is wanted; the milliseconds since the start.
await() {
  local start=$1 path=$2 bytes=$3 wanted=$4
  until [[ $(get "$path" "$bytes" | tr -d '\0') == *"$wanted"* ]]; do
    if ! kill -0 "$service" 2>/dev/null || (($(now) - start > PATIENCE_MS)); then
      echo "no '$wanted' from $path; it said:" >&2
      cat "$work/service.log" >&2
      exit 1
    fi
    # Asking takes a processor from what starts.
    sleep 0.03
  done
  echo "$(($(now) - start))"
}

median() {
  printf '%s\n' "$@" | sort -n | sed -n "$(((ROUNDS + 1) / 2))p"
}

ready=() first=() rss=()
work=""
service=0
trap '[[ $service == 0 ]] || kill "$service" 2>/dev/null; rm -rf "$work"' EXIT
for ((round = 0; round < ROUNDS; round++)); do
  work=$(mktemp -d)
  cp "$scripts/replay.yaml" "$scripts/replay.jsonl" "$work"
  start=$(now)
  (cd "$work" && exec env QUARKUS_HTTP_PORT="$port" DELTA_STREAMS_FILE=replay.yaml "${command[@]}") >"$work/service.log" 2>&1 &
  service=$!
  took=$(await "$start" /q/health/ready 12 "200")
  ready+=("$took")
  took=$(await "$start" "/feeds/items?from=earliest" 600 "event: insert")
  first+=("$took")
  sleep 2
  rss+=("$(awk '/^VmRSS/ { print int($2 / 1024) }' "/proc/$service/status")")
  kill -TERM "$service"
  wait "$service" || true
  service=0
  rm -rf "$work"
done
echo "ready $(median "${ready[@]}") ms, first event $(median "${first[@]}") ms, RSS $(median "${rss[@]}") MB (medians of $ROUNDS: ready ${ready[*]}; first event ${first[*]}; RSS ${rss[*]})"
