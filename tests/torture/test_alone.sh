#!/bin/sh
# H50: without init: the next supervisor is started by hand and adopts by pidfds.
. "$(dirname "$0")/torture.sh"
torture killpoints -a -s 1
torture storm -a -s 1 -k 50
