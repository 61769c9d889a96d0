/* SPDX-License-Identifier: MIT */
/*
 * SQLite linked into the program, with an allocator: four threads, each with a
 * database of its own in memory; tables, an index, joins, updates, blobs.
 * Prints what it found, which is the same whatever the allocator.
 */
#include <pthread.h>
#include <sqlite3.h>

#include "common.h"

#define THREADS 4

static const char *const script[] = {
	"create table t (a integer primary key, b text, c real, d blob)",
	"create index tb on t (b)",
	"begin",
	"with recursive n(i) as (select 1 union all select i + 1 from n "
	"where i < 4000) insert into t select i, printf('%08x', i * 7919), "
	"i / 3.0, zeroblob(i % 700) from n",
	"commit",
	"create table u as select a, length(d) as len from t where a % 3 = 0",
	"update t set b = b || '-' || hex(zeroblob(9)) where a % 5 = 0",
	"delete from t where a % 7 = 0",
	"vacuum",
	NULL,
};

static const char query[] =
	"select count(*), sum(u.len), max(t.b), (select group_concat(b, '/') "
	"from (select b from t order by b desc limit 20)) from t join u on "
	"t.a = u.a where t.b > '00000100'";

static void must_be_done(sqlite3 *db, const char *sql)
{
	char *error = NULL;

	if (sqlite3_exec(db, sql, NULL, NULL, &error))
		die("%s: %s", sql, error);
}

static void *worker(void *answer)
{
	sqlite3_stmt *statement;
	sqlite3 *db;

	must(!sqlite3_open(":memory:", &db));
	for (int i = 0; script[i]; i++)
		must_be_done(db, script[i]);
	must(!sqlite3_prepare_v2(db, query, -1, &statement, NULL));
	must(sqlite3_step(statement) == SQLITE_ROW);
	*(char **)answer =
		sqlite3_mprintf("%d %d %s %s", sqlite3_column_int(statement, 0),
				sqlite3_column_int(statement, 1),
				sqlite3_column_text(statement, 2),
				sqlite3_column_text(statement, 3));
	must(!sqlite3_finalize(statement));
	must(!sqlite3_close(db));
	return NULL;
}

int main(void)
{
	pthread_t thread[THREADS];
	char *answer[THREADS];

	for (int i = 0; i < THREADS; i++)
		must(!pthread_create(&thread[i], NULL, worker, &answer[i]));
	for (int i = 0; i < THREADS; i++)
		must(!pthread_join(thread[i], NULL));
	for (int i = 0; i < THREADS; i++) {
		puts(answer[i]);
		sqlite3_free(answer[i]);
	}
	return 0;
}
