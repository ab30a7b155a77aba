#!/usr/bin/env bash
# test-native.sh: the native kernel in C alone, without Java: every instruction set of this machine against the
# portable functions, and the digest of all results against the one below; then the same with sanitizers, and for
# 64-bit ARM under qemu, where those are installed (Debian: gcc-aarch64-linux-gnu, qemu-user).
#
# Prints a line for each; the exit status is 0 if none failed. What can't run is said and, if REQUIRE_ALL=1, fails.
# NativeSourceTest runs it (profile full).
set -o pipefail

digest=fa6456a848ef7595 # changes with the test's data, never with the kernel
root=$(cd -P "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
source=$root/engine/src/test/native/compare.c
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
failed=0

compare() { # NAME RUNNER COMPILER...
  local name=$1 runner=$2
  shift 2
  if ! command -v "$1" >/dev/null || { [ -n "$runner" ] && ! command -v "$runner" >/dev/null; }; then
    echo "$name: not run, $1${runner:+ or $runner} is not installed; apt-get install gcc gcc-aarch64-linux-gnu qemu-user"
    [ "$REQUIRE_ALL" = 1 ] && failed=1
    return
  fi
  if "$@" -std=c11 -Wall -Wextra "$source" -o "$work/compare" 2>"$work/log" \
    && $runner "$work/compare" $digest >"$work/out" 2>>"$work/log"; then
    echo "$name: $(cat "$work/out")"
  else
    echo "$name: FAILED" && cat "$work/out" "$work/log"
    failed=1
  fi
}

compare "this machine" "" "${CC:-cc}" -O3
compare "with sanitizers" "" "${CC:-cc}" -O1 -g -fsanitize=address,undefined -fno-sanitize-recover
compare "64-bit ARM" qemu-aarch64 aarch64-linux-gnu-gcc -O3 -static
exit $failed
