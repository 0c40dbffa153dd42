#!/usr/bin/env python3
"""What svlog has written, and what it is given.

svlog.py join DIR [STREAM]      the bytes that the lines of DIR were made of
svlog.py write SEED BYTES       random lines: short, long, empty, binary
svlog.py kills SVLOG DIR SEED KILLS WRITERS
    kills svlog again and again while writers write, and compares
"""
import ctypes
import os
import random
import re
import signal
import subprocess
import sys
import time

STAMP = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")

PR_SET_PDEATHSIG = 1


def files(directory):
    names = sorted(n for n in os.listdir(directory) if n.endswith((".s", ".p")))
    if os.path.exists(os.path.join(directory, "current")):
        names.append("current")
    return [os.path.join(directory, n) for n in names]


def join(directory, stream=b""):
    last = b""
    for path in files(directory):
        with open(path, "rb") as file:
            text = file.read()
        if text and not text.endswith(b"\n"):
            sys.exit(f"{path}: does not end with a newline")
        for line in text.split(b"\n")[:-1]:
            if not STAMP.fullmatch(line[:27]) or line[27:28] != b" ":
                sys.exit(f"{path}: no stamp: {line!r}")
            if line[:27] < last:
                sys.exit(f"{path}: older than the line before: {line!r}")
            last = line[:27]
            if stream and line[28:29] != stream:
                continue
            yield line[30:]
            if line[29:30] == b" ":
                yield b"\n"
            elif line[29:30] != b"+":
                sys.exit(f"{path}: no mark: {line!r}")


def lines(seed, count):
    """Bytes that always are the same for a seed, in pieces to be written."""
    pick = random.Random(seed)
    while count > 0:
        kind = pick.randrange(20)
        if kind < 12:
            piece = pick.randbytes(pick.randrange(100)).hex().encode() + b"\n"
        elif kind < 14:
            piece = b"\n" * pick.randrange(1, 40)
        elif kind < 16:
            piece = pick.randbytes(pick.randrange(5000))
        elif kind < 18:
            piece = b"part of a line, \033[1m "
        elif kind < 19:
            piece = b"x" * pick.randrange(20000)
        else:
            piece = b"".join(b"line %d\n" % n for n in range(500))
        yield piece[:count]
        count -= len(piece)


def write(seed, count, fd=1):
    pick = random.Random(seed + 1)
    for piece in lines(seed, count):
        while piece:
            piece = piece[os.write(fd, piece) :]
        if pick.randrange(100) == 0:
            time.sleep(pick.random() / 100)


def make_pipes(run, names):
    """The pipes and RUN/logs, and descriptors that keep what is in them."""
    os.makedirs(os.path.join(run, "pipe"), exist_ok=True)
    kept = {}
    with open(os.path.join(run, "logs"), "w", encoding="ascii") as file:
        file.write("tend-logs 1\n* max-total=0\n")
        for number, name in enumerate(names):
            size = ["4K", "100K", "1M"][number % 3]
            file.write(f"{name} to=file size={size} keep=100000 line-max=500\n")
            for end in ("", ",err"):
                path = os.path.join(run, "pipe", name + end)
                os.mkfifo(path, 0o600)
                kept[name, end] = os.open(path, os.O_RDWR)
    return kept


def kills(svlog, directory, seed, count, writers):
    run, logs = os.path.join(directory, "run"), os.path.join(directory, "log")
    names = [f"w{n}" for n in range(writers)]
    kept = make_pipes(run, names)
    pick = random.Random(seed)
    children = []
    for number, (key, fd) in enumerate(kept.items()):
        pid = os.fork()
        if pid == 0:
            # It dies with who started it, also while its pipe is full.
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            written = 0
            while not os.path.exists(os.path.join(directory, "enough")):
                write(seed * 1000 + number + written, 100000, fd)
                written += 1
                time.sleep(0.01)
            with open(os.path.join(directory, key[0] + key[1]), "w", encoding="ascii") as file:
                file.write(str(written))
            os._exit(0)
        children.append(pid)
    command = [svlog, "--run-dir", run, "--log-dir", logs]
    for _ in range(count):
        child = subprocess.Popen(command)
        time.sleep(pick.random() ** 3 * 0.03)
        child.kill()
        child.wait()
    open(os.path.join(directory, "enough"), "wb").close()
    child = subprocess.Popen(command)
    for pid in children:
        os.waitpid(pid, 0)
    child.terminate()
    if child.wait() != 0:
        sys.exit(f"svlog ended with {child.returncode}")
    total = 0
    for number, key in enumerate(kept):
        with open(os.path.join(directory, key[0] + key[1]), encoding="ascii") as file:
            written = int(file.read())
        want = b"".join(
            b"".join(lines(seed * 1000 + number + n, 100000)) for n in range(written)
        )
        stream = b"e" if key[1] else b"o"
        got = b"".join(join(os.path.join(logs, key[0]), stream))
        total += len(want)
        if got != want:
            at = next(
                (i for i, (a, b) in enumerate(zip(got, want)) if a != b),
                min(len(got), len(want)),
            )
            sys.exit(
                f"{key}: {len(got)} bytes, not {len(want)}; they differ at {at}: "
                f"{got[at - 20:at + 60]!r}, not {want[at - 20:at + 60]!r}"
            )
    print(f"{count} kills, {total} bytes as they were")


def main():
    if sys.argv[1] == "join":
        out = sys.stdout.buffer
        for piece in join(sys.argv[2], sys.argv[3].encode() if sys.argv[3:] else b""):
            out.write(piece)
    elif sys.argv[1] == "write":
        write(int(sys.argv[2]), int(sys.argv[3]))
    else:
        kills(sys.argv[2], sys.argv[3], *(int(n) for n in sys.argv[4:7]))


if __name__ == "__main__":
    main()
