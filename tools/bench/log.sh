#!/usr/bin/env bash
# Measures how fast receipts become durable and how long a long log takes to start; adds to bench/results/log.txt.
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
./mvnw -q -B -Pfull -pl node -am -Dtest=LogSpeedTest -Dsurefire.failIfNoSpecifiedTests=false test && tail -n 8 bench/results/log.txt
