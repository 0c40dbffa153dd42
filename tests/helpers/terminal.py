#!/usr/bin/env python3
"""usage: terminal.py DIR stop|full

A terminal that takes no output, at first: DIR/tty is a link to its device.
`stop`: somebody has typed ^S; `full`: its buffer is full and nobody reads.
Once something is written to DIR/go (a FIFO that is there before), it goes on,
and what it is told is added to DIR/said.
"""

import os
import pty
import sys
import tty


def fill(slave):
    os.set_blocking(slave, False)
    try:
        while True:
            os.write(slave, b"x" * 64 + b"\n")
    except BlockingIOError:
        os.set_blocking(slave, True)


def main():
    directory, how = sys.argv[1:]
    master, slave = pty.openpty()
    if how == "stop":
        os.write(master, b"\x13")
    else:
        tty.setraw(slave)
        fill(slave)
    os.symlink(os.ttyname(slave), f"{directory}/tty.new")
    os.rename(f"{directory}/tty.new", f"{directory}/tty")
    with open(f"{directory}/go", "rb") as go:
        go.read()
    if how == "stop":
        os.write(master, b"\x11")
    with open(f"{directory}/said", "ab", buffering=0) as said:
        while True:
            said.write(os.read(master, 65536))


main()
