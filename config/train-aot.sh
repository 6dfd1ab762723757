#!/usr/bin/env bash
# Makes target/headrace.aot, with which ./headrace starts in a fraction of the time: config/train-aot.sh
#
# The build runs it last. It starts the packaged server with a tiny model, asks it a few questions, and lets java write what it loaded.
# A server without the cache is a slower one to start and nothing worse, so no failure here fails a build: the output is in
# target/headrace-aot.log.
set -uo pipefail

root=$(cd -P "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=config/find-jdk.sh
. "$root/config/find-jdk.sh"
# shellcheck source=config/aot.sh
. "$root/config/aot.sh"

aot=$root/target/headrace.aot
log=$root/target/headrace-aot.log
model=$root/src/test/resources/io/headrace/golden/tiny/llama-q4_1.gguf
java=""

give_up() {
  printf 'train-aot: no class cache was made (%s): the server will start more slowly. Output: %s\n' "$1" "$log" >&2
  if [ -n "$java" ]; then kill -KILL "$java" 2>/dev/null; fi
  rm -f "$aot" "$aot.jdk" "$aot.jar" "$aot.settings.jar" "$aot.new" "$aot.new.config"
  exit 0
}

# Sends request $2 with body $3 to port $1 and reads the answer to its end.
ask() {
  exec 3<>"/dev/tcp/127.0.0.1/$1" || return 1
  printf '%s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s' \
    "$2" "${#3}" "${3:-}" >&3
  cat <&3 >>"$log"
  exec 3<&- 3>&-
}

# Waits up to $1 tenths of a second until the command that follows succeeds; false as soon as java has ended.
await() {
  local left=$1
  shift
  while ! "$@"; do
    left=$((left - 1))
    if [ "$left" -le 0 ] || ! kill -0 "$java" 2>/dev/null; then return 1; fi
    sleep 0.1
  done
}

says_port() {
  port=$(sed -n 's|.* at http://127\.0\.0\.1:\([0-9]*\) .*|\1|p' "$log" | head -n 1)
  [ -n "$port" ]
}

ended() { ! kill -0 "$java" 2>/dev/null; }

for variable in ${!HEADRACE_@}; do
  case $variable in HEADRACE_JDK* | HEADRACE_JAVA | HEADRACE_AOT*) ;; *) unset "$variable" ;; esac
done
mkdir -p "$root/target"
: >"$log"
find_jdk || give_up "there is no JDK"
[ -f "$root/target/quarkus-app/quarkus-run.jar" ] || give_up "there is no build"
[ -f "$model" ] || give_up "there is no model to train with"
case $root in *:*) give_up "the folder's name has a colon" ;; esac
rm -f "$aot" "$aot.jdk" "$aot.jar" "$aot.settings.jar" "$aot.new"
# What Quarkus wrote comes before what it replaces.
app=$root/target/quarkus-app
"$HEADRACE_JDK/bin/java" -XX:TieredStopAtLevel=1 "$root/config/MergeJars.java" "$aot.jar" "$aot.settings.jar" "$app/quarkus/transformed-bytecode.jar" \
  "$app/quarkus/generated-bytecode.jar" "$app"/app/*.jar "$app"/lib/boot/*.jar "$app"/lib/main/*.jar >>"$log" 2>&1 ||
  give_up "the jars could not be merged"
aot_class_path "$root"
# Classes only: a cache that remembers how far methods were compiled has java compile them as far as soon as they run again. Thousands that
# a start calls a few times would be compiled in the middle of it, for a quarter of its processor time.
classes_only=(-XX:+UnlockDiagnosticVMOptions -XX:-AOTRecordTraining)
OPT_OUT_TRACKING=true "$HEADRACE_JDK/bin/java" "${HEADRACE_AOT_OPTIONS[@]}" "${classes_only[@]}" -Xmx512m -XX:+UseSerialGC -XX:AOTCacheOutput="$aot.new" \
  -cp "$HEADRACE_AOT_CLASS_PATH" io.headrace.Main serve --port 0 --model "$model" --set "home=$root/target/aot-home" \
  --chat-template "$(dirname "$model")/../templates/smollm2.jinja" --set offline=true --set engine.kv-memory=16MiB >>"$log" 2>&1 &
java=$!
port=""
await 600 says_port || give_up "the server did not start"
chat='{"messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"What is 2 + 2?"}],"max_tokens":16,"temperature":0'
for _ in 1 2 3 4 5 6; do
  ask "$port" "POST /v1/chat/completions" "$chat,\"stream\":true}" || give_up "the server did not answer"
  ask "$port" "POST /v1/chat/completions" "$chat,\"top_p\":0.9,\"temperature\":0.7}" || give_up "the server did not answer"
  ask "$port" "POST /v1/completions" '{"prompt":"Once upon a time","max_tokens":16}' || give_up "the server did not answer"
done
for path in /health /v1/models /metrics /; do ask "$port" "GET $path" "" || give_up "the server did not answer"; done
kill -TERM "$java"
await 900 ended
wait "$java" 2>/dev/null
java=""
[ -f "$aot.new" ] || give_up "java wrote none"
aot_jdk "$HEADRACE_JDK"
printf '%s' "$HEADRACE_AOT_JDK" >"$aot.jdk"
mv "$aot.new" "$aot"
