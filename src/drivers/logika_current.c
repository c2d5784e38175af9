/*
 * logika_current.c - current values and totals of a legacy Logika calculator; see logika_driver.h
 *
 *     total = u32 + fraction, saved in FLASH, + what was counted since, in RAM
 *
 * The meter may save between our two requests: then RAM starts anew, and adding it to the FLASH of
 * before would lose what was saved. So RAM is read before and after FLASH, and if it fell, FLASH is
 * read again.
 */
#include "drivers/logika_driver.h"

#include <string.h>

#define ADDED_SIZE   36 /* nine floats, of which some meters have eight */
#define TOTALS_PAGES 3

static enum err put_block(const struct logika_values *v, struct slice block)
{
	const struct logika_fields *f = &v->logika->layout->currents;
	enum err e = ERR_OK;
	for (unsigned i = 0; !e && i < f->n; i++) {
		if (f->items[i].at + 4u <= block.size) {
			e = logika_put(v, &f->items[i], logika_float(block.data + f->items[i].at));
		}
	}
	return e;
}

/* Abnormal situations and scheme stand before the values. */
static enum err put_state(const struct logika_values *v, struct slice block)
{
	static const struct logika_field scheme = {"status", QUANTITY_STATUS, UNIT_NONE, 0};
	int at = v->logika->layout->ram_ns_at;
	if (at < 0) {
		return ERR_OK;
	}
	const uint8_t *b = block.data + at;
	enum err e = logika_put_situations(
		v, (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16);
	return e ? e : logika_put(v, &scheme, b[3]);
}

static enum err read_block(struct logika *l, const struct logika_values *v)
{
	struct slice block;
	enum err e = logika_ram(l, l->layout->ram_at[v->system], l->layout->ram_size, &block);
	if (e) {
		return e;
	}
	e = put_block(v, block);
	return e ? e : put_state(v, block);
}

/* What the old SPT941 keeps apart: flows, and one byte of abnormal situations. */
static enum err read_apart(struct logika *l, const struct logika_values *v)
{
	static const struct logika_field flows[] = {
		{"flow_supply", QUANTITY_FLOW_SUPPLY, UNIT_M3_H, 0},
		{"flow_return", QUANTITY_FLOW_RETURN, UNIT_M3_H, 4}};
	struct slice b;
	enum err e = ERR_OK;
	if (l->layout->flow_at) {
		e = logika_ram(l, l->layout->flow_at, 8, &b);
		for (unsigned i = 0; !e && i < 2; i++) {
			e = logika_put(v, &flows[i], logika_float(b.data + flows[i].at));
		}
	}
	if ((!e || err_is_answer(e)) && l->layout->ns_at) {
		e = logika_ram(l, l->layout->ns_at, 6, &b);
		e = e ? e : logika_put_situations(v, b.data[0]);
	}
	return e;
}

static enum err added(struct logika *l, unsigned system, uint8_t *to)
{
	struct slice b;
	enum err e = logika_ram(l, l->layout->added_at[system], ADDED_SIZE, &b);
	if (!e) {
		memcpy(to, b.data, ADDED_SIZE);
	}
	return e;
}

static bool has_fallen(const struct logika_layout *y, const uint8_t *before, const uint8_t *after)
{
	for (unsigned i = 0; i < y->totals.n; i++) {
		if (logika_float(after + 4 * i) < logika_float(before + 4 * i)) {
			return true;
		}
	}
	return false;
}

static enum err read_totals(struct logika *l, const struct logika_values *v)
{
	const struct logika_layout *y = l->layout;
	uint8_t pages[TOTALS_PAGES * LOGIKA_PAGE], before[ADDED_SIZE], after[ADDED_SIZE];
	uint32_t at = y->totals_at[v->system];
	size_t into = at % LOGIKA_PAGE;
	size_t n = (into + 8u * y->totals.n + LOGIKA_PAGE - 1) / LOGIKA_PAGE;
	unsigned page = at / LOGIKA_PAGE;
	if (at == 0 || n > TOTALS_PAGES) {
		return ERR_OK;
	}
	enum err e = added(l, v->system, before);
	e = e ? e : logika_flash(l, page, n, pages);
	e = e ? e : added(l, v->system, after);
	if (!e && has_fallen(y, before, after)) {
		e = logika_flash(l, page, n, pages);
	}
	for (unsigned i = 0; !e && i < y->totals.n; i++) {
		e = logika_put(v, &y->totals.items[i],
			logika_total(pages + into + 8u * i, after + 4u * i));
	}
	return e;
}

static enum err read_all(struct logika *l, struct sink *out)
{
	unsigned systems = (unsigned)talk_param(l->talk, "systems");
	enum err e = logika_settings(l);
	for (unsigned i = 0; !e && i < l->layout->systems && i < systems; i++) {
		struct logika_values v = {.logika = l, .out = out, .system = i, .form = FORM_NOW};
		enum err (*const parts[])(struct logika *, const struct logika_values *) = {
			read_block, read_apart, read_totals};
		for (unsigned k = 0; !e && k < 3; k++) {
			e = parts[k](l, &v);
			e = err_is_answer(e) ? ERR_OK : e;
		}
	}
	return e;
}

enum err logika_read_current(struct talk *t, struct sink *out)
{
	struct logika l;
	enum err e = logika_open(&l, t);
	e = e ? e : read_all(&l, out);
	logika_close(&l);
	return e;
}
