/*
 * The spill file keeps what it acknowledged, through torn writes and damage, and is taken over
 * exactly once.
 */
#include "store/batch.h"
#include "store/spill.h"
#include "store_test.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define T0 1735689600 /* 2025-01-01T00:00:00Z */

static char dir[64], path[200];

static int make_dir(void **state)
{
	(void)state;
	(void)snprintf(dir, sizeof(dir), "/tmp/domovoi-spill-XXXXXX");
	if (!mkdtemp(dir)) {
		return -1;
	}
	(void)snprintf(path, sizeof(path), "%s/x.spill", dir);
	return 0;
}

static int drop_dir(void **state)
{
	char command[96];
	(void)state;
	(void)snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command);
}

struct seen {
	int64_t n;
	char text[100];
};

static enum err see(void *ctx, int64_t index, const struct spill_record *record)
{
	struct seen *seen = ctx;
	(void)index;
	seen->n++;
	(void)strncat(seen->text, (const char *)record->bytes.data, record->bytes.size);
	return ERR_OK;
}

static void expect_text(struct spill *s, const char *text, int64_t damaged_wanted)
{
	struct seen seen = {0};
	int64_t damaged;
	assert_int_equal(spill_each(s, see, &seen, &damaged), ERR_OK);
	assert_string_equal(seen.text, text);
	assert_int_equal(damaged, damaged_wanted);
}

static void append(struct spill *s, const char *text)
{
	struct spill_record r = {.bytes = {(const uint8_t *)text, strlen(text)}};
	assert_int_equal(spill_append(s, &r, 1), ERR_OK);
}

static void records_come_back_in_order_after_reopening(void **state)
{
	(void)state;
	struct spill s;
	assert_int_equal(spill_open(&s, path, NULL), ERR_OK);
	assert_int_equal(s.records, 0);
	append(&s, "one ");
	append(&s, "two ");
	spill_close(&s);
	assert_int_equal(spill_open(&s, path, NULL), ERR_OK);
	assert_int_equal(s.records, 2);
	append(&s, "three");
	expect_text(&s, "one two three", 0);
	uint8_t name[SPILL_NAME_N];
	memcpy(name, s.name, sizeof(name));
	spill_done(&s, false);
	expect_text(&s, "", 0);
	assert_memory_not_equal(name, s.name, sizeof(name));
	append(&s, "four");
	spill_close(&s);
	assert_int_equal(spill_open(&s, path, NULL), ERR_OK);
	expect_text(&s, "four", 0);
	spill_close(&s);
}

static void a_torn_end_is_cut_off_at_any_length(void **state)
{
	(void)state;
	struct spill s;
	struct stat st;
	assert_int_equal(spill_open(&s, path, NULL), ERR_OK);
	append(&s, "one ");
	int64_t whole = s.size;
	append(&s, "two ");
	spill_close(&s);
	assert_int_equal(stat(path, &st), 0);
	for (int64_t size = st.st_size - 1; size >= whole; size--) {
		assert_int_equal(truncate(path, size), 0);
		assert_int_equal(spill_open(&s, path, NULL), ERR_OK);
		assert_int_equal(s.records, 1);
		append(&s, "three");
		expect_text(&s, "one three", 0);
		spill_close(&s);
	}
}

static void a_damaged_record_does_not_take_the_others_with_it(void **state)
{
	(void)state;
	struct spill s;
	assert_int_equal(spill_open(&s, path, NULL), ERR_OK);
	append(&s, "one ");
	int64_t end = s.size;
	append(&s, "two ");
	append(&s, "three");
	assert_int_equal(pwrite(s.fd, "!", 1, end - 2), 1);
	spill_close(&s);
	assert_int_equal(spill_open(&s, path, NULL), ERR_OK);
	assert_int_equal(s.records, 3);
	expect_text(&s, "two three", 1);
	spill_done(&s, true);
	spill_close(&s);
	(void)strncat(path, ".damaged", sizeof(path) - strlen(path) - 1);
	assert_int_equal(access(path, F_OK), 0); /* kept for whoever wants to look */
}

static void a_file_that_is_something_else_is_put_aside(void **state)
{
	(void)state;
	struct spill s;
	int fd = open(path, O_CREAT | O_WRONLY, 0600);
	assert_int_equal(write(fd, "hello", 5), 5);
	(void)close(fd);
	assert_int_equal(spill_open(&s, path, NULL), ERR_OK);
	assert_int_equal(s.records, 0);
	append(&s, "one");
	expect_text(&s, "one", 0);
	spill_close(&s);
}

/* ---- with a store ---- */

static enum err count_row(void *ctx, const struct reading_row *r)
{
	(void)r;
	++*(size_t *)ctx;
	return ERR_OK;
}

static size_t readings(struct store *s)
{
	size_t n = 0;
	assert_int_equal(reading_list(s, 0, 1000000, count_row, &n), ERR_OK);
	return n;
}

static struct batch *poll_batch(int i)
{
	struct batch *b = batch_new();
	const uint8_t bytes[] = {1, 2, 3};
	batch_frame(b, 3, T0 + i, SLICE(bytes), SLICE(bytes));
	batch_reading(b, 4, T0 + i, i, good());
	batch_archive(b, 4, PERIOD_HOUR, T0 + i * HOUR, i, good(), false);
	return b;
}

static bool has_hour(struct store *s, int i)
{
	struct archive_value v;
	enum err e = archive_latest(s, 4, PERIOD_HOUR, T0 + i * HOUR, &v);
	return e == ERR_OK && v.start == T0 + i * HOUR && v.value == i;
}

static void wait_until_writable(struct store *s)
{
	struct store_status st;
	for (int i = 0; i < 1000; i++) {
		store_status(s, &st);
		if (st.is_writable && st.spilled_batches == 0) {
			return;
		}
		(void)usleep(20000);
	}
	fail_msg("still not writable: %s", st.last_error_text);
}

/* Somebody else's transaction, as of a tool that forgot to end. */
static sqlite3 *lock_database(const char *file)
{
	sqlite3 *db;
	assert_int_equal(sqlite3_open(file, &db), SQLITE_OK);
	assert_int_equal(sqlite3_busy_timeout(db, 5000), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	return db;
}

static void a_locked_database_is_spilled_and_caught_up(void **state)
{
	struct fixture *f = *state;
	struct store_status st;
	struct diag d = {0};
	struct last_reading *last;
	size_t n;
	put_small_site(f->store);
	assert_int_equal(store_submit(f->store, poll_batch(1), true), ERR_OK);
	sqlite3 *other = lock_database(f->path);
	for (int i = 2; i < 6; i++) {
		assert_int_equal(store_submit(f->store, poll_batch(i), true), ERR_OK);
	}
	store_status(f->store, &st);
	assert_false(st.is_writable);
	assert_int_equal(st.last_error, ERR_READONLY);
	assert_non_null(strstr(st.last_error_text, "locked"));
	assert_true(st.failing_since_utc > 0);
	assert_int_equal(st.spilled_batches, 4);
	assert_int_equal(readings(f->store), 1); /* reading goes on */
	assert_int_equal(store_last(f->store, &last, &n), ERR_OK);
	assert_true(last[0].value == 5); /* and the last values are the newest */
	free(last);
	union any_object o;
	object_init(OBJECT_PLACE, &o);
	(void)STR_COPY(o.place.name, "x");
	assert_int_equal(store_put(f->store, OBJECT_PLACE, &o, "test", &d), ERR_READONLY);
	assert_int_equal(sqlite3_close(other), SQLITE_OK);
	wait_until_writable(f->store);
	assert_int_equal(readings(f->store), 5);
	assert_true(has_hour(f->store, 5));
}

/* A copy of the spill file found again after its contents were taken over: the end of a crash
 * between commit and removal. */
static void nothing_is_taken_over_twice(void **state)
{
	struct fixture *f = *state;
	char command[400];
	sqlite3 *other = lock_database(f->path);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(store_submit(f->store, poll_batch(i), true), ERR_OK);
	}
	(void)snprintf(command, sizeof(command), "cp %s.spill %s/copy", f->path, f->dir);
	assert_int_equal(system(command), 0);
	assert_int_equal(sqlite3_close(other), SQLITE_OK);
	wait_until_writable(f->store);
	assert_int_equal(readings(f->store), 3);
	store_close(f->store);
	(void)snprintf(command, sizeof(command), "mv %s/copy %s.spill", f->dir, f->path);
	assert_int_equal(system(command), 0);
	assert_int_equal(store_open(f->url, 0, &f->store, NULL), ERR_OK);
	wait_until_writable(f->store);
	assert_int_equal(readings(f->store), 3);
}

/* A commit that failed and yet reached the disk: the record in the file knows the ids it had. */
static void a_commit_that_arrived_after_all_is_not_repeated(void **state)
{
	struct fixture *f = *state;
	struct spill s;
	assert_int_equal(store_submit(f->store, poll_batch(1), true), ERR_OK);
	store_close(f->store);
	(void)snprintf(path, sizeof(path), "%s.spill", f->path);
	assert_int_equal(spill_open(&s, path, NULL), ERR_OK);
	for (int i = 1; i < 3; i++) {
		struct batch *b = poll_batch(i);
		struct spill_record r = {.reading = i, .frame = i, .bytes = buf_slice(&b->bytes)};
		assert_int_equal(spill_append(&s, &r, 1), ERR_OK);
		batch_free(b);
	}
	spill_close(&s);
	assert_int_equal(store_open(f->url, 0, &f->store, NULL), ERR_OK);
	assert_int_equal(readings(f->store), 2);
	assert_true(has_hour(f->store, 2));
}

/* The process dies with a spill file beside a locked database. */
static void a_spill_file_left_behind_is_taken_over_at_start(void **state)
{
	struct fixture *f = *state;
	store_close(f->store);
	f->store = NULL;
	pid_t pid = fork();
	if (pid == 0) {
		struct store *s;
		bool is_good = store_open(f->url, 0, &s, NULL) == ERR_OK;
		sqlite3 *other = is_good ? lock_database(f->path) : NULL;
		for (int i = 0; i < 3 && is_good; i++) {
			is_good = store_submit(s, poll_batch(i), true) == ERR_OK;
		}
		(void)other;
		_exit(is_good ? 0 : 1);
	}
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(store_open(f->url, 0, &f->store, NULL), ERR_OK);
	assert_int_equal(readings(f->store), 3);
	assert_true(has_hour(f->store, 2));
}

#define WITH_DIR(test)   cmocka_unit_test_setup_teardown(test, make_dir, drop_dir)
#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, set_up_store, tear_down_store)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_DIR(records_come_back_in_order_after_reopening),
		WITH_DIR(a_torn_end_is_cut_off_at_any_length),
		WITH_DIR(a_damaged_record_does_not_take_the_others_with_it),
		WITH_DIR(a_file_that_is_something_else_is_put_aside),
		WITH_STORE(a_locked_database_is_spilled_and_caught_up),
		WITH_STORE(nothing_is_taken_over_twice),
		WITH_STORE(a_commit_that_arrived_after_all_is_not_repeated),
		WITH_STORE(a_spill_file_left_behind_is_taken_over_at_start),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
