#!/bin/sh
# SPDX-License-Identifier: MIT
# A process of 300 objects and 1,000 threads is scanned whole, and nothing is
# stopped for it; and so are its memory, and with a short stop of each thread all
# stacks.  The times are printed and not asserted: they are the machine's too.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/scan/init.sh"

trap 'status=$?; [ -z "${pid-}" ] || kill -KILL $pid 2>/dev/null; leave $status' EXIT

cat >one.c <<'END'
#include <stdlib.h>
#include <string.h>
void *one_new(void) { return malloc(3); }
void one_delete(void *p) { free(p); }
char *one_copy(const char *s) { return strdup(s); }
END
$CC -fPIC -shared -o one.so one.c || fail "one.so"
cat >many.py <<'END'
import ctypes, shutil, threading, time
for i in range(300):
    shutil.copy("one.so", "one%d.so" % i)
    ctypes.CDLL("./one%d.so" % i).one_new()
threading.stack_size(65536)
for i in range(999):
    threading.Thread(target=time.sleep, args=(120,), daemon=True).start()
print("ready", flush=True)
time.sleep(120)
END
"$PYTHON3" many.py >ready 2>err &
pid=$!
wait_for ready
"$PYTHON3" - "$alloccheck" $pid >out 2>&1 <<'END' || fail "what a scan of many says"
import json, resource, subprocess, sys

def scan(*options):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    text = subprocess.run([sys.argv[1], "scan", "--format=json", *options,
                           sys.argv[2]], capture_output=True, check=True).stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - \
        before.ru_stime
    print("scan %s: %.3f s" % (" ".join(options), seconds))
    return json.loads(text)

one = scan()
print("%d objects, %d threads" % (len(one["objects"]), len(one["threads"])))
assert len(one["objects"]) >= 300 and len(one["threads"]) == 1000
assert one["stopped"] == 0
assert len(scan("--memory")["regions"]) > 1000
all = scan("--verbose", "--stacks")
print("stopped for %.6f s at most" % all["stopped"])
assert all["stopped"] > 0
assert sum(len(t["stack"]) > 3 for t in all["threads"]) > 990
END
cat out
