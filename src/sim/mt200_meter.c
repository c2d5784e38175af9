/*
 * mt200_meter.c - the meter's side of the Vzlet text protocol: an MT-200DS on RS-232, a TSR on RS-485
 *
 * From docs/protocols/mt200.md. Both count tonnes and Gcal; channels 1 and 2 are used, on 4 and 5 there
 * is nothing. A ring keeps the record of a former round where none was made.
 *
 *   hours 1428     days 60     months 24
 *
 * Not simulated: channel 3, internal errors, the archive of pressures, the preamble of the TSRV-010M.
 */
#include "proto/mt200.h"
#include "sim/memory.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define BIT_POWER 0x1000

struct meter {
	const struct sim_device *device;
	struct sim_device own; /* with a memory of one round more: what was not written over */
	struct calendar calendar;
	int64_t now_us;
	bool is_485; /* is a TSR */
};

static const enum period periods[MT200_RINGS] = {
	[MT200_HOURS] = PERIOD_HOUR, [MT200_DAYS] = PERIOD_DAY, [MT200_MONTHS] = PERIOD_MONTH};

/* ---- texts ---- */

static void number(char to[static MT200_TEXT_CAP], int width, int decimals, double v)
{
	if (isnan(v)) {
		(void)snprintf(to, MT200_TEXT_CAP, "------");
	} else {
		(void)snprintf(to, MT200_TEXT_CAP, "%*.*f", width, decimals, v);
	}
}

static double now_of(const struct meter *m, enum quantity q, enum unit u)
{
	double v = sim_reading(m->device, q, u, m->now_us);
	return isnan(v) ? 0 : v;
}

static double measured(const struct meter *m, uint8_t command, uint8_t index)
{
	bool is_first = index == mt200_index(1), is_second = index == mt200_index(2);
	switch (command) {
	case MT200_VOLUME:
		return is_first  ? now_of(m, QUANTITY_MASS_SUPPLY, UNIT_T) :
		       is_second ? now_of(m, QUANTITY_MASS_RETURN, UNIT_T) :
				   0;
	case MT200_FLOW:
		return is_first  ? now_of(m, QUANTITY_MASS_FLOW_SUPPLY, UNIT_T_H) :
		       is_second ? now_of(m, QUANTITY_MASS_FLOW_RETURN, UNIT_T_H) :
				   0;
	case MT200_TEMPERATURE: {
		enum quantity q = is_first ? QUANTITY_TEMPERATURE_SUPPLY :
					     QUANTITY_TEMPERATURE_RETURN;
		return is_first || is_second ? sim_reading(m->device, q, UNIT_DEGC, m->now_us) :
					       NAN;
	}
	case MT200_DIFFERENCE: return now_of(m, QUANTITY_TEMPERATURE_DIFFERENCE, UNIT_K);
	case MT200_HEAT: return is_first ? now_of(m, QUANTITY_HEAT_ENERGY, UNIT_GCAL) : 0;
	case MT200_HEAT_DIFF: return now_of(m, QUANTITY_HEAT_ENERGY, UNIT_GCAL);
	case MT200_CHANNELS_DIFF:
		return now_of(m, QUANTITY_MASS_SUPPLY, UNIT_T) -
		       now_of(m, QUANTITY_MASS_RETURN, UNIT_T);
	case MT200_POWER: return is_first ? now_of(m, QUANTITY_HEAT_POWER, UNIT_GCAL_H) : 0;
	case MT200_COLD: return 5;
	case MT200_PRESSURE:
		return is_first  ? now_of(m, QUANTITY_PRESSURE_SUPPLY, UNIT_MPA) :
		       is_second ? now_of(m, QUANTITY_PRESSURE_RETURN, UNIT_MPA) :
				   0;
	case MT200_WORKING_MIN: return now_of(m, QUANTITY_OPERATING_TIME, UNIT_MIN);
	case MT200_FAULT_MIN: return now_of(m, QUANTITY_TIME_POWER_OFF, UNIT_MIN);
	default: return NAN;
	}
}

static bool is_measured(uint8_t command)
{
	static const uint8_t commands[] = {MT200_VOLUME, MT200_FLOW, MT200_TEMPERATURE,
		MT200_DIFFERENCE, MT200_HEAT, MT200_HEAT_DIFF, MT200_CHANNELS_DIFF, MT200_POWER,
		MT200_COLD, MT200_PRESSURE, MT200_WORKING_MIN, MT200_FAULT_MIN};
	return memchr(commands, command, sizeof(commands)) != NULL;
}

static void text_of(
	const struct meter *m, const struct mt200_request *q, char to[static MT200_TEXT_CAP])
{
	struct civil now = zone_civil(m->calendar.zone, sim_meter_now(m->device, m->now_us));
	/* "VZLET TSR 20.01.01.08" and "do not understand that ..." in CP866 */
	static const char tsr[] = "\x82\x87\x8b\xf0\x92 \x92\x91\x90 20.01.01.08";
	static const char what[] = "\x8d\xa5 \xaf\xae\xad\xa8\xac\xa0\xee \xe2\xa0\xaa\xae\xa5 ...";
	const char *text = m->is_485 ? what : "Not implemented";
	bool is_minutes = q->command == MT200_WORKING_MIN || q->command == MT200_FAULT_MIN;
	if (is_measured(q->command)) {
		bool is_fine = q->command == MT200_POWER;
		number(to, is_fine ? 10 : 9,
			is_minutes ? 0 :
			is_fine    ? 4 :
				     3,
			measured(m, q->command, q->index));
		return;
	}
	switch (q->command) {
	case MT200_NAME_TSR: text = m->is_485 ? tsr : text; break;
	case MT200_NAME_MT: text = m->is_485 ? text : "MT-200DS V1.16"; break;
	case MT200_NUMBER: text = m->device->serial; break;
	case MT200_UNIT:
	case MT200_HEAT_UNIT: text = "     2"; break;
	case MT200_ERRORS: text = "0000000000000000"; break;
	case MT200_DATE:
		(void)snprintf(
			to, MT200_TEXT_CAP, "%02d.%02d.%02d", now.day, now.month, now.year % 100);
		return;
	case MT200_TIME:
		(void)snprintf(
			to, MT200_TEXT_CAP, "%02d:%02d:%02d", now.hour, now.minute, now.second);
		return;
	default: break;
	}
	(void)snprintf(to, MT200_TEXT_CAP, "%s", text);
}

/* ---- memory ---- */

static double zero_for_none(double v)
{
	return isnan(v) ? 0 : v;
}

static void fill(const struct meter *m, enum mt200_ring ring, const struct sim_record *from,
	struct mt200_record *r)
{
	const struct sim_device *d = m->device;
	int64_t end_us = from->period.till * 1000000;
	struct civil last = zone_civil(m->calendar.zone, from->period.till - 1);
	*r = (struct mt200_record){.at = last, .has_state = ring == MT200_HOURS};
	r->heat[0] = zero_for_none(sim_reading(d, QUANTITY_HEAT_ENERGY, UNIT_MJ, end_us));
	r->volume[0] = zero_for_none(sim_reading(d, QUANTITY_MASS_SUPPLY, UNIT_T, end_us));
	r->volume[1] = zero_for_none(sim_reading(d, QUANTITY_MASS_RETURN, UNIT_T, end_us));
	r->temperature[0] = sim_mean(d, QUANTITY_TEMPERATURE_SUPPLY, UNIT_DEGC, from->period);
	r->temperature[1] = sim_mean(d, QUANTITY_TEMPERATURE_RETURN, UNIT_DEGC, from->period);
	r->temperature[2] = r->temperature[3] = NAN;
	r->state = from->off_h > 0 ? BIT_POWER : 0;
	r->fault_min = (uint32_t)zero_for_none(
		sim_reading(d, QUANTITY_TIME_POWER_OFF, UNIT_MIN, end_us));
}

/* What stands in a slot; all ones where nothing was ever written. */
static void slot_put(const struct meter *m, enum mt200_ring ring, int64_t slot,
	uint8_t to[static MT200_HOUR_BYTES])
{
	int64_t n = mt200_rings[ring].records;
	enum period p = periods[ring];
	int64_t open = period_of(&m->calendar, p, sim_meter_now(m->device, m->now_us)).from;
	int64_t newest = mt200_ordinal(ring, zone_civil(m->calendar.zone, open - 1));
	int64_t back = (newest - slot) % n;
	back = back < 0 ? back + n : back;
	struct sim_record found;
	struct mt200_record r;
	memset(to, 0xff, MT200_HOUR_BYTES);
	if (sim_record_back(&m->own, p, (unsigned)back, m->now_us, &found) ||
		sim_record_back(&m->own, p, (unsigned)(back + n), m->now_us, &found)) {
		fill(m, ring, &found, &r);
		(void)mt200_record_encode(&r, to);
	}
}

static bool memory_put(const struct meter *m, const struct mt200_request *q,
	uint8_t to[static MT200_HOUR_BYTES], uint8_t *ret_next)
{
	for (enum mt200_ring ring = MT200_HOURS; ring < MT200_RINGS; ring++) {
		const struct mt200_ring_facts *f = &mt200_rings[ring];
		int from = q->at - f->start;
		if (from < 0 || from >= f->records * f->bytes) {
			continue;
		}
		if (from % f->bytes != 0 || q->n != f->bytes) {
			return false;
		}
		uint8_t next[MT200_HOUR_BYTES];
		slot_put(m, ring, from / f->bytes, to);
		slot_put(m, ring, (from / f->bytes + 1) % f->records, next);
		*ret_next = next[0];
		return true;
	}
	return false;
}

/* ---- requests ---- */

static bool answer(
	struct sim_device *d, struct slice request, int64_t now_us, struct buf *reply, bool is_485)
{
	struct mt200_request q;
	struct mt200_frame f;
	int address;
	if (mt200_request_decode(request, is_485, &address, &q) ||
		(is_485 && address != d->address)) {
		return false;
	}
	struct meter m = {.device = d, .own = *d, .now_us = now_us, .is_485 = is_485};
	m.own.depth.hours *= 2;
	m.own.depth.days *= 2;
	m.own.depth.months *= 2;
	m.calendar = sim_calendar(d);
	struct slice bytes;
	uint8_t record[MT200_HOUR_BYTES], next;
	if (q.command == MT200_MEMORY && memory_put(&m, &q, record, &next)) {
		bytes = mt200_memory(&f, is_485, q.at, (struct slice){record, q.n}, next);
	} else {
		char text[MT200_TEXT_CAP];
		text_of(&m, &q, text);
		bytes = mt200_text(&f, is_485, text);
	}
	buf_put(reply, bytes.data, bytes.size);
	return true;
}

static bool answer_232(
	struct sim_device *d, struct slice request, int64_t now_us, struct buf *reply)
{
	return answer(d, request, now_us, reply, false);
}

static bool answer_485(
	struct sim_device *d, struct slice request, int64_t now_us, struct buf *reply)
{
	return answer(d, request, now_us, reply, true);
}

static struct frame_verdict verdict(struct mt200_cut cut)
{
	return (struct frame_verdict){cut.state == MT200_CUT_FULL ? FRAME_FULL :
				      cut.state == MT200_CUT_MORE ? FRAME_MORE :
								    FRAME_JUNK,
		cut.size};
}

static struct frame_verdict frame_232(struct slice so_far)
{
	return verdict(mt200_cut_request(so_far, false));
}

static struct frame_verdict frame_485(struct slice so_far)
{
	return verdict(mt200_cut_request(so_far, true));
}

const struct sim_protocol sim_mt200 = {.name = "mt200", .frame = frame_232, .answer = answer_232};
const struct sim_protocol sim_mt200_485 = {
	.name = "mt200", .frame = frame_485, .answer = answer_485};
