#!/usr/bin/env python3
"""/dev/log and /dev/kmsg, made by hand for svlog.

devlog.py serve PATH CMD...     CMD with the socket PATH as its descriptor 5
devlog.py spoil PATH CMD...     the same, but what has read from it before was
    killed while the kernel stored the second of two messages
devlog.py send PATH COUNT       COUNT numbered messages from one sender
devlog.py say PATH TEXT...      each as a message
devlog.py records FIFO          standard input, a line a record, as /dev/kmsg
    gives them: one a read; `\\n` in a line is a newline
devlog.py kills SVLOG DIR SEED KILLS SENDERS
    kills svlog again and again while datagrams come, and compares
"""
import array
import ctypes
import fcntl
import os
import random
import re
import signal
import socket
import subprocess
import sys
import termios
import time

from svlog import STAMP, files

PR_SET_PDEATHSIG = 1
FD = 5


def make(path):
    server = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
    server.bind(path)
    os.chmod(path, 0o666)
    return server


def serve(path, command):
    server = make(path)
    os.dup2(server.fileno(), FD)
    os.execvp(command[0], command)


class Iovec(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("len", ctypes.c_size_t)]


class Message(ctypes.Structure):
    """struct mmsghdr of 64-bit Linux."""

    _fields_ = [
        ("name", ctypes.c_void_p),
        ("namelen", ctypes.c_uint),
        ("iov", ctypes.POINTER(Iovec)),
        ("iovlen", ctypes.c_size_t),
        ("control", ctypes.c_void_p),
        ("controllen", ctypes.c_size_t),
        ("flags", ctypes.c_long),
        ("received", ctypes.c_uint),
    ]


def spoil(path, command):
    server = make(path)
    say(path, ["taken", "lost"])
    room = ctypes.create_string_buffer(100)
    parts = (Iovec(ctypes.addressof(room), 100), Iovec(1, 100))
    messages = (Message * 2)()
    for message, part in zip(messages, parts):
        message.iov = ctypes.pointer(part)
        message.iovlen = 1
    count = ctypes.CDLL(None).recvmmsg(server.fileno(), messages, 2, 0, None)
    if count != 1 or room.value != b"taken":
        sys.exit(f"recvmmsg gave {count}: {room.value!r}")
    os.dup2(server.fileno(), FD)
    os.execvp(command[0], command)


def connect(path):
    client = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    client.connect(path)
    return client


def send(path, count):
    client = connect(path)
    for n in range(count):
        client.send(b"<13>Nov 23 14:31:05 sender: %d" % n)


def say(path, texts):
    client = connect(path)
    for text in texts:
        client.send(text.encode())


def records(fifo):
    out = os.open(fifo, os.O_RDWR)
    left = array.array("i", [0])
    for line in sys.stdin.buffer:
        os.write(out, line.rstrip(b"\n").replace(b"\\n", b"\n") + b"\n")
        # Each is read before the next one is there.
        until = time.monotonic() + 20
        while True:
            fcntl.ioctl(out, termios.FIONREAD, left)
            if left[0] == 0:
                break
            if time.monotonic() > until:
                sys.exit("nobody reads the records")
            time.sleep(0.001)


def message(pick, name, number):
    size = pick.choice([0, 10, 100, 100, 100, 1000, 7000])
    text = pick.randbytes(size // 2).hex()
    return f"{name}: {number} {text}"


def text_of(directory):
    """The lines as they were before they were split."""
    parts = []
    for path in files(directory):
        with open(path, "rb") as file:
            for line in file:
                if not STAMP.fullmatch(line[:27]) or line[27:29] != b" -":
                    sys.exit(f"{path}: not such a line: {line!r}")
                parts.append(line[30:] if line[29:30] == b" " else line[30:-1])
    return b"".join(parts).decode()


def sender(path, directory, seed, name):
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    pick = random.Random(seed)
    client = connect(path)
    number = 0
    while not os.path.exists(os.path.join(directory, "enough")):
        # It waits while the queue is full.
        client.send(b"<13>" + message(pick, name, number).encode())
        number += 1
        if number % 50 == 0:
            time.sleep(0.002)
    with open(os.path.join(directory, name), "w", encoding="ascii") as file:
        file.write(str(number))
    os._exit(0)


def start(svlog, run, logs, server):
    os.dup2(server.fileno(), FD)
    return subprocess.Popen(
        [svlog, "--run-dir", run, "--log-dir", logs, "--syslog-fd", str(FD)],
        pass_fds=[FD],
    )


def compare(directory, logs, seed, names):
    lines = text_of(os.path.join(logs, "syslog")).splitlines()
    total = 0
    for number, name in enumerate(names):
        with open(os.path.join(directory, name), encoding="ascii") as file:
            count = int(file.read())
        pick = random.Random(seed * 1000 + number)
        want = [message(pick, name, n) for n in range(count)]
        # The pid is not what was sent.
        got = [
            re.sub(r"^user.notice (\S*)\[\d+\]: ", r"\1: ", line)
            for line in lines
            if line.startswith(f"user.notice {name}[")
        ]
        if got != want:
            at = next(
                (i for i, (a, b) in enumerate(zip(got, want)) if a != b),
                min(len(got), len(want)),
            )
            sys.exit(
                f"{name}: {len(got)} messages, not {len(want)}; they differ at "
                f"{at}: {got[at:at + 1]}, not {want[at:at + 1]}"
            )
        total += count
    if total != len(lines):
        sys.exit(f"{len(lines)} lines of {total} messages")
    return total


def kills(svlog, directory, seed, count, senders):
    run, logs = os.path.join(directory, "run"), os.path.join(directory, "log")
    os.makedirs(run)
    with open(os.path.join(run, "logs"), "w", encoding="ascii") as file:
        file.write("tend-logs 1\n* max-total=0\n")
        file.write("syslog source=syslog to=file streams=1 size=1M keep=100000\n")
    path = os.path.join(directory, "socket")
    server = make(path)
    names = [f"s{n}" for n in range(senders)]
    children = []
    for number, name in enumerate(names):
        pid = os.fork()
        if pid == 0:
            sender(path, directory, seed * 1000 + number, name)
        children.append(pid)
    pick = random.Random(seed)
    for _ in range(count):
        child = start(svlog, run, logs, server)
        time.sleep(pick.random() ** 3 * 0.03)
        child.kill()
        child.wait()
    open(os.path.join(directory, "enough"), "wb").close()
    child = start(svlog, run, logs, server)
    for pid in children:
        os.waitpid(pid, 0)
    child.terminate()
    if child.wait() != 0:
        sys.exit(f"svlog ended with {child.returncode}")
    total = compare(directory, logs, seed, names)
    print(f"{count} kills, {total} messages as they were")


def main():
    if sys.argv[1] == "serve":
        serve(sys.argv[2], sys.argv[3:])
    elif sys.argv[1] == "spoil":
        spoil(sys.argv[2], sys.argv[3:])
    elif sys.argv[1] == "send":
        send(sys.argv[2], int(sys.argv[3]))
    elif sys.argv[1] == "say":
        say(sys.argv[2], sys.argv[3:])
    elif sys.argv[1] == "records":
        records(sys.argv[2])
    else:
        kills(sys.argv[2], sys.argv[3], *(int(n) for n in sys.argv[4:7]))


if __name__ == "__main__":
    main()
