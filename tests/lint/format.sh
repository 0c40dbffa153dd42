#!/bin/sh
# Every C file is as clang-format would write it (`make format`).
find lib init supervisor svctl tests -name '*.[ch]' -print0 |
	xargs -0 clang-format --dry-run -Werror
