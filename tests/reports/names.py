# SPDX-License-Identifier: MIT
"""The names of the JSON form, which users' scripts rest on: each must be
there, with a value of its type.  More may be added."""
import json
import re
import sys

text, count, seconds, flag = (str,), (int,), (float, int), (bool,)
none = (type(None),)
hexadecimal = "hex"


def one_of(*words):
    return set(words)


FRAME = {"pc": hexadecimal, "module": text, "build_id": text,
         "offset": hexadecimal, "function": text, "file": text, "line": count}
CALL = {"api": text, "thread": count + none, "stack": [FRAME]}
PARTY = {"provider": count, "family": text}
REPORT = {
    "schema": one_of("alloccheck-report/1"),
    "process": {"pid": count + none, "ppid": count + none, "exe": text,
                "argv": [text], "libc": text, "started": text + none,
                "ended": one_of("exit", "signal", "exec", "unknown"),
                "status": count + none},
    "providers": [{"id": count, "family": text, "version": text,
                   "path": text, "build_id": text, "namespace": count,
                   "how": one_of("shared", "static", "hidden")}],
    "findings": [{"code": text, "slug": text,
                  "severity": one_of("error", "latent", "info"),
                  "verdict": text, "count": count, "api": text,
                  "pointer": ("or null", hexadecimal), "size": count + none,
                  "owner": ("or null", PARTY), "freer": ("or null", PARTY),
                  "action": one_of("abort", "owner", "leak", "caller", ""),
                  "thread": count + none, "time": seconds + none,
                  "allocation": CALL, "deallocation": CALL,
                  "otherwise": text, "advice": text, "suppression": text}],
    "events": [{"time": seconds + none, "thread": count + none,
                "kind": text, "text": text}],
    "coverage": {"objects": [{"path": text,
                              "seen": one_of("all", "part", "none"),
                              "why": text}],
                 "untracked": count, "unknown_frees": count,
                 "unrecorded": count},
}
HOST = {"processor": text, "vendor": text, "family": count + none,
        "model": count + none, "kernel": text, "hypervisor": flag + none,
        "split_lock_detect": flag + none, "bus_lock_detect": flag + none,
        "split_lock_mode": text, "split_lock_mitigate": count + none,
        "bus_lock_event": text, "bus_lock_event_raw": text}
OPTIONAL = {"first_deallocation": CALL, "load": {"stack": [FRAME]},
            "host": HOST}


def check(value, shape, where):
    if isinstance(shape, tuple) and shape[0] == "or null":
        if value is not None:
            check(value, shape[1], where)
    elif isinstance(shape, dict):
        assert isinstance(value, dict), where
        for name, inner in shape.items():
            assert name in value, f"{where}.{name} is missing"
            check(value[name], inner, f"{where}.{name}")
        for name, inner in OPTIONAL.items():
            if name in value:
                check(value[name], inner, f"{where}.{name}")
    elif isinstance(shape, list):
        assert isinstance(value, list), where
        for i, element in enumerate(value):
            check(element, shape[0], f"{where}[{i}]")
    elif isinstance(shape, set):
        assert value in shape, f"{where}: {value!r}"
    elif shape == hexadecimal:
        assert re.fullmatch("0x[0-9a-f]+", value), f"{where}: {value!r}"
    else:
        assert isinstance(value, shape), f"{where}: {value!r}"


for name in sys.argv[1:]:
    with open(name, encoding="utf-8") as file:
        report = json.load(file)
    try:
        check(report, REPORT, "report")
    except AssertionError as error:
        sys.exit(f"{name}: {error}")
