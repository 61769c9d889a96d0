#!/bin/sh
# SPDX-License-Identifier: MIT
# Findings in databases, by the very commands of doc/DATABASES: SQLite, and
# ClickHouse where it is installed, tell the same of a fleet's reports; what is
# there for Loki and Elasticsearch is at least what they take.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
need_command sqlite3 jq

# commands SECTION N: the Nth block of the section.
commands()
{
	awk -v section="$1" -v want="$2" '
		/^[A-Z][A-Za-z]*(, [A-Za-z]*)?$/ { here = $0 == section; n = 0 }
		here && /^    / && !inside { n++; inside = 1 }
		!/^    / && !/^$/ { inside = 0 }
		here && inside && n == want { print substr($0, 5) }' \
		"$top_srcdir/doc/DATABASES"
}

mkdir fleet
"$top_builddir/tests/reports/fleet" fleet 50 4 10 || fail "no reports"
"$alloccheck" report --format=ndjson fleet >findings.ndjson || fail "ndjson"
[ "$(wc -l <findings.ndjson)" = 200 ] || fail "not 200 findings"
jq -e -s 'length == 200 and all(.[]; .schema == "alloccheck-finding/1" and
	(.signature | length) == 32 and .code == "T7" and .owner == "jemalloc" and
	(.free_stack | length) == 12 and .time[19:20] == ".")' findings.ndjson \
	>/dev/null || fail "not as it should be: $(head -n 1 findings.ndjson)"

# SQLite.
commands SQLite 1 >sqlite.sql
grep -q 'GROUP BY signature' sqlite.sql || fail "no SQL in doc/DATABASES"
sqlite3 -separator '|' reports.db <sqlite.sql >sqlite.out 2>err ||
	fail "sqlite3"
[ "$(wc -l <sqlite.out)" = 10 ] || fail "sqlite3: $(cat sqlite.out)"
# Each of ten is in 20 reports of 50, once.
[ "$(grep -c '^T7|jemalloc|glibc|1|20|20|2023-11-14T22:1[34]:[0-9.]*Z|' \
	sqlite.out)" = 10 ] || fail "sqlite3: $(cat sqlite.out)"

# What others are sent.
commands Loki 1 | sed '/curl/,$d; s/|$//' >loki.sh
sh ./loki.sh >out 2>err || fail "for Loki"
jq -e '(.streams | length) == 1 and (.streams[0].values | length) == 200 and
	(.streams[0].values[0][0] | test("^17[0-9]{17}$"))' out >/dev/null ||
	fail "for Loki: $(head -c 300 out)"
commands 'Elasticsearch, OpenSearch' 1 | sed '/curl/,$d; s/|$//' >bulk.sh
grep -A2 -n jq bulk.sh >/dev/null || fail "nothing for Elasticsearch"
sh ./bulk.sh 2>err >out
[ "$(wc -l <out)" = 400 ] || fail "for Elasticsearch"
[ "$(jq -r 'select(.index) | .index._id' out | sort -u | wc -l)" = 200 ] ||
	fail "for Elasticsearch: the IDs"

# ClickHouse: a server of our own, in this folder.
command -v clickhouse-server >/dev/null || exit 0
port=$("$PYTHON3" -c '
import socket
s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
cat >server.xml <<END
<yandex>
  <logger><level>warning</level><console>1</console></logger>
  <tcp_port>$port</tcp_port><listen_host>127.0.0.1</listen_host>
  <path>$work/data/</path><tmp_path>$work/data-tmp/</tmp_path>
  <users><default><password></password><profile>default</profile>
    <networks><ip>127.0.0.1</ip></networks><quota>default</quota>
  </default></users>
  <profiles><default></default></profiles><quotas><default></default></quotas>
  <mark_cache_size>1000000</mark_cache_size>
</yandex>
END
clickhouse-server --config-file="$work/server.xml" >server.log 2>&1 &
server=$!
trap 'status=$?; kill $server 2>/dev/null; wait $server 2>/dev/null; leave $status' EXIT
client="clickhouse-client --host 127.0.0.1 --port $port"
tries=0
until $client --query 'SELECT 1' >/dev/null 2>&1; do
	tries=$((tries + 1))
	[ $tries -lt 100 ] || fail "no ClickHouse: $(tail -n 3 server.log)"
	sleep 0.2
done
commands ClickHouse 1 | $client --multiquery 2>err || fail "CREATE TABLE"
commands ClickHouse 2 | sed "s/^clickhouse-client/$client/" >insert.sh
sh ./insert.sh 2>err || fail "INSERT"
commands ClickHouse 3 | $client --multiquery --format=TSV >out 2>err ||
	fail "SELECT"
tr '\t' '|' <out >clickhouse.out
diff sqlite.out clickhouse.out || fail "SQLite and ClickHouse do not agree"
exit 0
