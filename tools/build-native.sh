#!/usr/bin/env bash
# build-native.sh DIRECTORY: compiles the native kernel to DIRECTORY/libplumbline.so (.dylib on macOS).
#
# The compiler is $CC, or cc, gcc, clang, whichever is there first; without one nothing is made and the exit
# status is 3. The result needs no particular processor: what it has is found out at run time.
set -e -o pipefail

source=$(cd -P "$(dirname "${BASH_SOURCE[0]}")/../engine/src/main/native" && pwd)/plumbline.c
directory=${1:?usage: build-native.sh DIRECTORY}

compiler=""
for candidate in "$CC" cc gcc clang; do
  if [ -n "$candidate" ] && command -v "${candidate%% *}" >/dev/null; then compiler=$candidate && break; fi
done
if [ -z "$compiler" ]; then
  echo "build-native: no C compiler (cc, gcc or clang); the native kernel is left out" >&2
  exit 3
fi

case $(uname -s) in
  Darwin) name=libplumbline.dylib ;;
  *) name=libplumbline.so ;;
esac
# gcc 12 and 13 otherwise move every vector of the inner loop to another register and back: a fifth slower.
tuning=-fno-tree-coalesce-vars
if ! echo 'int x;' | $compiler -Werror $tuning -xc -c - -o /dev/null 2>/dev/null; then tuning=""; fi
mkdir -p "$directory"
# shellcheck disable=SC2086  # $CC may hold options
$compiler -std=c11 -O3 -fPIC -shared -fvisibility=hidden -Wall -Wextra $tuning $CFLAGS \
  "$source" -o "$directory/$name.new.$$"
mv "$directory/$name.new.$$" "$directory/$name" # whole or not at all: a program may be running
