# shellcheck shell=bash
# Sourced by ./headrace and config/train-aot.sh, which must agree on it: how java runs with a cache of loaded and linked classes
# (JEP 483, 514, 515). Written for bash 3.2.
#
# The cache holds classes of Java's own class path loader only, so the packaged application runs on a plain class path instead of the
# loader of quarkus-run.jar. The class path is two jars, made of all the application's jars when the cache is made, see MergeJars.java.

# shellcheck disable=SC2034 # used by those who source this
# The cache of folder $1 is $1/target/headrace.aot; beside it are headrace.aot.jar, the application, headrace.aot.settings.jar, its
# settings, and headrace.aot.jdk, which says which JDK made the cache.
HEADRACE_AOT_OPTIONS=(
  --enable-native-access=ALL-UNNAMED
  --add-opens=java.base/java.lang=ALL-UNNAMED
  --add-opens=java.base/java.nio=ALL-UNNAMED
  --add-opens=java.base/jdk.internal.misc=ALL-UNNAMED
  -Djava.util.logging.manager=org.jboss.logmanager.LogManager
  -Dai.djl.offline=true
)

# The cache is mapped where it was made for, or else java moves it elsewhere at random and rewrites every pointer in its 50 MB. There is
# nothing in it to compile early; the thread that would look costs 25 ms.
HEADRACE_AOT_IN_PLACE=(-XX:+UnlockDiagnosticVMOptions -XX:ArchiveRelocationMode=0 -XX:-AOTReplayTraining)

# Sets HEADRACE_AOT_JDK to what identifies the JDK in folder $1, by whatever path it is reached: what its release file says.
aot_jdk() {
  HEADRACE_AOT_JDK=""
  IFS= read -r -d '' HEADRACE_AOT_JDK <"$1/release" || true
}

# Sets HEADRACE_AOT_CLASS_PATH to the class path of the cache of folder $1.
aot_class_path() {
  HEADRACE_AOT_CLASS_PATH=$1/target/headrace.aot.settings.jar:$1/target/headrace.aot.jar
}

# Whether the cache of folder $1 was made after its build and by the JDK in folder $2. Sets HEADRACE_AOT_WHY to what is wrong with
# one that was not; empty where there is none.
aot_fits() {
  local aot=$1/target/headrace.aot known=""
  HEADRACE_AOT_WHY=""
  [ -f "$aot" ] && [ -f "$aot.jar" ] && [ -f "$aot.settings.jar" ] && [ -f "$aot.jdk" ] || return 1
  case $1 in *:*) return 1 ;; esac # no class path can name it
  if ! [ "$aot" -nt "$1/target/quarkus-app/quarkus-run.jar" ]; then
    HEADRACE_AOT_WHY="it is older than the build"
    return 1
  fi
  aot_jdk "$2"
  IFS= read -r -d '' known <"$aot.jdk" || true
  if [ "$known" != "$HEADRACE_AOT_JDK" ]; then
    HEADRACE_AOT_WHY="another JDK than the one in $2 made it"
    return 1
  fi
}
