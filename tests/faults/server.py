"""Runs a step again and again in children of one process that has imported it: a start costs milliseconds.

argv: the step, the library that injects faults ("" for none), what is imported besides. One JSON object per line on stdin and stdout, see `steps.py`.
"""

import ctypes
import errno
import gc
import importlib
import json
import mmap
import os
import sys
import tempfile

NAME, LIBRARY, *PRELOAD = sys.argv[1:]
KINDS = {"kill": 0, "tear": -1} | {name: getattr(errno, name) for name in ("ENOSPC", "EIO", "EROFS", "EDQUOT", "EFBIG")}

inject = ctypes.CDLL(LIBRARY) if LIBRARY else None
for module in PRELOAD:
    importlib.import_module(module)
work = importlib.import_module(f"{NAME}.__main__")
gc.freeze()  # or each child would copy what its first collection looks at


def child(asked, memory, log):
    os.dup2(log.fileno(), 1)
    os.dup2(log.fileno(), 2)
    sys.argv = [NAME, *asked["words"]]
    os.environ.update(asked["variables"])
    if inject is not None:
        inject.inject_arm(
            asked["root"].encode(), asked["at"], KINDS[asked["kind"]], ctypes.c_void_p(ctypes.addressof(memory))
        )
    code = 70
    if asked["plant"]:
        module, _, name = asked["plant"].partition(":")
        getattr(importlib.import_module(module), name)()
    try:
        code = work.main()
    except SystemExit as end:
        code = end.code or 0
    finally:
        sys.stderr.flush()
        os._exit(code)


for line in sys.stdin:
    asked = json.loads(line)
    with mmap.mmap(-1, 4096) as shared, tempfile.TemporaryFile() as log:
        memory = (ctypes.c_char * 4096).from_buffer(shared)
        pid = os.fork()
        if pid == 0:
            child(asked, memory, log)
        _, status, used = os.wait4(pid, 0)
        code = os.waitstatus_to_exitcode(status)
        calls = int.from_bytes(memory[:8], sys.byteorder)
        call = bytes(memory[8:248]).split(b"\0")[0].decode(errors="replace")
        del memory
        log.seek(0)
        report = {
            "code": code,
            "calls": calls,
            "call": call,
            "output": log.read().decode(errors="replace"),
            "memory": used.ru_maxrss // 1000,
        }
    print(json.dumps(report), flush=True)
