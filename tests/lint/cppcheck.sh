#!/bin/sh
# cppcheck over what ships. Unused functions and headers of the system are the
# linker's and the compiler's business.
: "${BUILD:=build}"
mkdir -p "$BUILD/check/cppcheck" || exit 1
cppcheck --quiet --error-exitcode=1 --std=c11 --language=c -j 2 \
	--cppcheck-build-dir="$BUILD/check/cppcheck" \
	--enable=warning,performance,portability --inline-suppr \
	--suppress=missingIncludeSystem --suppress=normalCheckLevelMaxBranches \
	--suppress=varFuncNullUB \
	-D_GNU_SOURCE -DTEND_VERSION='"0"' -DTEND_PREFIX='"/usr"' -I. \
	lib init supervisor svctl
