#!/bin/sh
# H50: the supervisor is killed at each system call of each operation.
. "$(dirname "$0")/torture.sh"
torture killpoints
