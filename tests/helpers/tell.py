"""Services of the tests of readiness, and one that sends a message.

tell.py send TEXT...        one datagram to NOTIFY_SOCKET; | is a newline
tell.py last                READY=1, last words, and an end at once
tell.py obey FIFO           sends each line read there; deaf, exit, ping, quiet
tell.py serve KIND ADDRESS PORT FIFO    listens after a line from FIFO
tell.py http PORT FILE      answers with what is in the file
"""
import os
import signal
import socket
import sys
import time


def send(text):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.connect(os.environ["NOTIFY_SOCKET"])
        s.send(text.replace("|", "\n").encode())


def obey(fifo):
    pings = False
    os.set_blocking(fd := os.open(fifo, os.O_RDWR), False)
    rest = b""
    while True:
        try:
            rest += os.read(fd, 4096)
        except BlockingIOError:
            time.sleep(0.02)
        if pings:
            send("WATCHDOG=1")
        *lines, rest = rest.split(b"\n")
        for line in lines:
            if line == b"deaf":
                signal.signal(signal.SIGTERM, signal.SIG_IGN)
            elif line == b"exit":
                sys.exit(0)
            elif line in (b"ping", b"quiet"):
                pings = line == b"ping"
            else:
                send(line.decode())


def serve(kind, address, port, fifo):
    families = {"tcp": socket.AF_INET, "tcp6": socket.AF_INET6}
    s = socket.socket(families.get(kind, socket.AF_UNIX),
                      socket.SOCK_DGRAM if kind == "dgram"
                      else socket.SOCK_STREAM)
    with open(fifo, encoding="ascii") as f:
        f.readline()
    if kind in families:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind((address, int(port)))
    else:
        if os.path.exists(address):
            os.unlink(address)
        s.bind(address)
    if kind != "dgram":
        s.listen()
        while True:
            s.accept()[0].close()
    time.sleep(1000)


def http(port, file):
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("127.0.0.1", int(port)))
    s.listen()
    hanging = []
    while True:
        connection = s.accept()[0]
        request = connection.recv(4096).decode()
        with open(file + ".path", "w", encoding="ascii") as f:
            f.write(request.split(" ")[1] if " " in request else "")
        with open(file, "rb") as f:
            answer = f.read()
        if answer == b"hang":
            hanging.append(connection)
        else:
            connection.sendall(answer)
            connection.close()


if sys.argv[1] == "send":
    send(sys.argv[2])
elif sys.argv[1] == "last":
    send("READY=1|STATUS=the last words")
    sys.exit(1)
else:
    {"obey": obey, "serve": serve, "http": http}[sys.argv[1]](*sys.argv[2:])
