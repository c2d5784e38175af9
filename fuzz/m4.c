/*
 * Any bytes are frames and values of the Logika bus or are refused: the cutters never claim more than
 * there is, what decodes is within the frame, and what is written again reads the same; a simulated
 * device answers any request with one whole frame or not at all.
 *
 * First byte: bit 0 requests or replies, the rest the size of short replies; then the bytes, which are
 * also the command and body of a request to a device.
 */
#include "proto/m4.h"
#include "base/str.h"
#include "sim/device.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NOW 1790000000

static void check(bool is_true)
{
	if (!is_true) {
		abort();
	}
}

static void rewrite(struct m4_out *o, const struct m4_value *v)
{
	struct civil c = {.year = 2000, .month = 1, .day = 1};
	unsigned channel, number;
	char text[256];
	double x = m4_number(v);
	if (v->tag == M4_MIXED && !isnan(x)) {
		m4_put_mixed(o, x);
	} else if (v->tag == M4_FLOAT && !isnan(x)) {
		m4_put_float(o, x);
	} else if (m4_text(v, text, sizeof(text))) {
		check(strlen(text) < sizeof(text));
		m4_put_text(o, text);
	} else if (m4_param(v, &channel, &number)) {
		m4_put_param(o, channel, number);
	} else if (m4_date(v, &c)) {
		m4_put_date(o, c);
	} else if (m4_time(v, &c)) {
		m4_put_time(o, c);
	} else if (m4_archdate(v, &c) >= 0) {
		m4_put_archdate(o, c, (int)v->data.size);
	} else {
		m4_put(o, v->tag, v->data.data, v->data.size);
	}
	(void)m4_flags(v, v->tag % 4);
}

static void values(struct slice in, struct m4_out *o, int depth)
{
	struct reader r = reader_of(in);
	struct m4_value v;
	while (m4_next(&r, &v)) {
		check(v.data.size <= in.size);
		if (v.tag == M4_SEQUENCE && depth < 3) {
			size_t mark = m4_open(o);
			values(v.data, o, depth + 1);
			m4_close(o, mark);
		} else {
			rewrite(o, &v);
		}
	}
}

static size_t count(struct slice in)
{
	struct reader r = reader_of(in);
	struct m4_value v;
	size_t n = 0;
	while (m4_next(&r, &v)) {
		n++;
	}
	return n;
}

static double source_at(const struct sim_source *s, enum quantity q, int64_t utc_us)
{
	(void)s;
	return q == QUANTITY_HEAT_ENERGY ? (double)(utc_us / 1000000) / 36e6 : NAN;
}

static void ask_device(const char *model, struct slice in)
{
	static const struct sim_source source = {source_at};
	static const uint8_t zeros[4];
	struct sim_device d = {.protocol = &sim_m4,
		.source = &source,
		.address = 1,
		.born_utc = NOW - 90 * 86400,
		.depth = {.hours = 100, .days = 50, .months = 10},
		.off_from_utc = NOW - 86400,
		.off_till_utc = NOW - 80000};
	struct m4_out o;
	struct m4_frame f;
	struct buf reply;
	if (in.size < 1 || in.size > M4_MESSAGE_MAX) {
		return;
	}
	(void)STR_COPY(d.model, model);
	buf_init(&reply, 2 * M4_FRAME_CAP);
	check(sim_m4.answer(
		&d, m4_short(&o, M4_ANY, M4_SESSION, SLICE(zeros)), NOW * 1000000LL, &reply));
	buf_clear(&reply);
	m4_begin(&o, M4_ANY, 5, in.data[0]);
	memcpy(o.data + o.size, in.data + 1, in.size - 1);
	o.size += in.size - 1;
	if (sim_m4.answer(&d, m4_end(&o), NOW * 1000000LL, &reply)) {
		check(m4_decode(buf_slice(&reply), &f) && f.is_extended && f.id == 5);
	}
	buf_fini(&reply);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const devices[] = {"spt943", "spt941_20", "spt944", "spt943_old"};
	struct m4_frame f;
	struct m4_out o;
	if (size == 0) {
		return 0;
	}
	struct slice in = {data + 1, size - 1};
	struct m4_cut cut = data[0] & 1 ? m4_cut_request(in) : m4_cut_reply(in, data[0] / 2);
	check(cut.state == M4_CUT_MORE ? cut.size > in.size && cut.size <= M4_FRAME_CAP :
					 cut.size > 0 && cut.size <= (in.size ? in.size : 1));
	if (cut.state == M4_CUT_FULL) {
		check(m4_decode((struct slice){in.data, cut.size}, &f));
	}
	ask_device(devices[data[0] / 2 % 4], in);
	m4_begin(&o, 1, 2, M4_READ);
	values(in, &o, 0);
	if (!o.is_full) {
		check(m4_decode(m4_end(&o), &f));
		check(f.is_extended && f.code == M4_READ && count(f.data) == count(in));
	}
	return 0;
}
