/*
 * SPBus and Tekon, from both ends: any bytes are frames or are refused and what is read is written
 * again to the same bytes; a simulated meter answers with whole frames or not at all; the drivers end
 * every conversation with a meter that answers anything, and what they say has a key, a known unit and
 * a quantity.
 *
 * Input: first byte the driver (bit 0) and what is done (the rest): 0 codec, 1 bytes to a simulated
 * meter, 2 and more what the driver is asked. Then for the driver replies, each a length byte L and L
 * bytes: L = 0 silence, L odd the bytes as they are, L even a reply as the protocol wants it, to this
 * request, with the bytes in it.
 */
#include "liar.h"

#include "poll/tekon_map.h"
#include "proto/spbus.h"
#include "proto/tekon.h"
#include "sim/ask.h"
#include "sim/families.h"

#define NOW 1763985600

static void check(bool is_true)
{
	if (!is_true) {
		abort();
	}
}

/* ---- codecs ---- */

static void codec_spbus(struct slice in)
{
	static struct spbus_out o;
	struct spbus_head head, again;
	struct slice body, body_again;
	struct spbus_tag tag, before = {.n = 0};
	struct civil c;
	int decimals, numbers[3];
	struct spbus_cut cut = spbus_cut(in);
	check(cut.state != SPBUS_CUT_FULL || (cut.size > 0 && cut.size <= in.size));
	check(cut.state != SPBUS_CUT_JUNK || (cut.size > 0 && cut.size <= in.size));
	struct reader r = reader_of(in);
	for (; spbus_tag_next(&r, &tag); before = tag) {
		(void)spbus_tag_date(&tag, &c);
		(void)spbus_text_stamp(tag.field[0], &c);
		(void)spbus_text_numbers(tag.field[0], 3, numbers);
		check(!isinf(spbus_number(tag.field[0], &decimals)));
		(void)spbus_is_no_data(tag.field[0]);
		(void)spbus_tag_equals(&tag, &before);
	}
	if (cut.state != SPBUS_CUT_FULL ||
		!spbus_unwrap((struct slice){in.data, cut.size}, &head, &body)) {
		return;
	}
	spbus_begin(&o, &head);
	spbus_bytes(&o, body);
	struct slice out = spbus_end(&o);
	check(out.size == 0 ||
		(spbus_unwrap(out, &again, &body_again) && again.function == head.function &&
			body_again.size == body.size &&
			memcmp(body.data, body_again.data, body.size) == 0));
}

static void codec_tekon(struct slice in)
{
	struct ft12_out o;
	struct ft12_frame f;
	struct tekon_request q;
	struct tekon_map *map;
	struct ft12_cut cut = ft12_cut(in);
	check(cut.state == FT12_CUT_MORE ||
		(cut.size > 0 && (in.size == 0 || cut.size <= in.size)));
	if (tekon_map_parse("m", in, &map, NULL) == ERR_OK) {
		tekon_map_free(map);
	}
	if (!ft12_decode(in, &f)) {
		return;
	}
	struct slice out = ft12_encode(&f, &o);
	check(out.size == in.size && memcmp(out.data, in.data, in.size) == 0);
	for (int i = 0; i < 4; i++) {
		if (tekon_decode(&f, i & 1, i & 2, &q)) {
			check(tekon_encode(&q, f.control & 15u, &o).size > 0);
		}
	}
	if (f.data.size >= 4) {
		check(!isinf(tekon_float(f.data.data)) && !isinf(tekon_float17(f.data.data)));
		(void)tekon_bcd(f.data);
	}
}

/* ---- the meter's side ---- */

static double measured(const struct sim_source *s, enum quantity q, int64_t utc_us)
{
	(void)s;
	(void)q;
	return (double)(utc_us / 1000000 % 1000000) / 1000;
}

static void bytes_to_meter(bool is_tekon, struct slice in)
{
	static const struct sim_source source = {measured};
	static const char *const names[] = {"spt961", "spg762", "tekon_19", "tekon_19"};
	unsigned which = in.size ? in.data[0] & 1u : 0;
	struct sim_device d;
	uint8_t got[512];
	size_t n;
	if (sim_family_device(sim_family_find(names[2 * is_tekon + which]), 1, NOW - 400LL * 86400,
		    &d, NULL)) {
		return;
	}
	d.source = &source;
	struct link *l = sim_link_new(&d, NOW * 1000000LL);
	if (l && in.size > 1) {
		(void)l->ops->write(l, (struct slice){in.data + 1, in.size - 1}, NULL);
		while (l->ops->read(l, got, sizeof(got), 0, &n, NULL) == ERR_OK) {
			check(n <= sizeof(got));
		}
	}
	if (l) {
		l->ops->close(l);
	}
}

/* ---- a meter that answers anything ---- */

struct meter_side {
	struct liar liar; /* first */
	bool is_tekon;
	struct spbus_out spbus;
	struct ft12_out ft12;
};

static void wrap_spbus(struct meter_side *l, struct slice request, struct slice filling)
{
	struct spbus_head head;
	struct slice body;
	check(spbus_unwrap(request, &head, &body));
	struct spbus_head back = {.has_address = head.has_address,
		.to = head.from,
		.from = head.to,
		.function = head.function == SPBUS_READ   ? SPBUS_VALUES :
			    head.function == SPBUS_VALUES ? SPBUS_DONE :
							    (uint8_t)(head.function + 8)};
	spbus_begin(&l->spbus, &back);
	if (head.function != SPBUS_READ) {
		spbus_bytes(&l->spbus, body);
	}
	spbus_bytes(&l->spbus, filling);
	l->liar.now = spbus_end(&l->spbus);
}

static void wrap_tekon(struct meter_side *l, struct slice request, struct slice filling)
{
	struct ft12_frame f;
	struct tekon_request q;
	uint8_t data[4 * TEKON_ELEMENTS];
	check(ft12_decode(request, &f) && tekon_decode(&f, false, false, &q));
	size_t n = q.what == TEKON_READ_INDEXED ? 4u * q.count : 4;
	for (size_t i = 0; i < n; i++) {
		data[i] = filling.data[i % filling.size];
	}
	f = (struct ft12_frame){.form = FT12_VARIABLE,
		.control = f.control & 15u,
		.address = f.address,
		.data = {data, n}};
	l->liar.now = ft12_encode(&f, &l->ft12);
}

static void answer(struct liar *liar, struct slice request)
{
	struct meter_side *m = (struct meter_side *)liar;
	struct slice s = liar_piece(liar);
	if (s.size % 2) {
		liar->now = s;
	} else if (s.size && m->is_tekon) {
		wrap_tekon(m, request, s);
	} else if (s.size) {
		wrap_spbus(m, request, s);
	}
}

static void ask(const struct driver *d, struct talk *t, unsigned what)
{
	struct sink sink = liar_sink();
	struct span week = {NOW - 7 * 86400, NOW}, years = {NOW - 800LL * 86400, NOW};
	struct identity id;
	int64_t utc;
	int hour, day;
	switch (what % 8) {
	case 0: (void)d->read_current(t, &sink); break;
	case 1: (void)d->read_archive(t, PERIOD_HOUR, week, &sink); break;
	case 2: (void)d->read_archive(t, PERIOD_DAY, week, &sink); break;
	case 3: (void)d->read_archive(t, PERIOD_MONTH, years, &sink); break;
	case 4: (void)d->read_clock(t, &utc); break;
	case 5: (void)d->set_clock(t, NOW); break;
	case 6: (void)d->identify(t, &id); break;
	default:
		(void)(d->report_time && d->report_time(t, &hour, &day));
		(void)(d->read_events && d->read_events(t, week, &sink));
		break;
	}
}

static void converse(bool is_tekon, unsigned what, struct slice in)
{
	static struct meter_side m;
	const char *driver = is_tekon ? "tekon" : "spbus";
	m.liar = (struct liar){.answer = answer};
	m.is_tekon = is_tekon;
	struct talk *t = liar_talk(&m.liar, driver,
		!is_tekon ? what & 8 ? "type=spg762 label=begin" : "type=spt961" :
		what & 8  ? "adapter=1 model=tekon_19_example" :
			    "model=tekon_19_example",
		in, NOW);
	if (t) {
		ask(driver_find(driver), t, what);
	}
	talk_free(t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0) {
		return 0;
	}
	bool is_tekon = data[0] & 1;
	unsigned what = data[0] >> 1;
	struct slice rest = {data + 1, size - 1};
	switch (what) {
	case 0:
		if (is_tekon) {
			codec_tekon(rest);
		} else {
			codec_spbus(rest);
		}
		break;
	case 1: bytes_to_meter(is_tekon, rest); break;
	default: converse(is_tekon, what - 2, rest); break;
	}
	return 0;
}
