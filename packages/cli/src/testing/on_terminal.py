"""For tests: runs a command on a pseudo-terminal of 100 columns and answers what it asks.

Reads a JSON list of [expected text, keys to send] from stdin; prints {"code", "out"}.
"""

import fcntl
import json
import os
import pty
import select
import struct
import sys
import termios
import time

DEADLINE = time.monotonic() + 25

steps = json.load(sys.stdin)
child, terminal = pty.fork()
if child == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))

out = b""
seen = 0
while time.monotonic() < DEADLINE:
    if steps and steps[0][0].encode() in out[seen:]:
        seen = len(out)
        os.write(terminal, steps.pop(0)[1].encode())
    if not select.select([terminal], [], [], 0.05)[0]:
        continue
    try:
        part = os.read(terminal, 65536)
    except OSError:
        break
    if not part:
        break
    out += part
else:
    os.kill(child, 9)
code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
json.dump({"code": code, "out": out.decode("utf-8", "replace")}, sys.stdout)
