#!/usr/bin/env python3
"""sinks.py SVLOG DIR unix|tcp KILLS

Kills svlog again and again while a service writes numbered lines to syslog and
to another service, and reads what arrives there: every line at least once and
whole, in order but for what a kill has sent once more.
"""
import os
import random
import socket
import subprocess
import sys
import threading
import time

PORT = 7514


def read_lines(fd, got):
    with os.fdopen(fd, "rb") as file:
        for line in file:
            got.append(line)


def read_datagrams(sock, got):
    while True:
        got.append(sock.recv(70000))


def read_streams(sock, got):
    while True:
        peer, _ = sock.accept()
        data = b""
        while chunk := peer.recv(65536):
            data += chunk
            while b" " in data:
                size, rest = data.split(b" ", 1)
                if len(rest) < int(size):
                    break
                got.append(rest[:int(size)])
                data = rest[int(size):]


def write(fd, written, end):
    pick = random.Random(5)
    while not end.is_set():
        count = written[0]
        lines = [b"line %d %s\n" % (count + i, b"x" * pick.randrange(300))
                 for i in range(40)]
        os.write(fd, b"".join(lines))
        written[0] += len(lines)
        time.sleep(0.0005)


def check(what, got, count):
    last = -1
    for line in got:
        at = line.find(b"line ")
        number = int(line[at:].split()[1]) if at >= 0 else -1
        if number < 0 or number > last + 1:
            sys.exit(f"{what}: after line {last}: {line[:80]!r}")
        last = max(last, number)
    if last != count - 1:
        sys.exit(f"{what}: {last + 1} of {count} lines")
    print(f"{what}: {count} lines, {len(got) - count} of them twice")


def main():
    svlog, directory, kind, kills = sys.argv[1:5]
    run, logs = directory + "/run", directory + "/log"
    os.makedirs(run + "/pipe")
    os.makedirs(logs)
    if kind == "tcp":
        address = f"tcp:127.0.0.1:{PORT}"
        sock = socket.create_server(("127.0.0.1", PORT))
    else:
        address = f"unix:{directory}/devlog"
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        sock.bind(directory + "/devlog")
    with open(run + "/logs", "w", encoding="ascii") as file:
        file.write(f"tend-logs 1\n* syslog={address}\n"
                   "web to=syslog,service:sink streams=1\n")
    for name in ("web", "sink,in"):
        os.mkfifo(f"{run}/pipe/{name}")
    web = os.open(run + "/pipe/web", os.O_RDWR)
    sink = os.open(run + "/pipe/sink,in", os.O_RDWR)
    at_sink, at_syslog, written = [], [], [0]
    end = threading.Event()
    reader = read_streams if kind == "tcp" else read_datagrams
    threading.Thread(target=read_lines, args=(sink, at_sink),
                     daemon=True).start()
    threading.Thread(target=reader, args=(sock, at_syslog),
                     daemon=True).start()
    writer = threading.Thread(target=write, args=(web, written, end))
    writer.start()
    pick = random.Random(1)
    for _ in range(int(kills)):
        with subprocess.Popen([svlog, "--run-dir", run,
                               "--log-dir", logs]) as process:
            time.sleep(0.005 + pick.random() * 0.03)
            process.kill()
    with subprocess.Popen([svlog, "--run-dir", run,
                           "--log-dir", logs]) as process:
        end.set()
        writer.join()
        until = time.monotonic() + 20
        last = b"line %d " % (written[0] - 1)
        while time.monotonic() < until and not (
                at_sink and last in at_sink[-1] and
                at_syslog and last in at_syslog[-1]):
            time.sleep(0.05)
        process.terminate()
    check("service", at_sink, written[0])
    check("syslog", at_syslog, written[0])


if __name__ == "__main__":
    main()
