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
#
# With DATABASE_URL (wal_level logical; psql and pgbench on the PATH) there is a second part: the memory while 100 transactions a second insert 100
# rows each for 30 seconds, captured to one feed with one reader, and to Kafka where KAFKA_BOOTSTRAP_SERVERS is set. Table, slot and publication
# delta_streams_measure are made for it, and dropped, whatever becomes of it: a slot that stayed would keep the server's log.
set -euo pipefail

if (($# == 0)); then
  sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0" >&2
  exit 64
fi
scripts=$(cd "$(dirname "$0")/aot" && pwd)
port=${MEASURE_PORT:-18081}
readonly scripts port
readonly ROUNDS=5 PATIENCE_MS=60000
table=delta_streams_measure
readonly table

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

start() {
  (cd "$work" && exec env QUARKUS_HTTP_PORT="$port" DELTA_STREAMS_FILE="$1" "${command[@]}") >"$work/service.log" 2>&1 &
  service=$!
}

stop() {
  kill -TERM "$service" 2>/dev/null || true
  wait "$service" || true
  service=0
}

# A line of the service's /proc status, in MB.
memory() {
  awk -v "line=$1:" '$1 == line { print int($2 / 1024) }' "/proc/$service/status"
}

captured() {
  get /feeds 100000 | grep -o '"captured":[0-9]*' | head -n 1 | cut -d: -f2
}

drop_measured() {
  psql -q "$DATABASE_URL" -c "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = '$table'" \
    -c "DROP PUBLICATION IF EXISTS $table" -c "DROP TABLE IF EXISTS $table" >/dev/null 2>&1 || true
  dropping=""
}

under_load() {
  local kafka="" before seconds
  [[ -z ${KAFKA_BOOTSTRAP_SERVERS:-} ]] || kafka=", kafka: { topic: $table, cleanup: delete }"
  work=$(mktemp -d)
  cat >"$work/load.yaml" <<END
name: measure
source: { postgresql: { url: "\${DATABASE_URL}", slot: $table, publication: $table, tables: [public.$table], snapshot: never } }
log: { path: log }
streams:
  rows: { from: public.$table, to: { feed: {}$kafka } }
END
  echo "INSERT INTO $table (name, amount) SELECT 'item ' || n, n / 7.0 FROM generate_series(1, 100) n;" >"$work/rows.sql"
  drop_measured
  dropping=yes
  psql -q "$DATABASE_URL" -c "CREATE TABLE $table (id bigserial PRIMARY KEY, name text, amount numeric, at timestamptz DEFAULT now())"
  start load.yaml
  await "$(now)" /q/health/ready 12 "200" >/dev/null
  (exec 3<>"/dev/tcp/127.0.0.1/$port" && printf 'GET /feeds/rows HTTP/1.1\r\nHost: localhost\r\n\r\n' >&3 && exec cat <&3 >/dev/null) &
  before=$(captured)
  seconds=$(now)
  pgbench -n -c 2 -R 100 -T 30 -f "$work/rows.sql" "$DATABASE_URL" >"$work/pgbench.log" 2>&1
  sleep 1
  seconds=$((($(now) - seconds - 1000) / 1000))
  echo "under $((($(captured) - before) / seconds)) changes a second: RSS $(memory VmRSS) MB, at most $(memory VmHWM) MB"
  stop
  drop_measured
  rm -rf "$work"
}

ready=() first=() rss=()
work=""
service=0
dropping=""
trap '[[ $service == 0 ]] || stop; [[ -z $dropping ]] || drop_measured; rm -rf "$work"' EXIT
for ((round = 0; round < ROUNDS; round++)); do
  work=$(mktemp -d)
  cp "$scripts/replay.yaml" "$scripts/replay.jsonl" "$work"
  begun=$(now)
  start replay.yaml
  took=$(await "$begun" /q/health/ready 12 "200")
  ready+=("$took")
  took=$(await "$begun" "/feeds/items?from=earliest" 600 "event: insert")
  first+=("$took")
  sleep 2
  rss+=("$(memory VmRSS)")
  stop
  rm -rf "$work"
done
echo "ready $(median "${ready[@]}") ms, first event $(median "${first[@]}") ms, RSS $(median "${rss[@]}") MB (medians of $ROUNDS: ready ${ready[*]}; first event ${first[*]}; RSS ${rss[*]})"
if [[ -z ${DATABASE_URL:-} ]]; then
  exit 0
elif command -v psql >/dev/null && command -v pgbench >/dev/null; then
  under_load
else
  echo "the memory under load is not measured: psql and pgbench are not both on the PATH" >&2
fi
