#!/bin/sh
# SPDX-License-Identifier: MIT
# JSON by its schema, SARIF by a schema of what we write, JUnit's XML and the
# HTML page by rules of our own: of reports of real programs, of all samples,
# and of one whose every name tries to break out.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
here=$top_srcdir/tests/pages
"$PYTHON3" -c 'import jsonschema' 2>/dev/null ||
	skip "no jsonschema for $PYTHON3 (Debian package python3-jsonschema)"

mkdir real samples hostile nothing
need_foreign
preload=$foreign
run_alloccheck "$programs/engine" cross "$plugins/plug.so" deep
expect_status 99
mv "$reports"/*.alck real/engine.alck
run_alloccheck --log-empty=1 "$programs/engine" own "$plugins/plug.so"
expect_status 0
mv "$reports"/*.alck real/own.alck
preload=
for fault in double stack inside; do
	run_alloccheck "$programs/misuse" $fault
	expect_status 99
	mv "$reports"/*.alck real/$fault.alck
done
for description in "$top_srcdir"/tests/reports/*.txt "$here/hostile.txt"; do
	name=$(basename "$description" .txt)
	folder=samples
	[ "$name" != hostile ] || folder=hostile
	"$top_builddir/tests/reports/make-report" <"$description" \
		>"$folder/$name.alck" || fail "$name: no report made"
done
cp samples/good-nothing.alck nothing

# A name that the schema does not have would be seen where a sample has it.
for name in $(sed -n 's/.*alck_json_[a-z]*(&*j, "\([a-z_]*\)".*/\1/p' \
	"$top_srcdir/lib/report/render-json.c"); do
	grep -q "\"$name\": {" "$top_srcdir/doc/report.schema.json" ||
		fail "doc/report.schema.json does not have \"$name\""
done

for set in real samples hostile nothing; do
	for form in json sarif junit html; do
		"$alloccheck" report --format=$form $set >$set.$form 2>err
		status=$?
		# Some samples are damaged.
		[ $status = 0 ] || [ $set$status = samples2 ] ||
			fail "$set, $form: exit status $status"
	done
	# The same pages of distinct findings: all, new ones, and gone ones.
	"$alloccheck" report --merge --format=html $set >$set.merged.html 2>err
	"$alloccheck" report --diff --format=html nothing $set >$set.new.html \
		2>err
	"$alloccheck" report --diff --format=html $set nothing >$set.gone.html \
		2>err
	"$PYTHON3" "$here/validate.py" "$top_srcdir/doc/report.schema.json" \
		$set.json >out || fail "$set: JSON"
	"$PYTHON3" "$here/validate.py" "$here/sarif.schema.json" $set.sarif \
		>out || fail "$set: SARIF"
	"$PYTHON3" "$here/formats.py" "$top_srcdir/lib/report/page.html" \
		$set.json $set.sarif $set.junit $set.html $set.merged.html \
		$set.new.html $set.gone.html >out 2>&1 ||
		fail "$set: not as it should be"
done

grep -q '<h1>5 processes</h1>' real.merged.html || fail "merged: no head"
grep -q 'class="change new">new<' real.new.html || fail "nothing is new"
grep -q 'class="change gone">gone<' real.gone.html || fail "nothing is gone"
grep -q '<b>0</b>errors<small>none' real.gone.html || fail "gone errors count"
grep -q 'Nothing new, and nothing gone' nothing.new.html || fail "no words"

# A crash is told on the page, though nothing was found.
run_alloccheck "$programs/crashes" overflow
"$alloccheck" report --format=html "$reports" >crash.html || fail "crash"
grep -q 'died of signal 11 (SIGSEGV) at' crash.html &&
	grep -q 'the thread has used its stack up' crash.html &&
	grep -q 'class="event e-crash"' crash.html &&
	grep -q 'overflow_blocks' crash.html || fail "no crash on the page"

# Colour on a terminal, unless NO_COLOR forbids it, and nowhere else; the last
# line sums up.
cat >terminal.py <<'END'
import os, pty, sys
pid, terminal = pty.fork()
if not pid:
    os.execvp(sys.argv[1], sys.argv[1:])
said = b""
try:
    while chunk := os.read(terminal, 65536):
        said += chunk
except OSError:  # the other side is closed
    pass
os.waitpid(pid, 0)
sys.stdout.buffer.write(said)
END
coloured()
{
	grep -q "$(printf '\033\[')" out
}
"$PYTHON3" terminal.py "$alloccheck" report real/double.alck >out || fail "pty"
coloured || fail "no colour on a terminal"
NO_COLOR=1 "$PYTHON3" terminal.py "$alloccheck" report real/double.alck >out
coloured && fail "NO_COLOR is not heeded"
NO_COLOR=1 "$alloccheck" report --color=always real/double.alck >out
coloured || fail "--color=always is not heeded"
"$alloccheck" report real >out || fail "text of several"
tail -n 1 out | grep -q '^alloccheck: [0-9]* errors.* processes' ||
	fail "the last line sums nothing up"

# What is new since yesterday, for who looks at SARIF or JUnit.
"$alloccheck" report --diff --format=sarif nothing real >new.sarif
[ $? = 99 ] || fail "--diff with SARIF: exit status"
grep -q '"baselineState":"new"' new.sarif || fail "nothing is new"
"$alloccheck" report --diff --format=junit real nothing >gone.junit ||
	fail "--diff with JUnit: exit status"
grep -q 'tests="1" failures="0"' gone.junit || fail "what is gone has failed"
exit 0
