/*
 * Every kind of simulated meter over a bad line: bits are turned, replies are cut, noise comes before
 * them, the reply to an earlier request comes late, the adapter echoes, a second meter of the same
 * address answers at the same time, be it of this kind or of another maker. What comes out of the driver must be what comes
 * out over a good line; less may come, other values never. With a checksum in the protocol nothing
 * else is acceptable; what has none says so in `quality`.
 */
#include "base/str.h"
#include "link/link.h"
#include "poll/sample_list.h"
#include "poll/talk.h"
#include "sim/ask.h"
#include "sim/families.h"
#include "sim/rng.h"
#include "test.h"
#include "truth.h"

#include <string.h>

#define NOW       1792326660 /* 2026-10-18T12:31:00Z */
#define DAY_S     86400
#define ROUNDS    16
#define REPLY_CAP 4096
#define QUEUE     8

enum damage {
	DAMAGE_NONE,
	DAMAGE_BIT,
	DAMAGE_CUT,
	DAMAGE_NOISE,
	DAMAGE_LATE,
	DAMAGE_ECHO,       /* as the line's settings say */
	DAMAGE_ECHO_AGAIN, /* nobody told the line that its adapter does that */
	DAMAGE_TWO,        /* meters with one address: a bit is zero if either sends zero */
	DAMAGE_COUNT
};

static const char *const damage_names[] = {"none", "a bit turned", "cut", "noise", "a late reply",
	"echo", "an echo nobody speaks of", "two with one address"};

/* ---- a bad line ---- */

/* Time is that of who listens: it passes when he waits in vain, and till what he waits for comes. */
struct bad_link {
	struct link link; /* first */
	struct link *good;
	struct link *other; /* DAMAGE_TWO */
	enum damage damage;
	uint64_t seed, replies;
	int64_t now_ms, late_ms; /* how much later than the driver waits */
	struct {
		int64_t at_ms;
		size_t n, from;
		uint8_t bytes[REPLY_CAP + 8];
	} queue[QUEUE]; /* on their way, in this order */
	size_t n;
};

static struct bad_link *bad_of(struct link *l)
{
	return (struct bad_link *)l;
}

static void bad_close(struct link *l)
{
	bad_of(l)->good->ops->close(bad_of(l)->good);
	if (bad_of(l)->other) {
		bad_of(l)->other->ops->close(bad_of(l)->other);
	}
}

/* One reply in three suffers. */
static void damage_reply(struct bad_link *b, uint8_t *bytes, size_t *n, int64_t *at_ms)
{
	uint64_t chance = sim_subkey(b->seed, b->replies++);
	uint64_t at = sim_subkey(b->seed, chance);
	size_t noise = 1 + at % 6;
	if (chance % 3 != 0) {
		return;
	}
	switch (b->damage) {
	case DAMAGE_NONE: break;
	case DAMAGE_BIT: bytes[at / 8 % *n] ^= (uint8_t)(1u << at % 8); break;
	case DAMAGE_CUT: *n = at % *n; break;
	case DAMAGE_NOISE:
		memmove(bytes + noise, bytes, *n);
		for (size_t i = 0; i < noise; i++) {
			bytes[i] = (uint8_t)sim_subkey(at, i);
		}
		*n += noise;
		break;
	case DAMAGE_LATE: *at_ms += b->late_ms; break;
	case DAMAGE_ECHO:
	case DAMAGE_ECHO_AGAIN:
	case DAMAGE_TWO: /* of all replies: take_reply */
	case DAMAGE_COUNT: break;
	}
}

static size_t read_all_of(struct link *from, uint8_t *to, int timeout_ms)
{
	size_t n = 0, more = 0;
	while (n < REPLY_CAP &&
		!from->ops->read(from, to + n, REPLY_CAP - n, n ? 0 : timeout_ms, &more, NULL)) {
		n += more;
	}
	return n;
}

/* What the meter says now goes on its way. */
static void take_reply(struct bad_link *b, struct slice request, int timeout_ms)
{
	if (b->n == QUEUE) {
		return;
	}
	uint8_t *to = b->queue[b->n].bytes;
	size_t n = read_all_of(b->good, to, timeout_ms);
	if (b->other) {
		uint8_t bytes[REPLY_CAP];
		size_t k = read_all_of(b->other, bytes, timeout_ms);
		for (size_t i = 0; i < k; i++) {
			to[i] = i < n ? to[i] & bytes[i] : bytes[i];
		}
		n = k > n ? k : n;
	}
	if ((b->damage == DAMAGE_ECHO || b->damage == DAMAGE_ECHO_AGAIN) && request.size &&
		n + request.size <= REPLY_CAP) {
		memmove(to + request.size, to, n);
		memcpy(to, request.data, request.size);
		n += request.size;
	}
	int64_t at_ms = b->now_ms;
	if (n) {
		damage_reply(b, to, &n, &at_ms);
	}
	if (n) {
		int64_t before = b->n ? b->queue[b->n - 1].at_ms : 0;
		b->queue[b->n].at_ms = at_ms > before ? at_ms : before;
		b->queue[b->n].n = n;
		b->queue[b->n++].from = 0;
	}
}

static enum err bad_write(struct link *l, struct slice bytes, struct diag *diag)
{
	struct bad_link *b = bad_of(l);
	enum err e = b->good->ops->write(b->good, bytes, diag);
	if (!e && b->other) {
		e = b->other->ops->write(b->other, bytes, diag);
	}
	if (!e) {
		take_reply(b, bytes, 0);
	}
	return e;
}

static void drop_first(struct bad_link *b)
{
	b->n--;
	memmove(b->queue, b->queue + 1, b->n * sizeof(b->queue[0]));
}

static enum err bad_read(
	struct link *l, uint8_t *to, size_t cap, int timeout_ms, size_t *ret_n, struct diag *diag)
{
	struct bad_link *b = bad_of(l);
	(void)diag;
	if (!b->n && timeout_ms > 0) { /* it may speak by itself */
		take_reply(b, (struct slice){NULL, 0}, timeout_ms);
	}
	if (!b->n || b->queue[0].at_ms > b->now_ms + timeout_ms) {
		b->now_ms += timeout_ms;
		return ERR_TIMEOUT;
	}
	b->now_ms = b->queue[0].at_ms > b->now_ms ? b->queue[0].at_ms : b->now_ms;
	size_t left = b->queue[0].n - b->queue[0].from, n = left < cap ? left : cap;
	memcpy(to, b->queue[0].bytes + b->queue[0].from, n);
	b->queue[0].from += n;
	if (n == left) {
		drop_first(b);
	}
	*ret_n = n;
	return ERR_OK;
}

static size_t bad_discard(struct link *l)
{
	struct bad_link *b = bad_of(l);
	size_t n = 0;
	while (b->n && b->queue[0].at_ms <= b->now_ms) {
		n += b->queue[0].n - b->queue[0].from;
		drop_first(b);
	}
	return n;
}

static void bad_pause(struct link *l, int ms)
{
	bad_of(l)->now_ms += ms;
}

static enum err bad_setup(struct link *l, const struct link_setup *setup, struct diag *diag)
{
	return bad_of(l)->good->ops->setup(bad_of(l)->good, setup, diag);
}

static const struct link_ops bad_ops = {.close = bad_close,
	.setup = bad_setup,
	.write = bad_write,
	.read = bad_read,
	.discard = bad_discard,
	.pause = bad_pause};

/* ---- all a meter says ---- */

/* Another meter at the same address; `other_truth` outlives it. */
static struct link *stranger(const struct sim_family *f, const struct truth *other_truth)
{
	struct sim_device d;
	struct diag diag = {0};
	assert_int_equal(sim_family_device(f, 1, NOW - 700LL * DAY_S, &d, &diag), ERR_OK);
	d.source = &other_truth->source;
	(void)STR_COPY(d.serial, "87654321");
	return sim_link_new(&d, NOW * 1000000LL);
}

/* `other`: DAMAGE_TWO. */
static void read_all(const struct sim_family *f, enum damage damage, const struct sim_family *other,
	uint64_t seed, struct sample_list *list)
{
	static struct bad_link bad;
	struct truth truth = truth_of(f->point, 469000);
	struct truth other_truth = truth_of(other ? other->point : f->point, 466000);
	const struct driver *driver = driver_find(f->driver);
	struct sim_device d;
	struct line line;
	struct meter meter;
	struct talk *t;
	struct diag diag = {0};
	assert_int_equal(sim_family_device(f, 1, NOW - 900LL * DAY_S, &d, &diag), ERR_OK);
	d.source = &truth.source;
	(void)STR_COPY(d.serial, "12345678");
	object_init(OBJECT_LINE, &line);
	object_init(OBJECT_METER, &meter);
	line.baud = f->baud;
	line.has_echo = damage == DAMAGE_ECHO;
	(void)STR_COPY(line.framing, f->framing);
	(void)snprintf(meter.params, sizeof(meter.params), "%s%s", f->is_alone ? "" : "address=1 ",
		f->params);
	assert_int_equal(talk_new(driver, &line, &meter, NULL, &t, &diag), ERR_OK);
	bad = (struct bad_link){.link = {.ops = &bad_ops}, .damage = damage, .seed = seed};
	bad.late_ms = driver->timing.reply_ms + driver->timing.reply_ms / 3;
	bad.good = sim_link_new(&d, NOW * 1000000LL);
	assert_non_null(bad.good);
	bad.other = other ? stranger(other, &other_truth) : NULL;
	talk_attach(t, &bad.link, NULL);
	sample_list_init(list);
	const struct {
		uint32_t cap;
		enum period period;
		int64_t back_s;
	} archives[] = {{CAP_ARCHIVE_HALF_HOUR, PERIOD_HALF_HOUR, DAY_S},
		{CAP_ARCHIVE_HOUR, PERIOD_HOUR, 2 * DAY_S},
		{CAP_ARCHIVE_DAY, PERIOD_DAY, 12 * DAY_S},
		{CAP_ARCHIVE_MONTH, PERIOD_MONTH, 95 * DAY_S}};
	if (!talk_begin(t, NOW)) {
		(void)(driver->hear ? talk_hear(t, -1, &list->sink) :
				      driver->read_current(t, &list->sink));
	}
	for (size_t i = 0; i < sizeof(archives) / sizeof(archives[0]); i++) {
		uint32_t caps = driver->caps_of ? driver->caps_of(t) : driver->caps;
		struct span span = {NOW - archives[i].back_s, NOW};
		if ((caps & archives[i].cap) && !talk_begin(t, NOW)) {
			(void)driver->read_archive(t, archives[i].period, span, &list->sink);
		}
	}
	talk_free(t);
	bad.link.ops->close(&bad.link);
}

static bool is_same(const struct sample *a, const struct sample *b)
{
	return strcmp(a->key, b->key) == 0 && a->form == b->form && a->period == b->period &&
	       (a->form == FORM_NOW || a->utc == b->utc);
}

/* Said over a good line, too, and in the same words. */
static bool is_true(const struct sample *x, const struct sample_list *good)
{
	for (size_t i = 0; i < good->n; i++) {
		const struct sample *g = &good->items[i]->sample;
		if (is_same(x, g)) {
			bool is_text = x->text && g->text && strcmp(x->text, g->text) == 0;
			return is_text || x->value == g->value ||
			       (isnan(x->value) && isnan(g->value));
		}
	}
	return false;
}

static int wrong_values(
	const struct sim_family *f, enum damage damage, const struct sim_family *other)
{
	struct sample_list good;
	int wrong = 0, said = 0;
	uint64_t rounds = damage < DAMAGE_ECHO ? ROUNDS : 1;
	read_all(f, DAMAGE_NONE, NULL, 1, &good);
	for (uint64_t round = 0; round < rounds; round++) {
		struct sample_list list;
		read_all(f, damage, other, sim_subkey(round, damage), &list);
		for (size_t i = 0; i < list.n; i++) {
			const struct sample *x = &list.items[i]->sample;
			bool is_vouched = quality_class(x->quality) < QUALITY_SUSPECT;
			if (is_vouched && !is_true(x, &good)) {
				char at[TIME_TEXT_CAP];
				if (!wrong++) {
					(void)printf("%s, %s: %s %s of %s: %.9g\n", f->name,
						damage_names[damage], period_name(x->period),
						x->key, time_text_utc(at, x->utc), x->value);
				}
			}
			said++;
		}
		sample_list_fini(&list);
	}
	size_t good_n = good.n;
	sample_list_fini(&good);
	if (damage == DAMAGE_ECHO && (size_t)said != good_n) {
		(void)printf(
			"%s, %s: %d values of %zu\n", f->name, damage_names[damage], said, good_n);
		wrong++;
	}
	if (!said && damage < DAMAGE_ECHO) {
		(void)printf("%s, %s: nothing came at all\n", f->name, damage_names[damage]);
		wrong++;
	}
	return wrong;
}

/* No checksum in the protocol: their drivers believe what two readings agree on, and when every third
 * reply is damaged the same bit is turned twice now and then. */
static bool has_no_checksum(const struct sim_family *f)
{
	return strcmp(f->name, "magika") == 0 || strcmp(f->name, "mt200") == 0 ||
	       strcmp(f->name, "spodes_tcp") == 0; /* TCP has one */
}

static bool is_wanted(const struct sim_family *f)
{
	const char *only = getenv("DOMOVOI_FAMILY");
	return !only || strcmp(only, f->name) == 0;
}

static bool is_electric(const struct sim_family *f)
{
	return f->point == SIM_FLAT_ELECTRICITY || f->point == SIM_INPUT_ELECTRICITY;
}

static void damage_never_becomes_a_value(enum damage damage)
{
	int wrong = 0;
	for (const struct sim_family *f = sim_families; f->name; f++) {
		if (is_wanted(f) && (damage != DAMAGE_BIT || !has_no_checksum(f))) {
			wrong += wrong_values(f, damage, NULL) > 0;
		}
	}
	assert_int_equal(wrong, 0);
}

static void a_turned_bit_never_becomes_a_value(void **state)
{
	(void)state;
	damage_never_becomes_a_value(DAMAGE_BIT);
}

static void a_cut_reply_never_becomes_a_value(void **state)
{
	(void)state;
	damage_never_becomes_a_value(DAMAGE_CUT);
}

static void noise_never_becomes_a_value(void **state)
{
	(void)state;
	damage_never_becomes_a_value(DAMAGE_NOISE);
}

static void a_late_reply_never_becomes_a_value(void **state)
{
	(void)state;
	damage_never_becomes_a_value(DAMAGE_LATE);
}

static void an_echo_is_dropped(void **state)
{
	(void)state;
	damage_never_becomes_a_value(DAMAGE_ECHO);
	damage_never_becomes_a_value(DAMAGE_ECHO_AGAIN);
}

static void two_meters_with_one_address_never_become_a_value(void **state)
{
	(void)state;
	int wrong = 0;
	for (const struct sim_family *f = sim_families; f->name; f++) {
		if (is_wanted(f) && !f->is_alone && !f->protocol->push && !has_no_checksum(f)) {
			wrong += wrong_values(f, DAMAGE_TWO, f) > 0;
		}
	}
	assert_int_equal(wrong, 0);
}

static void a_meter_of_another_maker_at_this_address_never_becomes_a_value(void **state)
{
	(void)state;
	int wrong = 0;
	for (const struct sim_family *f = sim_families; f->name; f++) {
		for (const struct sim_family *g = sim_families; g->name; g++) {
			bool are_apart = f->protocol != g->protocol && !f->protocol->push &&
					 !g->protocol->push;
			if (is_wanted(f) && is_electric(f) && is_electric(g) && are_apart) {
				wrong += wrong_values(f, DAMAGE_TWO, g) > 0;
			}
		}
	}
	assert_int_equal(wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_turned_bit_never_becomes_a_value),
		cmocka_unit_test(a_cut_reply_never_becomes_a_value),
		cmocka_unit_test(noise_never_becomes_a_value),
		cmocka_unit_test(a_late_reply_never_becomes_a_value),
		cmocka_unit_test(an_echo_is_dropped),
		cmocka_unit_test(two_meters_with_one_address_never_become_a_value),
		cmocka_unit_test(a_meter_of_another_maker_at_this_address_never_becomes_a_value),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
