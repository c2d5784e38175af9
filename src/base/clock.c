/*
 * clock.c - wall, paced and stepped time; see clock.h
 *
 * The shared part is one page of a file, written by the node and read by everybody:
 *
 *   kind      WALL, PACED or STEPPED
 *   virt_us   STEPPED: the time; PACED: the time at mono0_us
 *   mono0_us  PACED: CLOCK_MONOTONIC when it began (one machine, so the same for all processes)
 *   rate      PACED: virtual seconds per real second
 *
 * Stepping: every thread that entered is either working or in clock_wait. The last one to wait
 * moves the time to the earliest deadline and wakes whoever is due. A signal to a waiter can get
 * lost between its registration and pthread_cond_wait (the mover cannot take the waiter's lock
 * without risking a deadlock), so waiters of a stepped clock look again every STEP_POLL_MS.
 */
#include "base/clock.h"

#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define MAGIC        0x4b434f4c43564d44 /* "DMVCLOCK" */
#define STEP_POLL_MS 2
#define WALL_LOOK_US 10000000 /* a wall clock that was set is noticed within ten seconds */

enum clock_kind {
	CLOCK_KIND_WALL,
	CLOCK_KIND_PACED,
	CLOCK_KIND_STEPPED
};

struct shared {
	_Atomic uint64_t magic;
	_Atomic int kind;
	_Atomic int64_t virt_us;
	_Atomic int64_t mono0_us;
	_Atomic double rate;
};

struct waiter {
	struct waiter *next;
	pthread_cond_t *cond;
	int64_t until_us;
	bool is_working; /* due or kicked: no longer counts as waiting */
};

static struct shared wall; /* kind WALL */
static struct shared *shared = &wall;

static pthread_mutex_t step_lock = PTHREAD_MUTEX_INITIALIZER;
static struct waiter *waiters; /* of entered threads */
static int entered, waiting;
static _Thread_local int depth; /* of clock_enter in this thread */

static int64_t timespec_us(clockid_t id)
{
	struct timespec ts;
	(void)clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

int64_t clock_mono_us(void)
{
	return timespec_us(CLOCK_MONOTONIC);
}

int64_t clock_now_us(void)
{
	switch (atomic_load(&shared->kind)) {
	case CLOCK_KIND_STEPPED: return atomic_load(&shared->virt_us);
	case CLOCK_KIND_PACED: {
		double passed = (double)(clock_mono_us() - atomic_load(&shared->mono0_us));
		return atomic_load(&shared->virt_us) +
		       (int64_t)(passed * atomic_load(&shared->rate));
	}
	default: return timespec_us(CLOCK_REALTIME);
	}
}

int64_t clock_now(void)
{
	int64_t us = clock_now_us();
	return us / 1000000 - (us % 1000000 < 0);
}

bool clock_is_virtual(void)
{
	return atomic_load(&shared->kind) != CLOCK_KIND_WALL;
}

static enum err map_file(const char *path, int flags, struct diag *diag)
{
	int fd = open(path, flags | O_CLOEXEC, 0600);
	if (fd < 0) {
		return err_set_errno(diag, "clock file %s", path);
	}
	enum err e = ERR_OK;
	off_t size = lseek(fd, 0, SEEK_END);
	if (flags & O_CREAT) {
		if (ftruncate(fd, (off_t)sizeof(struct shared))) {
			e = err_set_errno(diag, "clock file %s", path);
		}
	} else if (size < (off_t)sizeof(struct shared)) {
		e = err_set(diag, ERR_CORRUPT, "%s is not a clock file", path);
	}
	if (!e) {
		int prot = flags & O_CREAT ? PROT_READ | PROT_WRITE : PROT_READ;
		void *p = mmap(NULL, sizeof(struct shared), prot, MAP_SHARED, fd, 0);
		if (p == MAP_FAILED) {
			e = err_set_errno(diag, "clock file %s", path);
		} else {
			shared = p;
		}
	}
	(void)close(fd);
	return e;
}

enum err clock_share_paced(const char *path, int64_t start_utc, double rate, struct diag *diag)
{
	if (!(rate > 0 && rate <= 1e6)) {
		return err_set(
			diag, ERR_RANGE, "a clock runs 0 to 1000000 times as fast as the wall's");
	}
	enum err e = map_file(path, O_RDWR | O_CREAT, diag);
	if (e) {
		return e;
	}
	atomic_store(&shared->virt_us, start_utc * 1000000);
	atomic_store(&shared->mono0_us, clock_mono_us());
	atomic_store(&shared->rate, rate);
	atomic_store(&shared->kind, CLOCK_KIND_PACED);
	atomic_store(&shared->magic, MAGIC);
	return ERR_OK;
}

enum err clock_share_stepped(const char *path, int64_t start_utc, struct diag *diag)
{
	enum err e = map_file(path, O_RDWR | O_CREAT, diag);
	if (e) {
		return e;
	}
	bool is_past = start_utc * 1000000 < timespec_us(CLOCK_REALTIME);
	atomic_store(&shared->virt_us, start_utc * 1000000);
	atomic_store(&shared->kind, is_past ? CLOCK_KIND_STEPPED : CLOCK_KIND_WALL);
	atomic_store(&shared->magic, MAGIC);
	return ERR_OK;
}

enum err clock_join(const char *path, struct diag *diag)
{
	enum err e = map_file(path, O_RDONLY, diag);
	if (e) {
		return e;
	}
	if (atomic_load(&shared->magic) != MAGIC) {
		shared = &wall;
		return err_set(diag, ERR_CORRUPT, "%s is not a clock file", path);
	}
	return ERR_OK;
}

static bool is_stepped(void)
{
	return atomic_load(&shared->kind) == CLOCK_KIND_STEPPED;
}

static void set_working(struct waiter *w)
{
	if (!w->is_working) {
		w->is_working = true;
		waiting--;
		(void)pthread_cond_broadcast(w->cond);
	}
}

/* With step_lock held: everybody waits, so the time may move. */
static void step(void)
{
	if (waiting == 0 || waiting < entered || !is_stepped()) {
		return;
	}
	int64_t first = INT64_MAX;
	for (struct waiter *w = waiters; w; w = w->next) {
		first = w->until_us < first ? w->until_us : first;
	}
	int64_t now = atomic_load(&shared->virt_us), real = timespec_us(CLOCK_REALTIME);
	if (first > now) {
		now = first;
	}
	if (now >= real) {
		log_info("clock", "caught up with the wall clock");
		atomic_store(&shared->kind, CLOCK_KIND_WALL);
		for (struct waiter *w = waiters; w; w = w->next) {
			set_working(w); /* they wait again, on the wall clock */
		}
		return;
	}
	atomic_store(&shared->virt_us, now);
	for (struct waiter *w = waiters; w; w = w->next) {
		if (w->until_us <= now) {
			set_working(w);
		}
	}
}

void clock_enter(void)
{
	if (depth++ == 0) {
		(void)pthread_mutex_lock(&step_lock);
		entered++;
		(void)pthread_mutex_unlock(&step_lock);
	}
}

void clock_leave(void)
{
	if (--depth == 0) {
		(void)pthread_mutex_lock(&step_lock);
		entered--;
		step();
		(void)pthread_mutex_unlock(&step_lock);
	}
}

void clock_kick(void)
{
	if (!is_stepped()) {
		return;
	}
	(void)pthread_mutex_lock(&step_lock);
	for (struct waiter *w = waiters; w; w = w->next) {
		set_working(w);
	}
	(void)pthread_mutex_unlock(&step_lock);
}

static void wait_real(pthread_cond_t *cond, pthread_mutex_t *lock, int64_t us)
{
	int64_t until = clock_mono_us() + us;
	struct timespec ts = {.tv_sec = until / 1000000, .tv_nsec = until % 1000000 * 1000};
	(void)pthread_cond_clockwait(cond, lock, CLOCK_MONOTONIC, &ts);
}

static void wait_stepped(pthread_cond_t *cond, pthread_mutex_t *lock, int64_t until_us)
{
	struct waiter me = {.cond = cond, .until_us = until_us};
	(void)pthread_mutex_lock(&step_lock);
	me.next = waiters;
	waiters = &me;
	waiting++;
	step();
	bool is_done = me.is_working;
	(void)pthread_mutex_unlock(&step_lock);
	while (!is_done) {
		wait_real(cond, lock, STEP_POLL_MS * 1000);
		(void)pthread_mutex_lock(&step_lock);
		is_done = me.is_working;
		(void)pthread_mutex_unlock(&step_lock);
	}
	(void)pthread_mutex_lock(&step_lock);
	struct waiter **at = &waiters;
	while (*at != &me) {
		at = &(*at)->next;
	}
	*at = me.next;
	(void)pthread_mutex_unlock(&step_lock);
}

void clock_wait(pthread_cond_t *cond, pthread_mutex_t *lock, int64_t until_us)
{
	int64_t now = clock_now_us();
	if (until_us <= now) {
		return;
	}
	if (is_stepped() && depth > 0) {
		wait_stepped(cond, lock, until_us);
	} else if (until_us == INT64_MAX) {
		(void)pthread_cond_wait(cond, lock);
	} else if (is_stepped()) {
		wait_real(cond, lock, STEP_POLL_MS * 1000);
	} else {
		double left = (double)(until_us - now);
		if (atomic_load(&shared->kind) == CLOCK_KIND_PACED) {
			left = ceil(left / atomic_load(&shared->rate));
		}
		wait_real(cond, lock, left < WALL_LOOK_US ? (int64_t)left : WALL_LOOK_US);
	}
}
