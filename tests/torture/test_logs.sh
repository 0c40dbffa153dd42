#!/bin/sh
# H26: what 200 services write is there byte by byte, whoever is killed.
. "$(dirname "$0")/torture.sh"
torture logs -s 1 -t 25
