#!/usr/bin/env python3
"""Whether the tests of hazards notice what they are there for.

usage: run.py [H13...]	make each change of `breaks` to a copy of the tree,
			and expect the tests that it names to fail
       run.py 'H13 no free'	only those whose first line begins so
       run.py --check	only whether each change can still be made
       run.py --list	"H13 TEST-FILE TITLE", one a line, for the lint

The copy is $BUILD/hazards/tree; what failing tests said is beside it.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import time

BREAKS = "tests/hazards/breaks"
LIMIT_S = 180  # for the tests of one change
TORTURE = "tests/torture/"
MACHINES = "tests/vm/"


class Break:
    """One change, and the tests that are to notice it."""

    def __init__(self, line, where):
        self.where = where
        self.hazard, _, self.title = line.partition(" ")
        self.tests = ""  # the file
        self.name = ""  # the tests whose names begin so
        self.source = ""
        self.old = []
        self.new = []

    def faults(self):
        if not re.fullmatch(r"H[0-9]+", self.hazard) or not self.title:
            yield "begins with a hazard and what is broken"
        if not self.tests or not self.name or not self.source or not self.old:
            yield "lacks a test, a file or the text that is replaced"
            return
        for path in (self.tests, self.source):
            if not os.path.exists(path):
                yield f"{path} is not there"
                return
        count = read(self.source).count(self.text(self.old))
        if count != 1:
            yield f"its old text is {count} times in {self.source}"
        if not any(n.startswith(self.name) for n in names_of(self.tests)):
            yield f"{self.tests} has no test {self.name!r}"

    def is_any_of(self, wanted):
        first_line = f"{self.hazard} {self.title}"
        return any(
            w == self.hazard or (" " in w and first_line.startswith(w))
            for w in wanted
        )

    @staticmethod
    def text(lines):
        return "".join(line + "\n" for line in lines)


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def names_of(path):
    """The names of the tests in a file, as its TAP output tells them."""
    text = read(path)
    if path.endswith(".bats"):
        return re.findall(r'^@test "(.*?)" \{', text, re.M)
    if path.startswith(TORTURE):
        # Their programs count on their own; a row names what one line says.
        return re.findall(r"^# (.*)$", text, re.M)
    if path.endswith(".sh"):
        return re.findall(r'^\s*check "(.*?)"', text, re.M)
    return re.findall(r"^(test_\w+)\(", text, re.M)


def read_breaks():
    breaks = []
    current = None
    for number, line in enumerate(read(BREAKS).split("\n"), 1):
        word, _, rest = line.partition(" ")
        if not line or line.startswith("#"):
            current = None if not line else current
        elif current is None:
            current = Break(line, f"{BREAKS}:{number}")
            breaks.append(current)
        elif word == "test":
            current.tests, _, current.name = rest.partition(" ")
        elif word == "file":
            current.source = rest
        elif line[0] == "-":
            current.old.append(line[1:])
        elif line[0] == "+":
            current.new.append(line[1:])
        else:
            sys.exit(f"{BREAKS}:{number}: what is {line!r}?")
    return breaks


def run(command, log):
    """Its exit status, or None if it took too long."""
    environment = dict(
        os.environ, BUILD="build", CMOCKA_MESSAGE_OUTPUT="TAP"
    )
    for name in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "TEND_BUILD", "CC"):
        environment.pop(name, None)
    with open(log, "wb") as out:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,
        )
        try:
            return process.wait(LIMIT_S)
        except subprocess.TimeoutExpired:
            return None
        finally:
            # Also what outlived it: a broken program may leave anything.
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            process.wait()


def build(tests, log):
    # A change may leave something unused.
    command = ["make", "-j2", "CFLAGS=-Os -Wno-error", "CHECK_WARN=", "all"]
    # What tests are helped by, as make test-integration builds it.
    for path in sorted(os.listdir("tests/helpers")):
        if path.endswith(".c"):
            command.append("build/tests/" + path[:-2])
    if tests.endswith(".c"):
        command.append("build/check/" + os.path.basename(tests)[:-2])
    if tests.startswith(TORTURE):
        command.append("torture-programs")
    # As make test-vm builds it.
    if tests.startswith(MACHINES):
        command.append("build/torture/init")
    return run(command, log) == 0


def run_tests(tests, name, log):
    """How many of them passed, and failed; what was cut off has failed."""
    if tests.endswith(".bats"):
        status = run(["bats", "--tap", "-f", "^" + re.escape(name), tests], log)
    elif tests.startswith(TORTURE):
        status = run([tests], log)
        # All that it prints is of the one row.
        name = ""
    elif tests.endswith(".sh"):
        # What cannot be had here is no failure of it, and skips the tests.
        if run(["tests/vm/prepare.sh"], log + ".prepare") != 0:
            return 0, 1
        status = run([tests], log)
    else:
        program = "build/check/" + os.path.basename(tests)[:-2]
        status = run([program], log)
    passed = failed = 0
    for line in read_log(log).split("\n"):
        found = re.match(r"(not )?ok [0-9]+ (- )?(.*)", line)
        if not found or "# skip" in line.lower():
            continue
        if not found[3].startswith(name):
            continue
        if found[1]:
            failed += 1
        else:
            passed += 1
    # A unit test that a sanitizer ends, or all that hung.
    if failed == 0 and (status is None or status < 0 or passed == 0):
        failed = 0 if "# skip" in read_log(log).lower() else 1
    return passed, failed


def read_log(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def copy_tree(top):
    tree = os.path.join(top, "tree")
    shutil.rmtree(top, ignore_errors=True)
    files = subprocess.run(
        ["git", "ls-files", "-z"], check=True, stdout=subprocess.PIPE
    ).stdout.decode()
    for path in files.split("\0"):
        if path and os.path.lexists(path):
            target = os.path.join(tree, path)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            shutil.copy2(path, target, follow_symlinks=False)
    return tree


class Runner:
    def __init__(self, logs):
        self.logs = logs
        self.sound = {}  # tests that were seen to pass, or not
        self.counts = {"noticed": 0, "not noticed": 0, "skipped": 0}

    def log(self, number, what):
        return os.path.join(self.logs, f"{number}.{what}")

    def say(self, b, verdict, what):
        print(f"{b.hazard} {verdict}: {b.title}{what}", flush=True)

    def pass_unbroken(self, number, b):
        key = b.tests, b.name
        if key not in self.sound:
            log = self.log(number, "unbroken")
            self.sound[key] = (
                run_tests(b.tests, b.name, log)
                if build(b.tests, self.log(number, "build"))
                else (0, 1)
            )
        return self.sound[key]

    def try_break(self, number, b):
        passed, failed = self.pass_unbroken(number, b)
        if failed:
            log = self.log(number, "unbroken")
            self.say(b, "FAILED", f" -> its tests fail without it; see {log}")
            return "not noticed"
        if not passed:
            self.say(b, "skipped", " -> its tests are skipped here")
            return "skipped"
        whole = read(b.source)
        write(b.source, whole.replace(b.text(b.old), b.text(b.new)))
        try:
            if not build(b.tests, self.log(number, "build")):
                self.say(b, "FAILED", " -> it does not compile")
                return "not noticed"
            begin = time.monotonic()
            log = self.log(number, "broken")
            passed, failed = run_tests(b.tests, b.name, log)
            took = time.monotonic() - begin
        finally:
            write(b.source, whole)
        if not failed:
            self.say(b, "FAILED", " -> no test notices it")
            return "not noticed"
        tests = "test" if failed == 1 else "tests"
        self.say(b, "ok", f" -> {failed} {tests} failed ({took:.0f} s)")
        return "noticed"


def main():
    if not os.path.exists(BREAKS):
        sys.exit("run it from the top of the tree")
    breaks = read_breaks()
    if sys.argv[1:] == ["--list"]:
        for b in breaks:
            print(b.hazard, b.tests, b.title)
        return 0
    faults = [f"{b.where}: {fault}" for b in breaks for fault in b.faults()]
    if faults or sys.argv[1:] == ["--check"]:
        print("".join(fault + "\n" for fault in faults), end="")
        return 1 if faults else 0
    wanted = sys.argv[1:]
    chosen = [b for b in breaks if not wanted or b.is_any_of(wanted)]
    if not chosen:
        sys.exit(f"{BREAKS} has no change for {' '.join(wanted)}")
    top = os.path.abspath(os.path.join(os.environ.get("BUILD", "build"), "hazards"))
    os.chdir(copy_tree(top))
    runner = Runner(top)
    # The same build serves all tests that run it unbroken.
    for number, b in enumerate(chosen, 1):
        runner.pass_unbroken(number, b)
    for number, b in enumerate(chosen, 1):
        runner.counts[runner.try_break(number, b)] += 1
    os.chdir(top)
    shutil.rmtree(os.path.join(top, "tree"))
    print(
        "hazards: "
        + ", ".join(f"{count} {what}" for what, count in runner.counts.items())
    )
    return 1 if runner.counts["not noticed"] else 0


if __name__ == "__main__":
    sys.exit(main())
