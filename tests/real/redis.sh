#!/bin/sh
# SPDX-License-Identifier: MIT
# redis-server under redis-benchmark.  Debian's is linked to jemalloc.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/real/real.sh"
need_command redis-server redis-benchmark redis-cli

free_port()
{
	"$PYTHON3" -c '
import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])'
}

# serve: the server under alloccheck, used and shut down.
serve()
{
	rm -rf "$reports" data
	mkdir "$reports" data
	port=$(free_port)
	env ${preload:+LD_PRELOAD="$preload"} "$alloccheck" \
		--log-path="$reports" --log-empty=1 redis-server \
		--port "$port" --bind 127.0.0.1 --save '' --daemonize no \
		--dir "$work/data" >out 2>err &
	server=$!
	tries=0
	until [ "$(redis-cli -p "$port" ping 2>/dev/null)" = PONG ]; do
		tries=$((tries + 1))
		[ $tries -lt 300 ] || { kill -9 $server; fail "no server"; }
		sleep 0.1
	done
	trap 'status=$?; [ -z "$server" ] || kill $server; leave $status' EXIT
	timeout 100 redis-benchmark -p "$port" -q -n 4000 -c 20 -P 4 \
		-t ping,set,get,incr,lpush,rpop,sadd,hset,spop,zadd,mset \
		>benchmark.out 2>&1 || fail "redis-benchmark"
	redis-cli -p "$port" eval '
		for i = 1, 500 do
			redis.call("set", "k" .. i, string.rep("v", i * 10))
		end
		return redis.call("dbsize") > 500' 0 >lua.out
	redis-cli -p "$port" config set appendonly yes >/dev/null
	redis-cli -p "$port" bgsave schedule >/dev/null
	redis-cli -p "$port" flushall >/dev/null
	redis-cli -p "$port" memory doctor >/dev/null
	# It does not end while it writes the log.
	until redis-cli -p "$port" info persistence |
		grep -q 'aof_rewrite_in_progress:0'; do
		sleep 0.1
	done
	kill -TERM $server
	status=0
	wait $server || status=$?
	server=
	[ "$(cat lua.out)" = 1 ] || fail "the script: $(cat lua.out)"
	grep -q 'Redis is now ready to exit' out || fail "it did not end well"
}

for preload in '' "$jemalloc"; do
	serve
	expect_status 0
	expect_findings
done
