#!/usr/bin/python3
"""usage: machine.py CONSOLE QEMU-COMMAND...

Runs qemu with its console on pipes and QMP on a socket pair, and does what
lines on stdin ask for, each answered by one line: `yes [TEXT]` or `no REASON`.

    await SECONDS REGEX   the console prints it, after what was found before
    seen REGEX            the console has printed it since the machine's start
    run SECONDS COMMAND   a shell on the console runs it: `yes STATUS OUTPUT`
    send TEXT             types a line
    keys A-B-C            presses keys together
    event SECONDS NAME    qemu tells of NAME: `yes REASON`
    is STATUS             qemu's state (running, ...) now

What the console prints is kept in the file CONSOLE. Ends with its stdin; the
machine ends with it. After one wait in vain later ones are cut short.
"""
import os
import re
import selectors
import socket
import subprocess
import sys
import time

SHORT_SECONDS = 3


class Machine:
    def __init__(self, console, command):
        self.log = open(console, "wb", buffering=0)
        mine, theirs = socket.socketpair()
        self.qemu = subprocess.Popen(
            command + ["-serial", "stdio", "-mon", "chardev=qmp,mode=control",
                       "-chardev", "socket,id=qmp,fd=%d" % theirs.fileno()],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            pass_fds=[theirs.fileno()])
        theirs.close()
        self.qmp = mine
        self.text = ""          # all that the console has printed
        self.place = 0          # before it all has been matched
        self.answers = ""       # all that QMP has said
        self.answers_place = 0
        self.is_late = False
        self.marks = 0
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.qemu.stdout, selectors.EVENT_READ)
        self.selector.register(self.qmp, selectors.EVENT_READ)
        self.ask_qmp("qmp_capabilities", "")

    def read(self, seconds):
        """Takes in what comes within the time; False: nothing came."""
        ready = self.selector.select(seconds)
        for key, _ in ready:
            try:
                data = os.read(key.fd, 65536)
            except ConnectionResetError:
                data = b""
            if not data:
                self.selector.unregister(key.fileobj)
            elif key.fileobj is self.qmp:
                self.answers += data.decode(errors="replace")
            else:
                self.log.write(data)
                self.text += data.decode(errors="replace")
        return bool(ready)

    def wait(self, seconds, find):
        """Until find() gives something or the time is over."""
        end = time.monotonic() + float(seconds)
        if self.is_late:
            end = min(end, time.monotonic() + SHORT_SECONDS)
        while True:
            found = find()
            left = end - time.monotonic()
            if found or left <= 0 or not self.selector.get_map():
                self.is_late = self.is_late or not found
                return found
            self.read(left)

    def find_text(self, pattern):
        found = re.compile(pattern, re.S | re.M).search(self.text, self.place)
        if found:
            self.place = found.end()
        return found

    def find_answer(self, pattern):
        found = re.compile(pattern).search(self.answers, self.answers_place)
        if found:
            self.answers_place = found.end()
        return found

    def type(self, line):
        try:
            self.qemu.stdin.write(line.encode() + b"\r")
            self.qemu.stdin.flush()
        except BrokenPipeError:
            pass

    def ask_qmp(self, command, arguments):
        try:
            self.qmp.sendall(('{"execute": "%s"%s}\n'
                              % (command, arguments)).encode())
        except BrokenPipeError:
            pass

    # --- what can be asked for ---------------------------------------------

    def do_await(self, seconds, pattern):
        found = self.wait(seconds, lambda: self.find_text(pattern))
        return found and (found.group(1) if found.groups() else "")

    def do_seen(self, pattern):
        while self.read(0) and self.selector.get_map():
            pass
        return "" if re.search(pattern, self.text, re.M) else None

    def do_run(self, seconds, command):
        # The shell's echo of the line must not look like what it prints.
        self.marks += 1
        mark = str(self.marks)
        self.type('echo "<-""%s"; %s; echo "$?-""%s>"'
                  % (mark, command, mark))
        found = self.wait(seconds, lambda: self.find_text(
            r"^<-%s\r?\n(.*?)(\d+)-%s>" % (mark, mark)))
        return found and found.group(2) + " " + found.group(1)

    def do_send(self, text=""):
        self.type(text)
        return ""

    def do_keys(self, names):
        keys = ", ".join('{"type": "qcode", "data": "%s"}' % name
                         for name in names.split("-"))
        self.ask_qmp("send-key", ', "arguments": {"keys": [%s]}' % keys)
        return ""

    def do_event(self, seconds, name):
        found = self.wait(seconds, lambda: self.find_answer(
            r'"event": "%s".*?("reason": "([^"]*)".*)?\n' % name))
        return found and (found.group(2) or "")

    def do_is(self, status):
        self.ask_qmp("query-status", "")
        found = self.wait(10, lambda: self.find_answer(
            r'"return": \{.*"status": "([^"]*)"'))
        return "" if found and found.group(1) == status else None

    def answer(self, line):
        verb, _, rest = line.rstrip("\n").partition(" ")
        count = 1 if verb in ("await", "run", "event") else 0
        words = rest.split(" ", count) if rest else []
        said = getattr(self, "do_" + verb)(*words)
        if said is not None:
            return "yes " + " ".join(said.split())
        if not self.selector.get_map():
            return "no: the machine has ended"
        return "no: not within the time" if count else "no: it is not so"


def main():
    machine = Machine(sys.argv[1], sys.argv[2:])
    try:
        for line in sys.stdin:
            print(machine.answer(line), flush=True)
    finally:
        machine.qemu.kill()
        machine.qemu.wait()


if __name__ == "__main__":
    main()
