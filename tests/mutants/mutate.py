#!/usr/bin/python3
"""usage: mutate.py [--number N] [--seed SEED] [--jobs JOBS] [--show]
                 SOURCE...

Changes the SOURCEs in one small place at a time and looks whether a unit test
notices. The places are drawn by SEED from all that there are; N is a number,
"all", or "known" for those of equivalent.txt. Each worker changes a copy of
the tree below $BUILD/mutants, builds by that copy's Makefile and runs the unit
tests until one fails, crashes or is cut off by time: the mutant is killed.

What does not compile is no mutant, another one is drawn. A survivor of which
the optimiser makes the same object as of the original changes nothing, and
one that equivalent.txt gives a reason for is known: both count as neither,
the latter are listed. --show prints the mutants and runs none. Exit status: 0
if at least 95 in 100 are killed and equivalent.txt holds nothing else.
"""
import argparse
import collections
import os
import queue
import random
import re
import shutil
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
WANTED_PERCENT = 95
CPU_SECONDS = 10            # of one test; the longest takes less than one
WALL_SECONDS = 300          # of a test that sleeps for ever
PATHS = ("init", "lib", "supervisor", "svctl", "tests/unit", "docs",
         "Makefile", "VERSION")

# An operator has blanks around it: clang-format sees to that.
SWAPS = {
    "==": ["!="], "!=": ["=="], "&&": ["||"], "||": ["&&"],
    "<": ["<=", ">="], "<=": ["<", ">"], ">": [">=", "<="], ">=": [">", "<"],
    "+": ["-"], "-": ["+"], "*": ["/"], "/": ["*"], "%": ["/"],
    "&": ["|"], "|": ["&"], "<<": [">>"], ">>": ["<<"], "^": ["|"],
    "+=": ["-="], "-=": ["+="], "|=": ["&=", "="], "&=": ["|=", "="],
}
NO_CALL = r"(?!(?:if|for|while|switch|return|sizeof|case|else|do|goto)\b)"
STATEMENT = re.compile(
    r"^\t+(" + NO_CALL + r"(?:"
    r"[*(]?[\w.\[\]>()*&+-]+ (?:[-+*/%&|^]|<<|>>)?= [^;{}]*"   # assignment
    r"|[\w.>\[\]-]+\([^;{}]*\)"                                 # call
    r"|[*(]*[\w.\[\]>()-]+(?:\+\+|--)"
    r");)", re.M)


class Mutant:
    def __init__(self, path, text, begin, end, new):
        self.path, self.begin, self.end, self.new = path, begin, end, new
        self.original = text
        first = text.rfind("\n", 0, begin) + 1
        last = text.index("\n", end)
        self.line = text.count("\n", 0, begin) + 1
        names = re.findall(r"^(\w+)\(", text[:begin], re.M)
        self.function = names[-1] if names else "-"
        self.text = text[:begin] + new + text[end:]
        self.before = " ".join(text[first:last].split())
        self.after = " ".join(
            (text[first:begin] + new + text[end:last]).split())

    def __str__(self):
        return "%s:%d %s\n    %s\n -> %s" % (
            self.path, self.line, self.function, self.before, self.after)

    def key(self):
        return self.path, self.function, self.before, self.after


def mask(text):
    """Blanks for comments, strings and directives; nothing moves."""
    def blank(match):
        return re.sub(r"[^\n]", " ", match.group())

    text = re.sub(r'/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'',
                  blank, text, flags=re.S)
    text = re.sub(r"_Static_assert\([^;]*;", blank, text)
    return re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", blank, text, flags=re.M)


def closing(code, at):
    """Where the bracket at `at` ends."""
    depth = 0
    for place in range(at, len(code)):
        depth += (code[place] in "([{") - (code[place] in ")]}")
        if depth == 0:
            return place
    raise ValueError("unbalanced")


def ends_switch(code, at):
    """A break before the switch's own end: nothing lies behind it."""
    if not re.match(r"break;\s*}", code[at:]):
        return False
    depth = 0
    while depth >= 0:
        at -= 1
        depth += (code[at] == "}") - (code[at] == "{")
    return "switch" in code[code.rfind("\n", 0, at):at]


def find(path):
    """All mutants of a file, in the order of their places."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    code = mask(text)
    found = []

    def add(begin, end, new):
        found.append(Mutant(path, text, begin, end, new))

    for m in re.finditer(r"(?<=\s)([-+*/%&|^<>=!]{1,2})(?=\s)", code):
        for new in SWAPS.get(m.group(1), []):
            add(m.start(1), m.end(1), new)
    for m in re.finditer(r"\b(?:if|while) \(", code):
        end = closing(code, m.end() - 1)
        add(m.end(), end, "!(" + text[m.end():end] + ")")
    for m in re.finditer(r"!(?=[\w(*])", code):
        add(m.start(), m.end(), "")
    for m in re.finditer(r"\b(?:true|false)\b", code):
        add(m.start(), m.end(), "false" if m.group() == "true" else "true")
    for m in re.finditer(r"(?<![\w.])(0x[0-9a-f]+|\d+)(?=[uUlL]*\b)", code):
        # C's octal numbers are none of Python's.
        value = int(m.group(), 8 if re.fullmatch("0[0-7]+", m.group()) else 0)
        add(m.start(), m.end(), str(value + 1))
        if value > 0:
            add(m.start(), m.end(), str(value - 1))
    for m in re.finditer(r"\+\+|--", code):
        add(m.start(), m.end(), "--" if m.group() == "++" else "++")
    for m in re.finditer(r"\b[A-Z][A-Z_]+ \| | \| [A-Z][A-Z_]+\b", code):
        add(m.start(), m.end(), "")
    for m in re.finditer(r"\b(?:break|continue);", code):
        if not ends_switch(code, m.start()):
            add(m.start(), m.end(), ";")
    for m in STATEMENT.finditer(code):
        before = code[:m.start()].rstrip()
        if m.group().count("(") == m.group().count(")") and \
                re.search(r"(?:[;{}:)]|\belse)$", before):
            add(m.start(1), m.end(1), ";")
    found.sort(key=lambda mutant: (mutant.begin, mutant.end, mutant.new))
    return found


def draw(found, seed):
    """All of them in a random order, two of each file before the others."""
    mixed = list(found)
    random.Random(seed).shuffle(mixed)
    seen = {}
    first, rest = [], []
    for mutant in mixed:
        seen[mutant.path] = seen.get(mutant.path, 0) + 1
        (first if seen[mutant.path] <= 2 else rest).append(mutant)
    return first + rest


def read_equivalent(path):
    """Entries `FILE FUNCTION: old`, `-> new`, `reason` between blank lines."""
    reasons = {}
    with open(path, encoding="utf-8") as file:
        lines = [line for line in file if not line.startswith("#")]
    for entry in re.split(r"\n\s*\n", "".join(lines).strip()):
        if not entry.strip():
            continue
        rows = entry.split("\n")
        source, _, old = rows[0].partition(": ")
        if len(rows) < 3 or not rows[1].startswith("-> "):
            sys.exit("%s: not an entry:\n%s" % (path, entry))
        source, _, function = source.partition(" ")
        key = (source, function, " ".join(old.split()),
               " ".join(rows[1][3:].split()))
        reasons[key] = " ".join(" ".join(rows[2:]).split())
    return reasons


class Worker:
    """A copy of the tree that builds one mutant after another."""

    def __init__(self, top):
        self.top = top
        self.env = {name: value for name, value in os.environ.items()
                    if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL",
                                    "TEND_GOLDEN")}
        self.env.update(BUILD="build", CMOCKA_MESSAGE_OUTPUT="TAP")
        self.changed = None     # the mutant that is in the tree
        self.tests = {}         # name: seconds that it took unchanged
        self.programs = {}      # name: what it is made of
        self.killers = {}       # file: tests that have killed, latest first

    def make(self, *targets):
        # Unused after a change is no reason not to run it.
        return subprocess.run(
            ["make", "-s", "-j2", "BUILD=build", "CHECK_WARN=-w", *targets],
            cwd=self.top, env=self.env, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def passes(self, test):
        # Time of its own, so that a busy machine kills no mutant.
        command = "ulimit -t %d; exec ./build/check/%s" % (CPU_SECONDS, test)
        with open(os.path.join(self.top, "build", "log"), "wb") as log:
            process = subprocess.Popen(
                ["sh", "-c", command], cwd=self.top, env=self.env,
                stdin=subprocess.DEVNULL, stdout=log,
                stderr=subprocess.STDOUT, start_new_session=True)
            try:
                return process.wait(WALL_SECONDS) == 0
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, 9)
                process.wait()
                return False

    def start(self):
        """Copies, builds and runs all: without a mutant tests have to pass."""
        shutil.rmtree(self.top, ignore_errors=True)
        os.makedirs(self.top)
        for path in PATHS:
            copy = shutil.copytree if os.path.isdir(path) else shutil.copy2
            copy(path, os.path.join(self.top, path))
        done = self.make("check-programs")
        if done.returncode != 0:
            sys.exit(done.stdout.decode(errors="replace"))
        for name in sorted(os.listdir("tests/unit")):
            if not re.match(r"test_\w+\.c$", name):
                continue
            test = name[:-2]
            begin = time.monotonic()
            if not self.passes(test):
                sys.exit("%s fails without any mutant" % test)
            self.tests[test] = time.monotonic() - begin
            with open(os.path.join(self.top, "build/check", test),
                      "rb") as file:
                self.programs[test] = file.read()

    def start_like(self, other):
        shutil.rmtree(self.top, ignore_errors=True)
        shutil.copytree(other.top, self.top)
        self.tests, self.programs = other.tests, other.programs

    def put(self, path, text):
        with open(os.path.join(self.top, path), "w", encoding="utf-8") as file:
            file.write(text)
        # Two files of the same moment would count as up to date.
        try:
            os.unlink(os.path.join(
                self.top, "build/check/obj", path[:-2] + ".o"))
        except FileNotFoundError:
            pass

    def order(self, path):
        """The tests that are likely to notice come first."""
        # Debug information names the sources.
        users = [test for test in self.tests
                 if path.encode() in self.programs[test]]
        stem = os.path.basename(path)[:-2]
        killers = self.killers.setdefault(path, [])

        def rank(test):
            if test in killers:
                return 0, killers.index(test), 0
            common = os.path.commonprefix([stem, test[len("test_"):]])
            return 1, -len(common), self.tests[test]

        return sorted(users or self.tests, key=rank)

    def is_same(self, mutant):
        """The optimiser makes the same of both."""
        out = os.path.abspath(os.path.join(self.top, "build", "same.o"))
        made = []
        for text in (mutant.original, mutant.text):
            self.put(mutant.path, text)
            subprocess.run(
                [os.environ.get("CHECK_CC", "cc"), "-std=c11", "-D_GNU_SOURCE",
                 "-I.", "-O2", "-w", "-c", "-o", out, mutant.path],
                cwd=self.top, check=True)
            with open(out, "rb") as file:
                made.append(file.read())
        return made[0] == made[1]

    def judge(self, mutant):
        """"broken", "killed", "same" or "survived"."""
        if self.changed is not None and self.changed.path != mutant.path:
            self.put(self.changed.path, self.changed.original)
        self.changed = mutant
        self.put(mutant.path, mutant.text)
        if self.make("build/check/obj/%s.o" % mutant.path[:-2]).returncode:
            return "broken"
        tests = self.order(mutant.path)
        # The first one alone: most end there.
        for part in (tests[:1], tests[1:]):
            if self.make(*["build/check/" + t for t in part]).returncode:
                return "broken"
            for test in part:
                if not self.passes(test):
                    killers = self.killers[mutant.path]
                    if test in killers:
                        killers.remove(test)
                    killers.insert(0, test)
                    return "killed"
        return "same" if self.is_same(mutant) else "survived"


def judge_all(workers, mutants, reasons):
    """Verdicts in the order of mutants; each file's ones follow each other."""
    verdicts = {}
    jobs = queue.SimpleQueue()
    for index in sorted(range(len(mutants)),
                        key=lambda i: (mutants[i].path, mutants[i].begin)):
        jobs.put(index)

    def work(worker):
        while True:
            try:
                index = jobs.get_nowait()
            except queue.Empty:
                return
            verdicts[index] = worker.judge(mutants[index])
            if verdicts[index] == "survived" and \
                    mutants[index].key() not in reasons:
                print("survived: %s" % mutants[index], flush=True)

    threads = [threading.Thread(target=work, args=(w,)) for w in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if len(verdicts) != len(mutants):
        sys.exit("a worker has died")
    return [verdicts[index] for index in range(len(mutants))]


def run(workers, drawn, number, reasons, unique):
    """Until `number` mutants have a verdict that counts."""
    result = {name: [] for name in
              ("killed", "survived", "same", "known", "wrong", "broken")}
    place = 0
    while place < len(drawn):
        count = len(result["killed"]) + len(result["survived"])
        if count >= number:
            break
        batch = drawn[place:place + number - count]
        place += len(batch)
        verdicts = judge_all(workers, batch, reasons)
        for mutant, verdict in zip(batch, verdicts):
            if mutant.key() in reasons and verdict != "broken":
                # One of two equal lines may make a difference.
                if verdict != "killed":
                    verdict = "known"
                elif mutant.key() in unique:
                    verdict = "wrong"
            result[verdict].append(mutant)
    return result


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--number", default="200")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--show", action="store_true")
    parser.add_argument("sources", nargs="+")
    options = parser.parse_args()

    drawn = draw([m for path in options.sources for m in find(path)],
                 options.seed)
    reasons = read_equivalent(os.path.join(HERE, "equivalent.txt"))
    keys = collections.Counter(mutant.key() for mutant in drawn)
    unique = {key for key in keys if keys[key] == 1}
    stale = [key for key in reasons
             if key[0] in options.sources and key not in keys]
    if options.number == "known":
        drawn = [mutant for mutant in drawn if mutant.key() in reasons]
    number = len(drawn) if not options.number.isdigit() \
        else int(options.number)
    if options.show:
        for mutant in drawn[:number]:
            print(mutant)
        return 0

    begin = time.monotonic()
    build = os.environ.get("BUILD", "build")
    workers = [Worker(os.path.join(build, "mutants", str(n)))
               for n in range(options.jobs)]
    workers[0].start()
    for worker in workers[1:]:
        worker.start_like(workers[0])
    print("%d places in %d files, %d tests" % (
        len(drawn), len(options.sources), len(workers[0].tests)), flush=True)
    result = run(workers, drawn, number, reasons, unique)

    for mutant in result["known"]:
        print("known: %s\n    because %s" % (mutant, reasons[mutant.key()]))
    for mutant in result["wrong"]:
        print("equivalent.txt has it, but it is killed: %s" % mutant)
    for key in stale:
        print("equivalent.txt has what is no mutant any more: %s %s: %s\n"
              " -> %s" % key)
    killed, survived = len(result["killed"]), len(result["survived"])
    percent = 100 * killed / (killed + survived) if killed + survived else 0
    print("%d s; beside these %d with a reason, %d that compile to the same, "
          "%d that do not compile" % (
              time.monotonic() - begin, len(result["known"]),
              len(result["same"]), len(result["broken"])))
    print("%d mutants, %d killed, %d survived (%.1f %%)" % (
        killed + survived, killed, survived, percent))
    is_good = percent >= WANTED_PERCENT or options.number == "known"
    return 0 if is_good and not stale and not result["wrong"] else 1


if __name__ == "__main__":
    sys.exit(main())
