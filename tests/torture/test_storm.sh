#!/bin/sh
# H50: 200 kills at seeded moments, with 200 services that crash, hang and answer.
. "$(dirname "$0")/torture.sh"
torture storm -s 1 -k 200
