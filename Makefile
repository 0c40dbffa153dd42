# tend: init and process supervisor. `make help` lists the targets.

# A C library of musl's: Alpine's own compiler, else the wrapper of musl-tools.
HOST_IS_MUSL := $(findstring musl,$(shell gcc -dumpmachine 2>/dev/null))
CC       = $(if $(HOST_IS_MUSL),gcc,musl-gcc)
AR       = ar
PREFIX   = /usr
SBINDIR  = $(PREFIX)/sbin
BINDIR   = $(PREFIX)/bin
MANDIR   = $(PREFIX)/share/man
DESTDIR  =
BUILD    = build

WARN = -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes \
	-Wmissing-prototypes -Wvla -Wformat=2 -Wundef -Wcast-qual \
	-Wwrite-strings -Wswitch-enum -Wconversion -Wimplicit-fallthrough \
	-Wnull-dereference -Werror -fno-common
WARN_GCC = -Wlogical-op -Wduplicated-cond -Wduplicated-branches \
	-Wstack-usage=8192
IS_GCC := $(shell $(CC) --version 2>/dev/null | \
	grep -q 'Free Software' && echo yes)

VERSION := $(shell cat VERSION)
CFLAGS  = -Os
CSTD    = -std=c11 -D_GNU_SOURCE -I. -DTEND_VERSION='"$(VERSION)"' \
	-DTEND_PREFIX='"$(PREFIX)"'
CODEGEN = -ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables \
	-fno-stack-protector -fno-pie -fomit-frame-pointer
LDFLAGS = -static $(if $(IS_GCC),-no-pie) -s -Wl,--gc-sections \
	-Wl,-z,noseparate-code -Wl,-z,norelro -Wl,--build-id=none \
	-Wl,-z,common-page-size=256
ALL_CFLAGS = $(CSTD) $(WARN) $(if $(IS_GCC),$(WARN_GCC)) $(CODEGEN) $(CFLAGS) \
	$(CFLAGS_HOT)

# What a target starts once `deps` has brought the compilers.
AGAIN = $(MAKE) --no-print-directory -j$(shell nproc 2>/dev/null || echo 2)

# make V=1 shows whole command lines.
Q   = $(if $(V),,@)
silent = $(findstring s,$(firstword -$(MAKEFLAGS)))
say = $(if $(V)$(silent),,@echo '  $(1)  $(@:$(BUILD)/%=%)')

PROGRAMS = init supervisor svctl svlog
LIB_SRC  = $(sort $(wildcard lib/*.c))
LIB_OBJ  = $(LIB_SRC:%.c=$(BUILD)/obj/%.o)

all: $(PROGRAMS:%=$(BUILD)/%)

# Where code and variables lie in memory.
init_SCRIPT = init/cold.ld
supervisor_SCRIPT = supervisor/hot.ld
svlog_SCRIPT = supervisor/svlog/hot.ld

# Where the sources of a program are.
init_DIR       = init
supervisor_DIR = supervisor
svctl_DIR      = svctl
svlog_DIR      = supervisor/svlog

define program
$(1)_OBJ = $$(patsubst %.c,$$(BUILD)/obj/%.o, \
	$$(sort $$(wildcard $$($(1)_DIR)/*.c)))
$(BUILD)/$(1): $$($(1)_OBJ) $$(BUILD)/libtend.a $$($(1)_SCRIPT)
	$$(call say,LINK)
	$$(Q)$$(CC) $$(LDFLAGS) $$($(1)_SCRIPT:%=-Wl,-T,%) -o $$@ \
		$$($(1)_OBJ) $$(BUILD)/libtend.a
endef
$(foreach p,$(PROGRAMS),$(eval $(call program,$(p))))

$(BUILD)/libtend.a: $(LIB_OBJ)
	$(call say,AR  )
	@rm -f $@
	$(Q)$(AR) rcD $@ $^

# Each byte of each log goes through these.
$(BUILD)/obj/supervisor/svlog/split.o: CFLAGS_HOT = -O2

# PID 1 of each container; not all compilers know that much of being small.
SMALLEST := $(shell $(CC) -Oz -E -x c /dev/null >/dev/null 2>&1 && echo -Oz)
$(init_OBJ): CFLAGS_HOT = $(SMALLEST)

$(BUILD)/obj/%.o: %.c Makefile VERSION $(BUILD)/compiler
	@mkdir -p $(@D)
	$(call say,CC  )
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# Changes, and so makes everything anew, when another compiler is asked for.
$(BUILD)/compiler: FORCE
	@mkdir -p $(@D)
	@echo '$(CC) $(CFLAGS) $(LDFLAGS)' | cmp -s - $@ || \
		echo '$(CC) $(CFLAGS) $(LDFLAGS)' >$@
FORCE:

# --- unit tests: the host's compiler, with sanitizers -----------------------

CHECK_CC     = gcc
CHECK_WARN   = $(filter-out -Wnull-dereference,$(WARN))
SANITIZE     = -fsanitize=address,undefined -fno-sanitize-recover=all
CHECK_CFLAGS = $(CSTD) $(CHECK_WARN) -g -O1 -fno-omit-frame-pointer $(SANITIZE)

# What unit tests may call: the library and the modules whose header says
# "Pure", X.c and X_*.c for X.h.
PURE       = $(patsubst %.h,%,$(shell grep -lw Pure \
	init/*.h supervisor/*.h supervisor/svlog/*.h svctl/*.h))
# Pure as well, though its header speaks for two functions that are not.
PURE_SRC   = $(sort $(wildcard $(PURE:%=%.c) $(PURE:%=%_*.c)) \
	supervisor/journal_layout.c)
CHECK_OBJ  = $(patsubst %.c,$(BUILD)/check/obj/%.o,$(LIB_SRC) $(PURE_SRC))
UNIT_SRC   = $(sort $(wildcard tests/unit/test_*.c))
UNIT_TESTS = $(UNIT_SRC:tests/unit/%.c=$(BUILD)/check/%)
# Further sources of tests/unit are shared by the tests.
UNIT_LIB   = $(patsubst %.c,$(BUILD)/check/obj/%.o, \
	$(filter-out $(UNIT_SRC),$(sort $(wildcard tests/unit/*.c))))

check-programs: $(UNIT_TESTS)

$(BUILD)/check/test_%: $(BUILD)/check/obj/tests/unit/test_%.o \
		$(BUILD)/check/libcheck.a
	$(call say,LINK)
	$(Q)$(CHECK_CC) $(SANITIZE) $(CHECK_LDFLAGS) -o $@ $^ -lcmocka

# It looks at each event on its way into the table.
$(BUILD)/check/test_plan_random: CHECK_LDFLAGS = -Wl,--wrap=plan_step

# It lets each allocation fail.
$(BUILD)/check/test_build_memory: CHECK_LDFLAGS = \
	-Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc

# Appended, not replaced: objects of two directories may have one name.
$(BUILD)/check/libcheck.a: $(CHECK_OBJ) $(UNIT_LIB)
	$(call say,AR  )
	@rm -f $@
	$(Q)$(AR) qcD $@ $^

$(BUILD)/check/obj/%.o: %.c Makefile VERSION
	@mkdir -p $(@D)
	$(call say,CC  )
	$(Q)$(CHECK_CC) $(CHECK_CFLAGS) -MMD -MP -c -o $@ $<

# Basic blocks of what is tested are counted: tests/unit/blocks.h.
$(CHECK_OBJ): CHECK_CFLAGS += -fsanitize-coverage=trace-pc

.SECONDARY: $(UNIT_SRC:%.c=$(BUILD)/check/obj/%.o)

# --- fuzz targets: libFuzzer, which only clang has, and the host's library ---

FUZZ_CC     = clang
FUZZ_DIR    = $(BUILD)/fuzz
FUZZ_EXTRA  =
FUZZ_CFLAGS = $(CSTD) $(CHECK_WARN) -g -O1 -fno-omit-frame-pointer \
	-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all \
	$(FUZZ_EXTRA)
FUZZ_MAIN   = $(sort $(wildcard tests/fuzz/fuzz_*.c))
FUZZ_SRC    = $(LIB_SRC) $(PURE_SRC) supervisor/journal_layout.c \
	tests/fuzz/fuzz.c tests/fuzz/failing.c
FUZZERS     = $(FUZZ_MAIN:tests/fuzz/%.c=$(FUZZ_DIR)/%)

fuzz-programs: $(FUZZERS)

$(FUZZ_DIR)/fuzz_%: $(FUZZ_DIR)/obj/tests/fuzz/fuzz_%.o \
		$(FUZZ_DIR)/libfuzz.a
	$(call say,LINK)
	$(Q)$(FUZZ_CC) -fsanitize=fuzzer,address,undefined $(FUZZ_EXTRA) \
		$(FUZZ_LDFLAGS) -o $@ $^

# They let each allocation fail.
$(FUZZ_DIR)/fuzz_build $(FUZZ_DIR)/fuzz_load: FUZZ_LDFLAGS = \
	-Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=free

$(FUZZ_DIR)/libfuzz.a: $(sort $(FUZZ_SRC:%.c=$(FUZZ_DIR)/obj/%.o))
	$(call say,AR  )
	@rm -f $@
	$(Q)$(AR) qcD $@ $^

$(FUZZ_DIR)/obj/%.o: %.c Makefile VERSION
	@mkdir -p $(@D)
	$(call say,CC  )
	$(Q)$(FUZZ_CC) $(FUZZ_CFLAGS) -MMD -MP -c -o $@ $<

.SECONDARY: $(FUZZ_MAIN:%.c=$(FUZZ_DIR)/obj/%.o)

-include $(shell find $(BUILD) -path $(BUILD)/ports -prune -o \
	-name '*.d' -print 2>/dev/null)
# --- coverage: programs that count, in files that their processes share ------

COVERAGE = $(abspath $(BUILD))/coverage
COUNTING = -fprofile-instr-generate=$(COVERAGE)/raw/%m%c.profraw \
	-fcoverage-mapping -mllvm -runtime-counter-relocation \
	-Wno-unused-command-line-argument
COUNTED  = BUILD=$(COVERAGE) CC=clang CFLAGS='-O1 $(COUNTING)' \
	LDFLAGS='-fprofile-instr-generate -no-pie' \
	CHECK_CC=clang SANITIZE='$(COUNTING)' FUZZ_EXTRA='$(COUNTING)'

coverage:
	@$(AGAIN) $(COUNTED) all check-programs fuzz-programs
	@BUILD=$(COVERAGE) tests/helpers/coverage.sh \
		$(UNIT_TESTS:$(BUILD)/%=$(COVERAGE)/%) -- \
		$(FUZZERS:$(BUILD)/%=$(COVERAGE)/%)

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)

# --- targets for people -----------------------------------------------------

export BUILD CC

deps:
	@tests/helpers/deps.sh

run: deps
	$(AGAIN) all
	@services/demo/run.sh

# runner looks whether the others can fail.
SUITES = lint unit fuzz integration ports torture vm runner
test: deps
	@MAKE="$(AGAIN)" tests/helpers/run-all.sh $(SUITES)

lint: all
	@tests/helpers/run-lint.sh

test-unit: check-programs
	@tests/helpers/run-tap.sh unit 300 $(UNIT_TESTS)

# What integration tests need beside the programs, for the host's library: it
# alone has the kernel's headers everywhere.
HELPERS = $(patsubst tests/helpers/%.c,$(BUILD)/tests/%, \
	$(wildcard tests/helpers/*.c))

$(BUILD)/tests/%: tests/helpers/%.c Makefile
	@mkdir -p $(@D)
	$(call say,CC  )
	$(Q)$(CHECK_CC) $(CSTD) $(CHECK_WARN) -O1 -pthread -o $@ $<

# make test-integration ONLY=tests/integration/apply.bats
ONLY = $(sort $(wildcard tests/integration/*.bats))
test-integration: all $(HELPERS)
	@tests/helpers/run-tap.sh integration 600 $(ONLY)

# make fuzz T=600 looks for longer; what it finds stays in $(BUILD)/fuzz/found.
T = 30
fuzz: fuzz-programs
	@tests/helpers/run-fuzz.sh $(T) $(BUILD)/fuzz/found $(FUZZERS)

# The same inputs each time; to look for new ones there is `make fuzz`.
FUZZ_T = 30
# What hostile bytes reach first; the others get FUZZ_REST.
FUZZ_REST = 5
FUZZ_LONG = def words control journal page handoff
test-fuzz: fuzz-programs
	@rm -rf $(BUILD)/fuzz/new
	@FUZZ_SEED=1 FUZZ_LONG='$(FUZZ_LONG)' FUZZ_SHORT=$(FUZZ_REST) \
		tests/helpers/run-fuzz.sh $(FUZZ_T) $(BUILD)/fuzz/new $(FUZZERS)

# The inputs that are kept, written anew from them and from what was found.
fuzz-corpus: fuzz-programs
	@tests/helpers/fuzz-corpus.sh $(FUZZERS)

FUZZ_COUNTING = $(FUZZERS:$(FUZZ_DIR)/%=$(BUILD)/fuzz-coverage/%)
fuzz-coverage:
	@$(AGAIN) FUZZ_DIR=$(BUILD)/fuzz-coverage fuzz-programs \
		FUZZ_EXTRA='-fprofile-instr-generate -fcoverage-mapping'
	@tests/helpers/fuzz-coverage.sh $(FUZZ_COUNTING)

# Files that tests compare with what the code says, written anew.
golden: check-programs
	@TEND_GOLDEN=write tests/helpers/run-tap.sh unit 300 $(UNIT_TESTS)

# What plan_step() does, as a document; test_plan_states compares the two.
states docs/states.md: $(BUILD)/check/test_plan_states
	TEND_GOLDEN=write $(BUILD)/check/test_plan_states

# make torture T=600 SEED=7 kills for longer, at other moments.
SEED = 1
torture: torture-programs
	@tests/torture/random.sh $(SEED) $(T)

# Each kill point once, and seeded ones.
test-torture: torture-programs
	@tests/helpers/run-tap.sh torture 600 $(TORTURE_TESTS)
lengths:
	@tests/helpers/lengths.sh

# Machines under qemu with Debian's kernel; skipped where they cannot be had.
VM_TESTS = $(sort $(wildcard tests/vm/test_*.sh))
VM_LIMIT = 600
test-vm: all $(BUILD)/torture/init
	@tests/vm/prepare.sh
	@tests/helpers/run-tap.sh vm $(VM_LIMIT) $(VM_TESTS)

test-runner: all check-programs fuzz-programs
	@tests/helpers/run-tap.sh runner 600 tests/runner/test_broken.sh

# Programs and unit tests for other machines, run by qemu-user; skipped where
# the compilers cannot be had.
PORTS_TESTS = $(sort $(wildcard tests/ports/test_*.sh))
test-ports:
	@tests/ports/prepare.sh
	@tests/helpers/run-tap.sh ports 900 $(PORTS_TESTS)
# --- torture: supervisors that are killed -----------------------------------

TORTURE       = $(BUILD)/torture
TORTURE_OBJ   = $(patsubst %.c,$(BUILD)/obj/tests/torture/%.o, \
	arena.c expect.c gathered.c look.c ops.c request.c scrawl.c trace.c)
TORTURE_TESTS = $(sort $(wildcard tests/torture/test_*.sh))

torture-programs: all $(TORTURE)/init \
	$(patsubst %,$(TORTURE)/%,edges gate handover killpoints logs scribe \
	storm ward)

$(TORTURE)/%: $(BUILD)/obj/tests/torture/%.o $(TORTURE_OBJ) $(BUILD)/libtend.a
	@mkdir -p $(@D)
	$(call say,LINK)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^

.SECONDARY: $(TORTURE_OBJ)

# The same init, but it does not give a supervisor up that dies often.
$(TORTURE)/init: $(init_OBJ) $(BUILD)/libtend.a
	@mkdir -p $(TORTURE)/include/init
	@sed 's/^\(#define LIMIT_DEATHS[[:space:]]*\)5$$/\11000/' \
		init/limits.h >$(TORTURE)/include/init/limits.h
	@grep -q 'LIMIT_DEATHS[[:space:]]*1000$$' \
		$(TORTURE)/include/init/limits.h
	$(call say,LINK)
	$(Q)$(CC) -I$(TORTURE)/include $(ALL_CFLAGS) $(LDFLAGS) -o $@ \
		init/*.c $(BUILD)/libtend.a

# Small changes to the pure modules, one at a time: does a unit test notice?
# make mutants N=200 SEED=1 ONLY=supervisor/plan_step.c
N          = 200
SEED       = 1
PURE_LIB   = $(shell grep -lw Pure lib/*.h) lib/state.h lib/reason.h
MUTANT_SRC = $(sort $(PURE_SRC) $(wildcard $(PURE_LIB:%.h=%.c) \
	$(PURE_LIB:%.h=%_*.c)))
mutants:
	@CHECK_CC='$(CHECK_CC)' tests/mutants/mutate.py --number $(N) \
		--seed $(SEED) $(if $(filter command line,$(origin ONLY)),\
		$(ONLY),$(MUTANT_SRC))

# Each test of a hazard sees what it is there for: make hazards ONLY=H13
hazards:
	@tests/hazards/run.py $(filter H%,$(ONLY))

BENCH = $(patsubst tests/bench/%.c,$(BUILD)/bench/%, \
	$(wildcard tests/bench/*.c))

$(BUILD)/bench/%: tests/bench/%.c tests/bench/record.h Makefile
	$(call say,CC  )
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $<

# It runs what loads and decides, as it is shipped.
$(BUILD)/bench/count: tests/bench/count.c $(BUILD)/libtend.a Makefile \
		$(patsubst %.c,$(BUILD)/obj/%.o,$(filter supervisor/%,$(PURE_SRC)))
	$(call say,CC  )
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $< $(filter %.o,$^) \
		$(BUILD)/libtend.a

bench: all $(BENCH)
	@tests/bench/run.sh

MAN_SRC = $(wildcard docs/*.scd)
MAN     = $(MAN_SRC:docs/%.scd=$(BUILD)/man/%)

docs: $(MAN)

$(BUILD)/man/%: docs/%.scd
	@mkdir -p $(@D)
	SOURCE_DATE_EPOCH=0 scdoc <$< >$@

format:
	clang-format -i $$(find lib init supervisor svctl tests -name '*.[ch]')

install: all $(if $(shell command -v scdoc),docs)
	BUILD=$(BUILD) DESTDIR=$(DESTDIR) SBINDIR=$(SBINDIR) BINDIR=$(BINDIR) \
		MANDIR=$(MANDIR) tests/helpers/install.sh $(PROGRAMS)

install-init:
	mkdir -p $(DESTDIR)/sbin
	ln -sfn $(SBINDIR)/tend-init $(DESTDIR)/sbin/init
	for name in halt poweroff reboot shutdown telinit; do \
		ln -sfn $(BINDIR)/svctl $(DESTDIR)/sbin/$$name || exit 1; done

# The names under which run scripts of runit call our programs.
install-runit:
	mkdir -p $(DESTDIR)$(BINDIR)
	ln -sfn svctl $(DESTDIR)$(BINDIR)/sv
	ln -sfn svctl $(DESTDIR)$(BINDIR)/chpst
	ln -sfn svlog $(DESTDIR)$(BINDIR)/svlogd

# IMAGE=tend IMAGE_TOOL=podman|buildah|docker|none IMAGE_TARGET=small
image: all
	@services/container/image.sh

clean:
	rm -rf $(BUILD)

help:
	@echo 'make                   build/init build/supervisor build/svctl build/svlog'
	@echo 'make run               a demonstration in a namespace of its own'
	@echo 'make test              everything that is tested; ends with a count'
	@echo 'make test-unit         the pure modules, under sanitizers'
	@echo 'make test-integration  real processes in namespaces (ONLY=FILE)'
	@echo 'make lint              format, analysers, shell, binaries'
	@echo 'make test-runner       that a broken test makes make test fail'
	@echo 'make bench             figures beside a bare vfork and exec loop'
	@echo 'make docs              manual pages in build/man'
	@echo 'make install           DESTDIR= PREFIX=/usr (SBINDIR BINDIR MANDIR)'
	@echo 'make install-init      /sbin/init, halt, poweroff, ... are ours'
	@echo 'make image             an OCI image of the programs'
	@echo 'make install-runit     sv, chpst and svlogd are ours, too'
	@echo 'make deps              what building and testing need'
	@echo 'make golden            write anew the files that tests compare'
	@echo 'make states            docs/states.md, from what the plan does'
	@echo 'make format clean      clang-format; remove build/'
	@echo 'make fuzz              hostile input, T=30 seconds for each target'
	@echo 'make fuzz-coverage     the lines that it has reached'
	@echo 'make fuzz-corpus       its kept inputs, the fewest that will do'
	@echo 'make torture           kills the supervisor, T=30 seconds, SEED=1'
	@echo 'make test-torture      at each system call of each operation'
	@echo 'make coverage          what the tests reach, by functions and lines'
	@echo 'make lengths           how long files and functions are'
	@echo 'make mutants           do unit tests notice changes? N= SEED= ONLY='
	@echo 'make hazards           break the code, see the tests fail (ONLY=H13)'
	@echo 'make test-vm           machines under qemu, where it can be had'
	@echo 'make test-ports        i386, aarch64 and s390x, by qemu-user'
	@echo 'CC=clang builds against the C library of the host.'

.PHONY: FORCE all check-programs deps run test lint test-unit \
	test-integration golden states test-vm test-ports bench docs format install \
	install-init install-runit image clean help test-runner fuzz test-fuzz fuzz-programs \
	fuzz-corpus fuzz-coverage torture test-torture torture-programs coverage \
	lengths mutants hazards
.DELETE_ON_ERROR:
