#!/usr/bin/env bash
# mutation.sh [CLASSES]: deletes each check of `verify` in turn and looks whether a test notices (PIT, Apache-2.0).
#
# CLASSES is a comma-separated list of globs, plumbline.verify.* by default; the whole takes about an hour on two quiet
# cores. Survivors are listed in verify/target/pit-reports; verify/mutations.md says which are known, and why.
set -e
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# The JDK that ./plumb found, where none is named.
if [ -z "$JAVA_HOME" ] && [ -r .plumb/jdk ]; then JAVA_HOME=$(cat .plumb/jdk) && export JAVA_HOME; fi
exec ./mvnw -B -q -Pmutation -pl exact,verify process-test-classes -DtargetClasses="${1:-plumbline.verify.*}"
