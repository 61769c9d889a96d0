#!/bin/sh
# SPDX-License-Identifier: MIT
# python3: a script over json, sqlite3, threads, children; and modules of its
# own test suite.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/real/real.sh"
python=/usr/bin/python3
[ -x $python ] || skip "no $python"

cat >"$work/script.py" <<'END'
import concurrent.futures
import hashlib
import json
import random
import re
import sqlite3
import subprocess
import sys
import zlib

random.seed(1)
data = [{"n": i, "text": "x" * (i % 300), "list": [random.random()] * 5}
        for i in range(3000)]
text = json.dumps(data)
assert json.loads(text) == data
print(hashlib.sha256(text.encode()).hexdigest())
print(len(zlib.decompress(zlib.compress(text.encode()))))
print(len(re.findall(r"x+", text)))

db = sqlite3.connect(":memory:")
db.execute("create table t (n integer primary key, text text)")
db.executemany("insert into t values (?, ?)",
               [(d["n"], d["text"]) for d in data])
db.create_function("half", 1, lambda n: n // 2)
db.create_aggregate("longest", 1, type("Longest", (), {
    "__init__": lambda self: setattr(self, "n", 0),
    "step": lambda self, t: setattr(self, "n", max(self.n, len(t))),
    "finalize": lambda self: self.n}))
print(db.execute("select sum(half(n)), longest(text) from t").fetchone())
for row in db.execute("select n % 7, count(*) from t group by 1 order by 1"):
    print(row)
try:
    db.execute("select nonsense from nowhere")
except sqlite3.OperationalError as e:
    print(e)

def work(n):
    return sum(len(json.dumps(d)) for d in data[n::8])

with concurrent.futures.ThreadPoolExecutor(8) as pool:
    print(sum(pool.map(work, range(8))))
print(subprocess.run([sys.executable, "-c", "print('child')"],
                     capture_output=True, text=True).stdout)
sys.exit(3)
END
unchanged : $python "$work/script.py"

$python -c 'import test.test_json, test.test_threading' 2>/dev/null || {
	echo "no test suite of python's (Debian package" \
		"libpython3.11-testsuite); the script alone was run"
	exit 0
}
quiet : $python -m unittest -q test.test_json test.test_thread \
	test.test_threading.ThreadTests
