#!/bin/sh
# SPDX-License-Identifier: MIT
# sqlite3: tables, indexes, joins, a file on disk.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/real/real.sh"
need_command sqlite3

cat >"$work/work.sql" <<'END'
pragma journal_mode = wal;
create table t (a integer primary key, b text, c real);
with recursive n(i) as (select 1 union all select i + 1 from n where i < 20000)
	insert into t select i, printf('%08x-%s', i * 7919, hex(zeroblob(i % 40))),
		i / 3.0 from n;
create index tb on t (b);
create table u as select a, length(b) as len from t where a % 3 = 0;
select count(*), sum(len) from u;
select t.a, t.b, u.len from t join u on t.a = u.a order by t.b desc limit 10;
select group_concat(b, '/') from (select b from t limit 50);
select json_extract('{"a": [1, {"b": 7}]}', '$.a[1].b');
update t set b = upper(b) where a % 5 = 0;
delete from t where a % 7 = 0;
vacuum;
select count(*), max(b), total(c) from t;
pragma integrity_check;
select no_such_function(1);
.schema
END
unchanged : sh -c 'sqlite3 "$HOME/db" <"$0"' "$work/work.sql"
