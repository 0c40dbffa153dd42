#!/bin/sh
# H50: the supervisor is killed at seeded instructions of each operation.
. "$(dirname "$0")/torture.sh"
torture killpoints -s 1
