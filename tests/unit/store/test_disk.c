/*
 * A full disk and a read-only disk, real ones: a small tmpfs in a mount namespace of its own. What
 * cannot be kept is refused, what was accepted is there when the disk is well again.
 *
 * Each case runs in a child process that says with its exit code whether it held.
 */
#include "store_test.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/wait.h>

#define T0      1735689600 /* 2025-01-01T00:00:00Z */
#define NO_DISK 77

static char dir[64], url[96];

#define CHECK(condition)                                                                      \
	do {                                                                                  \
		if (!(condition)) {                                                           \
			(void)fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
			_exit(1);                                                             \
		}                                                                             \
	} while (0)

static bool write_file(const char *name, const char *text)
{
	int fd = open(name, O_WRONLY | O_CLOEXEC);
	bool is_good = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	if (fd >= 0) {
		(void)close(fd);
	}
	return is_good;
}

/* A namespace in which mounting is allowed and seen by nobody else. */
static bool enter_namespace(void)
{
	char map[64];
	uid_t uid = getuid();
	if (unshare(CLONE_NEWNS) != 0) {
		if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) {
			return false;
		}
		(void)snprintf(map, sizeof(map), "0 %u 1", (unsigned)uid);
		if (!write_file("/proc/self/uid_map", map)) {
			return false;
		}
	}
	return mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
}

static void mount_disk(const char *size)
{
	char options[32];
	(void)snprintf(dir, sizeof(dir), "/tmp/domovoi-disk-XXXXXX");
	CHECK(mkdtemp(dir));
	(void)snprintf(options, sizeof(options), "size=%s", size);
	if (!enter_namespace() || mount("none", dir, "tmpfs", 0, options) != 0) {
		(void)rmdir(dir);
		_exit(NO_DISK);
	}
	(void)snprintf(url, sizeof(url), "sqlite:%s/test.db", dir);
}

static struct batch *poll_batch(int i)
{
	struct batch *b = batch_new();
	uint8_t bytes[3000];
	memset(bytes, i, sizeof(bytes));
	for (size_t k = 0; k < sizeof(bytes); k++) { /* does not compress */
		bytes[k] = (uint8_t)(rand() >> 7);
	}
	batch_frame(b, 3, T0 + i, SLICE(bytes), SLICE(bytes));
	batch_reading(b, 4, T0 + i, i, good());
	return b;
}

static enum err count_row(void *ctx, const struct reading_row *r)
{
	(void)r;
	++*(size_t *)ctx;
	return ERR_OK;
}

static size_t readings(struct store *s)
{
	size_t n = 0;
	CHECK(reading_list(s, 0, 1000000, count_row, &n) == ERR_OK);
	return n;
}

static void finding(void *ctx, const char *text)
{
	(void)ctx;
	(void)fprintf(stderr, "%s\n", text);
}

/* Take all the space there is but `spare` bytes. */
static void fill_disk(const char *name, size_t spare)
{
	static char block[4096];
	int fd = open(name, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	off_t size = 0;
	CHECK(fd >= 0);
	while (write(fd, block, sizeof(block)) == (ssize_t)sizeof(block)) {
		size += (off_t)sizeof(block);
	}
	CHECK(errno == ENOSPC);
	CHECK(ftruncate(fd, size - (off_t)spare) == 0);
	(void)close(fd);
}

static void wait_until(struct store *s, bool is_writable)
{
	struct store_status st;
	for (int i = 0; i < 500; i++) {
		store_status(s, &st);
		if (st.is_writable == is_writable) {
			return;
		}
		(void)usleep(20000);
	}
	(void)fprintf(stderr, "%s\n", st.last_error_text);
	CHECK(false); /* the state did not come */
}

/* Space for the spill file, not for the log of the database. */
static void full_for_the_database(void)
{
	char filler[96];
	struct store *s;
	struct store_status st;
	mount_disk("12m");
	CHECK(store_open(url, STORE_CREATE, &s, NULL) == ERR_OK);
	CHECK(store_submit(s, poll_batch(0), true) == ERR_OK);
	(void)snprintf(filler, sizeof(filler), "%s/filler", dir);
	fill_disk(filler, 65536);
	int accepted = 1;
	while (store_submit(s, poll_batch(accepted), true) == ERR_OK) {
		accepted++;
	}
	store_status(s, &st);
	CHECK(!st.is_writable && st.last_error == ERR_FULL && st.failing_since_utc > 0);
	CHECK(st.spilled_batches > 0);
	CHECK(accepted > 100);                                      /* the space taken in advance */
	CHECK(store_submit(s, poll_batch(1000), true) == ERR_FULL); /* honest: refused */
	CHECK(unlink(filler) == 0);
	wait_until(s, true);
	CHECK(store_flush(s) == ERR_OK);
	CHECK(readings(s) == (size_t)accepted);
	CHECK(store_check(s, finding, NULL) == ERR_OK);
	store_close(s);
}

/* No space at all: what nobody waits for stays in memory until there is some. */
static void full_for_everything(void)
{
	char filler[96];
	struct store *s;
	mount_disk("2m");
	CHECK(store_open(url, STORE_CREATE, &s, NULL) == ERR_OK);
	(void)snprintf(filler, sizeof(filler), "%s/filler", dir);
	fill_disk(filler, 0);
	for (int i = 0; i < 50; i++) {
		CHECK(store_submit(s, poll_batch(i), false) == ERR_OK);
	}
	wait_until(s, false);
	CHECK(store_submit(s, poll_batch(50), true) != ERR_OK);
	CHECK(readings(s) == 0);
	CHECK(unlink(filler) == 0);
	wait_until(s, true);
	CHECK(store_flush(s) == ERR_OK);
	CHECK(readings(s) == 50);
	store_close(s);
}

/* Full for ever: memory is bounded, submitting does not hang, the end is an orderly one. */
static void full_for_ever(void)
{
	char filler[96];
	struct store *s;
	enum err e = ERR_OK;
	mount_disk("2m");
	CHECK(store_open(url, STORE_CREATE, &s, NULL) == ERR_OK);
	(void)snprintf(filler, sizeof(filler), "%s/filler", dir);
	fill_disk(filler, 0);
	int i;
	for (i = 0; i < 10000 && !e; i++) {
		e = store_submit(s, poll_batch(i), false);
	}
	CHECK(e == ERR_FULL && i > 100);
	store_close(s);
	CHECK(unlink(filler) == 0);
	CHECK(store_open(url, 0, &s, NULL) == ERR_OK);
	CHECK(store_check(s, finding, NULL) == ERR_OK);
	store_close(s);
}

/* A node starts on a disk that is read-only for now. */
static void read_only_at_start(void)
{
	struct store *s;
	struct store_status st;
	struct last_reading *last;
	size_t n;
	mount_disk("4m");
	CHECK(store_open(url, STORE_CREATE, &s, NULL) == ERR_OK);
	CHECK(store_submit(s, poll_batch(1), true) == ERR_OK);
	store_close(s);
	CHECK(mount(NULL, dir, NULL, MS_REMOUNT | MS_RDONLY, NULL) == 0);
	CHECK(store_open(url, 0, &s, NULL) == ERR_OK);
	CHECK(store_last(s, &last, &n) == ERR_OK && n == 1 && last->value == 1);
	free(last);
	store_status(s, &st);
	CHECK(!st.is_writable && st.last_error == ERR_READONLY);
	CHECK(store_submit(s, poll_batch(2), false) == ERR_OK);
	CHECK(store_submit(s, poll_batch(3), true) != ERR_OK);
	CHECK(mount(NULL, dir, NULL, MS_REMOUNT, NULL) == 0);
	wait_until(s, true);
	CHECK(store_flush(s) == ERR_OK);
	CHECK(readings(s) == 2);
	store_close(s);
}

static void in_child(void (*run)(void))
{
	int status = 0;
	pid_t pid = fork();
	if (pid == 0) {
		run();
		(void)umount2(dir, MNT_DETACH);
		(void)rmdir(dir);
		exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == NO_DISK) {
		(void)puts("skipped: mounting a small disk is not allowed here");
		skip();
	}
	assert_int_equal(status, 0);
}

static void a_disk_full_for_the_database_spills_then_refuses_then_catches_up(void **state)
{
	(void)state;
	in_child(full_for_the_database);
}

static void a_disk_full_for_everything_is_waited_out_in_memory(void **state)
{
	(void)state;
	in_child(full_for_everything);
}

static void a_disk_full_for_ever_bounds_memory_and_ends_in_order(void **state)
{
	(void)state;
	in_child(full_for_ever);
}

static void a_disk_read_only_at_start_is_read_and_written_when_it_can_be(void **state)
{
	(void)state;
	in_child(read_only_at_start);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_disk_full_for_the_database_spills_then_refuses_then_catches_up),
		cmocka_unit_test(a_disk_full_for_everything_is_waited_out_in_memory),
		cmocka_unit_test(a_disk_full_for_ever_bounds_memory_and_ends_in_order),
		cmocka_unit_test(a_disk_read_only_at_start_is_read_and_written_when_it_can_be),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
