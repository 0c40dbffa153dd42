#!/bin/sh
# H50: the first supervisor is killed at each system call until all is up.
. "$(dirname "$0")/torture.sh"
torture edges boot
