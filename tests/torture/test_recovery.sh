#!/bin/sh
# H50: the one that recovers is killed at each of its system calls.
. "$(dirname "$0")/torture.sh"
torture killpoints -r
