#!/bin/sh
# Another alignment, other system calls.
. "$(dirname "$0")/ports.sh"
ports_test aarch64
