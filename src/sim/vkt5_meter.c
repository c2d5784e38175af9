/*
 * vkt5_meter.c - the meter's side of a VKT-5
 *
 * Pipes 1 and 2 are supply and return of heat input 1; pipe 3, supply of input 2, is there when `model`
 * says "two". A date is written, then function 4 answers from that record; a date without a record is
 * refused with code 2, a record nobody asked for by date with 4, an input without pipes with 0, an
 * archive that is empty with 5 (captured). Numbers of a record are float32, those of totals double.
 *
 * Days are civil, hours are named by their begin. Facts: docs/protocols/vkt5.md. Not simulated: settings,
 * screen, keys, regulators, the arrays by pipe and by parameter.
 */
#include "proto/vkt.h"
#include "proto/vkt5.h"
#include "sim/memory.h"

#include <math.h>
#include <string.h>

#define FIRMWARE     0x7d
#define FINE         -1 /* codes begin at 0: input not used */
#define UNUSED       0
#define NO_DATA      2
#define NO_RECORD    4
#define EMPTY        5
#define UNSUPPORTED  7
#define INPUT_STRIDE 28
#define DIGITS       6 /* amounts are rounded to these, so that they add up */

/* What it remembers between requests; sim_device.memory. */
struct memory {
	bool has_date;
	int64_t utc; /* of the date */
};

struct turn {
	struct sim_device device; /* with civil days */
	struct memory *memory;
	int64_t now_us;
};

static struct vkt5_config config_of(const struct turn *t)
{
	struct vkt5_config c = {.regulators = {0xff, 0xff}, .report = 1};
	for (size_t i = 0; i < VKT5_PIPES; i++) {
		c.pipes[i] = (struct vkt5_pipe){.extra = 0xff, .medium = 2};
	}
	c.pipes[0] = (struct vkt5_pipe){1, VKT5_SUPPLY, 2, 1, 0, 2, 1};
	c.pipes[1] = (struct vkt5_pipe){1, VKT5_RETURN, 2, 1, 0, 2, 1};
	if (strstr(t->device.model, "two")) {
		c.pipes[2] = (struct vkt5_pipe){2, VKT5_SUPPLY, VKT5_PRESSURE_CONTRACT, 1, 0, 2, 1};
	}
	return c;
}

/* ---- values ---- */

/* What a number is of: now, the totals now, or a record. */
struct scope {
	bool is_totals, is_record;
	struct sim_record record;
};

static double zero_if_none(double v)
{
	return isnan(v) ? 0 : v;
}

static double mean_of(const struct turn *t, const struct scope *s, enum quantity q, enum unit u)
{
	return zero_if_none(s->is_record && !s->is_totals ?
				    sim_mean(&t->device, q, u, s->record.period) :
				    sim_reading(&t->device, q, u, t->now_us));
}

static double amount_of(const struct turn *t, const struct scope *s, enum quantity q, enum unit u)
{
	const struct sim_device *d = &t->device;
	if (s->is_totals) {
		return zero_if_none(sim_reading(
			d, q, u, s->is_record ? s->record.period.till * 1000000 : t->now_us));
	}
	return s->is_record ? zero_if_none(sim_amount(d, q, u, DIGITS, s->record.period)) : 0;
}

static bool put_input(struct turn *t, const struct scope *s, unsigned input, struct buf *to)
{
	struct vkt5_config c = config_of(t);
	struct vkt5_input in = {.has_norm = true};
	for (size_t i = 0; i < VKT5_PIPES; i++) {
		bool is_return = c.pipes[i].purpose == VKT5_RETURN;
		if (c.pipes[i].input != input) {
			continue;
		}
		struct vkt5_values *v = &in.pipes[in.n++];
		v->temperature = mean_of(t, s,
			is_return ? QUANTITY_TEMPERATURE_RETURN : QUANTITY_TEMPERATURE_SUPPLY,
			UNIT_DEGC);
		v->pressure = mean_of(t, s,
			is_return ? QUANTITY_PRESSURE_RETURN : QUANTITY_PRESSURE_SUPPLY, UNIT_MPA);
		v->mass = amount_of(
			t, s, is_return ? QUANTITY_MASS_RETURN : QUANTITY_MASS_SUPPLY, UNIT_T);
	}
	if (in.n == 0) {
		return false;
	}
	in.mass = in.n > 1 ? in.pipes[0].mass - in.pipes[1].mass : in.pipes[0].mass;
	in.heat = amount_of(t, s, QUANTITY_HEAT_ENERGY, UNIT_GJ);
	in.heat_without_hot = in.heat;
	vkt5_input_put(to, s->is_totals, &in);
	return true;
}

static bool put_trouble(struct turn *t, const struct scope *s, unsigned input, struct buf *to)
{
	struct vkt5_config c = config_of(t);
	struct vkt5_trouble trouble = {.has_disbalance = true};
	for (size_t i = 0; i < VKT5_PIPES; i++) {
		trouble.n += c.pipes[i].input == input;
	}
	double minutes = s->is_record ? 60 * s->record.off_h : 0;
	trouble.no_power = (uint16_t)lround(minutes < UINT16_MAX ? minutes : UINT16_MAX);
	vkt5_trouble_put(to, &trouble);
	return trouble.n > 0;
}

/* ---- requests ---- */

static void put_moment(const struct turn *t, int64_t utc, struct buf *to)
{
	struct civil l = zone_civil(sim_calendar(&t->device).zone, utc);
	const int words[] = {l.year, l.month, l.day, l.hour, l.minute};
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		buf_u16be(to, (uint16_t)words[i]);
	}
}

static int read_range(const struct turn *t, struct buf *to)
{
	int64_t newest = sim_meter_now(&t->device, t->now_us) / 3600 * 3600;
	int64_t oldest = newest - 3600LL * sim_depth(&t->device, PERIOD_HOUR);
	oldest = oldest > t->device.born_utc ? oldest : t->device.born_utc;
	if (oldest >= newest) {
		return EMPTY;
	}
	put_moment(t, oldest, to);
	put_moment(t, newest, to);
	return FINE;
}

/* FINE or the code of a refusal. */
static int read_array(
	struct turn *t, const struct vkt_request *q, const struct scope *s, struct buf *to)
{
	enum vkt5_array array = q->start >> 8 & 0x3f;
	unsigned selector = q->start & 0xff;
	struct vkt5_config c = config_of(t);
	switch (array) {
	case VKT5_INPUT:
		return selector % INPUT_STRIDE == 0 &&
				       put_input(t, s, selector / INPUT_STRIDE, to) ?
			       FINE :
			       UNUSED;
	case VKT5_TROUBLE: return put_trouble(t, s, selector, to) ? FINE : UNUSED;
	case VKT5_CONFIG: vkt5_config_put(to, &c); return FINE;
	case VKT5_CLOCK: put_moment(t, sim_meter_now(&t->device, t->now_us), to); return FINE;
	case VKT5_FIRMWARE: buf_u16be(to, FIRMWARE); return FINE;
	case VKT5_RANGE: return read_range(t, to);
	default: return UNSUPPORTED;
	}
}

static int read_archive(struct turn *t, const struct vkt_request *q, struct buf *to)
{
	enum vkt5_kind kind = q->start >> 14;
	struct scope s = {.is_record = true, .is_totals = kind == VKT5_TOTALS};
	enum period p = kind == VKT5_DAY ? PERIOD_DAY : PERIOD_HOUR;
	if (!t->memory->has_date ||
		!sim_record_of(&t->device, p, t->memory->utc, t->now_us, &s.record)) {
		return NO_RECORD;
	}
	return read_array(t, q, &s, to);
}

static int write_date(struct turn *t, struct slice data)
{
	struct reader r = reader_of(data);
	struct civil c = {.year = reader_u16be(&r)};
	struct sim_record record;
	c.month = reader_u16be(&r);
	c.day = reader_u16be(&r);
	c.hour = reader_u16be(&r);
	if (r.is_short || c.month < 1 || c.month > 12 || c.day < 1 || c.day > 31 || c.hour > 23) {
		return NO_DATA;
	}
	int64_t utc = zone_utc(sim_calendar(&t->device).zone, c, false);
	if (!sim_record_of(&t->device, PERIOD_HOUR, utc, t->now_us, &record) &&
		!sim_record_of(&t->device, PERIOD_DAY, utc, t->now_us, &record)) {
		return NO_DATA;
	}
	*t->memory = (struct memory){true, utc};
	return FINE;
}

static int serve(struct turn *t, const struct vkt_request *q, struct buf *to)
{
	const struct scope now = {.is_totals = q->start >> 14 == VKT5_TOTALS};
	switch (q->function) {
	case VKT_READ: return read_array(t, q, &now, to);
	case VKT_READ_ARCHIVE: return read_archive(t, q, to);
	default:
		return q->start == vkt5_start(VKT5_CURRENT, VKT5_CLOCK, 0) ?
			       write_date(t, q->data) :
			       UNSUPPORTED;
	}
}

static bool answer(struct sim_device *d, struct slice request, int64_t now_us, struct buf *out)
{
	_Static_assert(sizeof(struct memory) <= sizeof(d->memory), "too much to remember");
	struct turn t = {.device = *d, .memory = (void *)d->memory, .now_us = now_us};
	struct vkt_request q;
	struct vkt_frame f;
	struct buf data;
	if (!vkt_request_decode(request, &q) || q.is_short || q.address != d->address) {
		return false;
	}
	t.device.report_hour = 0;
	t.device.report_day = 1;
	buf_init(&data, VKT_DATA_MAX);
	struct vkt_reply reply = {
		.address = q.address, .function = q.function, .start = q.start, .count = q.count};
	reply.code = serve(&t, &q, &data);
	reply.is_refused = reply.code != FINE;
	reply.data = buf_slice(&data);
	bool is_told = !data.is_full && vkt_reply_encode(&reply, &f) == ERR_OK;
	if (is_told) {
		buf_put(out, f.data, f.size);
	}
	buf_fini(&data);
	return is_told;
}

static struct frame_verdict frame(struct slice so_far)
{
	struct modbus_cut cut = vkt_cut_request(so_far);
	return (struct frame_verdict){cut.state == MODBUS_CUT_FULL ? FRAME_FULL :
				      cut.state == MODBUS_CUT_MORE ? FRAME_MORE :
								     FRAME_JUNK,
		cut.size};
}

const struct sim_protocol sim_vkt5 = {.name = "vkt5", .frame = frame, .answer = answer};
