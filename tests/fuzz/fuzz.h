/*
 * What the targets share. A target is one C file with a
 * LLVMFuzzerTestOneInput() that asserts what its module promises; a broken
 * promise ends the run as a crash does, and the input is kept.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

#define REQUIRE(condition)                                                     \
	((condition) ? (void)0 : fuzz_fail(__FILE__, __LINE__, #condition))

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

_Noreturn void
fuzz_fail(const char *file, unsigned line, const char *condition);
/* On the heap and exact, so that a byte read past its end is seen. */
void *fuzz_copy(const void *bytes, size_t len);
/* The bytes up to the first NUL as a string, on the heap and exact. */
char *fuzz_string(const void *bytes, size_t len);
/* The same number for the same input: to choose without using up bytes. */
uint32_t fuzz_pick(const void *bytes, size_t len, uint32_t below);
/* The end of what begins at data: the next form feed, or the end. */
const uint8_t *fuzz_part(const uint8_t *data, const uint8_t *end);

#endif
