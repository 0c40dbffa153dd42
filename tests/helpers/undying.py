"""usage: undying.py PID

Keeps PID from ending: traces it and never looks at it again, so that KILL makes
it stop on its way out, and nobody is told of it, as if it hung in the kernel.
Says `held`, and goes on until it is ended itself.
"""
import ctypes
import os
import signal
import sys

PTRACE_SEIZE = 0x4206
PTRACE_O_TRACEEXIT = 0x40

libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long] + [ctypes.c_void_p] * 2
libc.ptrace.restype = ctypes.c_long
if libc.ptrace(PTRACE_SEIZE, int(sys.argv[1]), None, PTRACE_O_TRACEEXIT) != 0:
    sys.exit("ptrace: " + os.strerror(ctypes.get_errno()))
print("held", flush=True)
while True:
    signal.pause()
