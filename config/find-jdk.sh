# shellcheck shell=bash
# Sourced by ./headrace and ./mvnw: finds a JDK, and says how to install what is missing.
#
# Written for bash 3.2, which is what macOS has. A JDK's version is read from its `release` file; no java is started. Where the
# JDKs of a machine lie elsewhere, HEADRACE_JDK_FOLDERS, a colon-separated list of folders that hold JDKs, replaces the usual places.

# The oldest Java that Headrace runs on.
HEADRACE_JAVA=25

# What find_jdk found: the JDK's folder, empty when there is none, and the newest too old one, for the message.
HEADRACE_JDK=""
HEADRACE_OLD_JDK=""

# Sets HEADRACE_JDK_MAJOR to the major version of the JDK in folder $1; empty unless there are a java, a javac and a readable release
# file. A variable, not output: a start would fork a shell for every folder that may hold a JDK.
jdk_major() {
  local line version=""
  HEADRACE_JDK_MAJOR=""
  [ -x "$1/bin/java" ] && [ -x "$1/bin/javac" ] && [ -r "$1/release" ] || return 0
  while IFS= read -r line || [ -n "$line" ]; do
    case $line in
      JAVA_VERSION=*)
        version=${line#JAVA_VERSION=}
        version=${version//[$'\r"']/}
        break
        ;;
    esac
  done <"$1/release"
  version=${version#1.} # 1.8.0 was 8
  version=${version%%[!0-9]*}
  HEADRACE_JDK_MAJOR=$version
}

# Takes folder $1 if it is a JDK that is new enough and better than the one at hand: the oldest that qualifies is the closest to
# what the project is tested with.
consider_jdk() {
  local major
  jdk_major "$1"
  major=$HEADRACE_JDK_MAJOR
  [ -n "$major" ] || return 0
  if [ "$major" -lt "$HEADRACE_JAVA" ]; then
    if [ -n "$HEADRACE_OLD_JDK" ]; then
      jdk_major "$HEADRACE_OLD_JDK"
      [ "$major" -gt "$HEADRACE_JDK_MAJOR" ] || return 0
    fi
    HEADRACE_OLD_JDK=$1
    return 0
  fi
  if [ -n "$HEADRACE_JDK" ]; then
    jdk_major "$HEADRACE_JDK"
    [ "$major" -lt "$HEADRACE_JDK_MAJOR" ] || return 0
  fi
  HEADRACE_JDK=$1
}

# The file that $1 names after all symbolic links; readlink -f is missing on older macOS.
resolve_links() {
  local file=$1 link
  while [ -L "$file" ]; do
    link=$(readlink "$file")
    case $link in
      /*) file=$link ;;
      *) file=$(dirname "$file")/$link ;;
    esac
  done
  printf '%s' "$(cd -P "$(dirname "$file")" && pwd)/$(basename "$file")"
}

# Sets HEADRACE_JDK: JAVA_HOME if it qualifies, else the usual install folders, else the java on the PATH. False when none does.
find_jdk() {
  local folder parent java
  HEADRACE_JDK=""
  HEADRACE_OLD_JDK=""
  if [ -n "${JAVA_HOME:-}" ]; then
    consider_jdk "$JAVA_HOME"
    [ -z "$HEADRACE_JDK" ] || return 0
  fi
  if [ -n "${HEADRACE_JDK_FOLDERS:-}" ]; then
    local folders
    IFS=: read -r -a folders <<<"$HEADRACE_JDK_FOLDERS"
    for parent in "${folders[@]}"; do
      for folder in "$parent"/*; do consider_jdk "$folder"; done
    done
  else
    for folder in /usr/lib/jvm/* /usr/lib64/jvm/* /usr/java/* /opt/* /opt/java/* /usr/local/java/* \
      "${HOME:-/nonexistent}"/.sdkman/candidates/java/* "${HOME:-/nonexistent}"/.jdks/* \
      /Library/Java/JavaVirtualMachines/*/Contents/Home "${HOME:-/nonexistent}"/Library/Java/JavaVirtualMachines/*/Contents/Home \
      /opt/homebrew/opt/openjdk*/libexec/openjdk.jdk/Contents/Home /usr/local/opt/openjdk*/libexec/openjdk.jdk/Contents/Home; do
      consider_jdk "$folder"
    done
  fi
  [ -z "$HEADRACE_JDK" ] || return 0
  java=$(command -v java || true)
  if [ -n "$java" ]; then
    java=$(resolve_links "$java")
    consider_jdk "$(dirname "$(dirname "$java")")"
  fi
  [ -n "$HEADRACE_JDK" ]
}

# A sentence about the missing JDK that names what is there instead.
missing_jdk() {
  local text="a JDK $HEADRACE_JAVA or newer"
  if [ -n "$HEADRACE_OLD_JDK" ]; then
    jdk_major "$HEADRACE_OLD_JDK"
    text="$text (there is only $HEADRACE_JDK_MAJOR in $HEADRACE_OLD_JDK)"
  elif [ -n "${JAVA_HOME:-}" ]; then
    text="$text (JAVA_HOME is $JAVA_HOME, which is none)"
  fi
  printf '%s' "$text"
}

# The JDK package that this machine's apt knows; prints nothing when it knows none.
apt_jdk() {
  local package
  for package in "openjdk-$HEADRACE_JAVA-jdk-headless" "temurin-$HEADRACE_JAVA-jdk"; do
    if apt-cache show "$package" >/dev/null 2>&1; then
      printf '%s' "$package"
      return 0
    fi
  done
}

# Prints the one command that installs what is named: any of jdk, maven, cmake, make, g++.
install_command() {
  local tool wanted=" $* " packages="" sudo=""
  local apt="" dnf="" zypper="" pacman="" apk="" brew=""
  for tool in jdk maven cmake make g++; do
    case $wanted in *" $tool "*) ;; *) continue ;; esac
    case $tool in
      jdk)
        if command -v apt-get >/dev/null 2>&1; then apt="$apt $(apt_jdk)"; fi
        dnf="$dnf java-$HEADRACE_JAVA-openjdk-devel" zypper="$zypper java-$HEADRACE_JAVA-openjdk-devel"
        pacman="$pacman jdk-openjdk" apk="$apk openjdk$HEADRACE_JAVA" brew="$brew openjdk@$HEADRACE_JAVA"
        ;;
      g++) apt="$apt g++" dnf="$dnf gcc-c++" zypper="$zypper gcc-c++" pacman="$pacman gcc" apk="$apk g++" brew="$brew gcc" ;;
      *) apt="$apt $tool" dnf="$dnf $tool" zypper="$zypper $tool" pacman="$pacman $tool" apk="$apk $tool" brew="$brew $tool" ;;
    esac
  done
  if [ "$(id -u)" != 0 ]; then sudo="sudo "; fi
  if command -v apt-get >/dev/null 2>&1; then
    packages=$(printf '%s' "$apt" | tr -s ' ' | sed 's/^ //; s/ $//')
    if [ -n "$packages" ]; then printf '  %s\n' "${sudo}apt-get update && ${sudo}apt-get install -y $packages"; fi
    case $wanted in
      *" jdk "*)
        if [ -z "$(apt_jdk)" ]; then
          printf '%s\n' "This machine's apt knows no JDK $HEADRACE_JAVA: unpack one (Eclipse Temurin, say) under /opt, or set JAVA_HOME to it."
        fi
        ;;
    esac
  elif command -v dnf >/dev/null 2>&1; then
    printf '  %s\n' "${sudo}dnf install -y$dnf"
  elif command -v zypper >/dev/null 2>&1; then
    printf '  %s\n' "${sudo}zypper install -y$zypper"
  elif command -v pacman >/dev/null 2>&1; then
    printf '  %s\n' "${sudo}pacman -S --needed$pacman"
  elif command -v apk >/dev/null 2>&1; then
    printf '  %s\n' "${sudo}apk add$apk"
  elif command -v brew >/dev/null 2>&1; then
    printf '  %s\n' "brew install$brew"
  else
    printf '  %s\n' "$* (with this machine's package manager, which is not known here)"
  fi
}
