#!/bin/sh
# 32 bits.
. "$(dirname "$0")/ports.sh"
ports_test i386
