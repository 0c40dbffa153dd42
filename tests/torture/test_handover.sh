#!/bin/sh
# H50: the pair of init and supervisor is full.
. "$(dirname "$0")/torture.sh"
torture handover
