#!/bin/sh
# H50: the supervisor is killed at each system call from TERM to the last service.
. "$(dirname "$0")/torture.sh"
torture edges end
