#!/bin/sh
# SPDX-License-Identifier: MIT
# node: its own C++ allocations, worker threads, a child.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/real/real.sh"
need_command node

cat >"$work/work.js" <<'END'
const zlib = require('zlib');
const crypto = require('crypto');
const { Worker, isMainThread, parentPort } = require('worker_threads');
const { execFileSync } = require('child_process');
if (!isMainThread) {
	let s = 0;
	for (let i = 0; i < 2e5; i++)
		s += ('x' + i).length;
	parentPort.postMessage(s);
	return;
}
const data = [];
for (let i = 0; i < 20000; i++)
	data.push({ n: i, text: 'y'.repeat(i % 90) });
const text = JSON.stringify(data);
console.log(crypto.createHash('sha256').update(text).digest('hex'));
console.log(zlib.gunzipSync(zlib.gzipSync(text)).length);
console.log(JSON.parse(text).filter(d => d.text.length === 7).length);
console.log(execFileSync('/bin/echo', ['a child']).toString().trim());
const bufs = [];
for (let i = 0; i < 200; i++)
	bufs.push(Buffer.alloc(10000 + i, i));
console.log(Buffer.concat(bufs).length);
let sum = 0, left = 2;
for (let i = 0; i < 2; i++)
	new Worker(__filename).on('message', m => {
		sum += m;
		if (!--left) {
			console.log(sum);
			process.exitCode = 5;
		}
	});
END
unchanged : node "$work/work.js"
