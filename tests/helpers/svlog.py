#!/usr/bin/env python3
"""What svlog has written, and what it is given.

svlog.py join DIR [STREAM]      the bytes that the lines of DIR were made of
svlog.py write SEED BYTES       random lines: short, long, empty, binary
"""
import os
import random
import re
import sys
import time

STAMP = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


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


def write(seed, count):
    pick = random.Random(seed + 1)
    for piece in lines(seed, count):
        while piece:
            piece = piece[os.write(1, piece) :]
        if pick.randrange(100) == 0:
            time.sleep(pick.random() / 100)


def main():
    if sys.argv[1] == "join":
        out = sys.stdout.buffer
        for piece in join(sys.argv[2], sys.argv[3].encode() if sys.argv[3:] else b""):
            out.write(piece)
    else:
        write(int(sys.argv[2]), int(sys.argv[3]))


if __name__ == "__main__":
    main()
