/*
 * Any bytes are frames and values of the Logika bus or are refused: the cutters never claim more than
 * there is, what decodes is within the frame, and what is written again reads the same.
 *
 * First byte: bit 0 requests or replies, the rest the size of short replies; then the bytes.
 */
#include "proto/m4.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
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
	m4_begin(&o, 1, 2, M4_READ);
	values(in, &o, 0);
	if (!o.is_full) {
		check(m4_decode(m4_end(&o), &f));
		check(f.is_extended && f.code == M4_READ && count(f.data) == count(in));
	}
	return 0;
}
