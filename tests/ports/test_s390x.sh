#!/bin/sh
# The other byte order.
. "$(dirname "$0")/ports.sh"
ports_test s390x
