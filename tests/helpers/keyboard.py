#!/usr/bin/env python3
"""usage: keyboard.py DIR

A terminal: DIR/tty is a link to its device. What is shown is added to
DIR/screen; each line written to the FIFO DIR/keys is typed, \\xNN decoded.
"""

import errno
import os
import pty
import select
import sys
import threading


def show(master, path):
    with open(path, "ab", buffering=0) as screen:
        while True:
            select.select([master], [], [], 1)
            try:
                screen.write(os.read(master, 4096))
            except OSError as error:
                # Nobody has it open just now, or it has been hung up.
                if error.errno != errno.EIO:
                    raise
                threading.Event().wait(0.02)


def main():
    directory = sys.argv[1]
    master, slave = pty.openpty()
    os.symlink(os.ttyname(slave), f"{directory}/tty.new")
    threading.Thread(
        target=show, args=(master, f"{directory}/screen"), daemon=True
    ).start()
    os.close(slave)
    os.rename(f"{directory}/tty.new", f"{directory}/tty")
    while True:
        with open(f"{directory}/keys", encoding="ascii") as keys:
            for line in keys:
                text = line.rstrip("\n").encode().decode("unicode_escape")
                os.write(master, text.encode())


main()
