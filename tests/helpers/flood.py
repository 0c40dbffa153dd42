"""A stranger who claims to be a service: floods NOTIFY_SOCKET, argument: pid."""
import os
import socket
import struct
import sys

s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.connect(os.environ["NOTIFY_SOCKET"])
claim = struct.pack("3i", int(sys.argv[1]), 0, 0)
try:
    s.sendmsg([b"READY=1"], [(socket.SOL_SOCKET, socket.SCM_CREDENTIALS, claim)])
    print("forged", flush=True)
except PermissionError:
    print("flooding", flush=True)
pair = socket.socketpair()
while True:
    s.send(b"READY=1\nSTATUS=hostile\nMAINPID=1\n")
    s.send(b"x" * 60000)
    socket.send_fds(s, [b"FDSTORE=1\n"], [pair[0].fileno()] * 100)
