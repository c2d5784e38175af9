/*
 * emit.c - records into samples; see emit.h
 */
#include "drivers/emit.h"

#include <math.h>
#include <stdio.h>

enum err emit_value(
	struct emit *to, const char *key, enum quantity q, enum unit u, double v, int decimals)
{
	bool is_counter = quantity_kind(q) == KIND_COUNTER;
	enum sample_form form = to->period == PERIOD_NONE ? FORM_NOW :
				is_counter                ? to->counters :
							    FORM_AMOUNT;
	char full[REGISTER_KEY_CAP];
	(void)snprintf(full, sizeof(full), "%s%s", key, to->suffix ? to->suffix : "");
	struct sample s = {.key = full,
		.quantity = q,
		.unit = u,
		.form = form,
		.period = to->period,
		.utc = form == FORM_POINT ? to->interval.till : to->interval.from,
		.value = v,
		.decimals = decimals,
		.quality = quality_make(
			isnan(v) ? QUALITY_MISSING : QUALITY_MEASURED, SOURCE_NONE, to->flags)};
	enum err e = to->out->put(to->out, &s);
	to->has_put = to->has_put || e == ERR_OK;
	return e;
}

static bool is_energy(enum quantity q)
{
	return unit_dimension(quantity_unit(q)) == DIM_ENERGY;
}

enum err emit_scaled(struct emit *to, const struct cell *f, struct slice record, double divisor)
{
	bool is_open = f->unit == UNIT_NONE && is_energy(f->quantity);
	if (is_open && to->energy == UNIT_NONE) {
		return emit_value(
			to, f->key, f->quantity, quantity_unit(f->quantity), NAN, f->decimals);
	}
	return emit_value(to, f->key, f->quantity, is_open ? to->energy : f->unit,
		cell_get(f, record) / divisor, f->decimals);
}

enum err emit_cells(struct emit *to, const struct cell *cells, size_t n, struct slice record)
{
	enum err e = ERR_OK;
	for (size_t i = 0; i < n && !e; i++) {
		e = emit_scaled(to, &cells[i], record, 1);
	}
	return e;
}

enum err emit_codes(struct emit *to, int64_t code, int meaning)
{
	enum err e = ERR_OK;
	if (code >= 0) {
		e = emit_value(to, "error_code", QUANTITY_ERROR_CODE, UNIT_NONE, (double)code, 0);
	}
	if (!e && meaning >= 0) {
		e = emit_value(to, "abnormal", QUANTITY_ABNORMAL, UNIT_NONE, meaning, 0);
	}
	return e;
}

bool emit_is_twice(const struct zone *zone, int64_t utc)
{
	struct civil c = zone_civil(zone, utc);
	return zone_utc(zone, c, false) != zone_utc(zone, c, true);
}

bool emit_is_winter(const struct zone *zone, int64_t utc)
{
	return zone_offset(zone, utc) <= zone_offset(zone, utc - 182 * INT64_C(86400));
}
