/*
 * set4tm_journal.c - journals of the SET-4TM family; see set4tm_driver.h
 *
 * Ten entries each, of two moments without a season. That of power cuts also says which intervals of the
 * load profile are not whole.
 */
#include "drivers/set4tm_driver.h"

#include <stdio.h>

#define MOMENT 7
#define POWER  0x01

static const struct journal {
	uint8_t number;
	const char *first, *second; /* codes of the events; NULL: that moment is none */
} journals[] = {
	{POWER, "power_off", "power_on"},
	{0x02, NULL, "clock_set"},
	{0x46, "case_open", "case_closed"},
	{0x47, "reprogrammed", NULL},
};

/* The first of them the short command has, too, which every meter knows. */
static enum err ask_entry(const struct set4 *m, int number, int entry, struct slice *ret_data)
{
	uint8_t brief[] = {SET4_TIME, (uint8_t)(number << 4 | entry)};
	uint8_t extended[] = {SET4_JOURNAL, (uint8_t)number, (uint8_t)entry};
	if (number < 0x10) {
		return set4_ask(m, brief, sizeof(brief), 2 * MOMENT, ret_data);
	}
	return set4_is_extended(m->state->variant.type) ?
		       set4_ask(m, extended, sizeof(extended), 2 * MOMENT, ret_data) :
		       ERR_UNSUPP;
}

static enum err put_entry(const struct set4 *m, const struct journal *j, struct slice entry,
	struct span span, struct sink *out)
{
	const char *codes[2] = {j->first, j->second};
	struct civil c[2];
	bool has[2];
	enum err e = ERR_OK;
	for (int i = 0; i < 2; i++) {
		has[i] = set4_clock(entry.data + i * MOMENT, &c[i]);
	}
	for (int i = 0; i < 2 && !e; i++) {
		char text[40] = "";
		if (!codes[i] || !has[i]) {
			continue;
		}
		if (i && !codes[0] && has[0]) { /* the clock before it was corrected */
			(void)snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02d ->",
				c[0].year, c[0].month, c[0].day, c[0].hour, c[0].minute,
				c[0].second);
		}
		struct meter_event x = {.utc = zone_utc(talk_zone(m->talk), c[i], false),
			.code = codes[i],
			.text = text};
		bool is_wanted = x.utc >= span.from && x.utc < span.till && out->event;
		e = is_wanted ? out->event(out, &x) : ERR_OK;
	}
	return e;
}

enum err set4_read_journals(const struct set4 *m, struct span span, struct sink *out)
{
	enum err e = ERR_OK;
	for (size_t i = 0; i < sizeof(journals) / sizeof(journals[0]) && !e; i++) {
		for (int entry = 0; entry < SET4_ENTRIES && !e; entry++) {
			struct slice data;
			e = ask_entry(m, journals[i].number, entry, &data);
			e = e ? e : put_entry(m, &journals[i], data, span, out);
		}
		e = e == ERR_UNSUPP ? ERR_OK : e; /* it has no such journal */
	}
	return e;
}

/* The clock may show a moment twice: a cut lasted from the first till the second. */
static enum err read_outages(const struct set4 *m)
{
	struct set4_state *s = m->state;
	const struct zone *z = talk_zone(m->talk);
	enum err e = ERR_OK;
	int n = 0;
	for (int entry = 0; entry < SET4_ENTRIES && !e; entry++) {
		struct slice data;
		struct civil off, on;
		e = ask_entry(m, POWER, entry, &data);
		if (!e && set4_clock(data.data, &off) && set4_clock(data.data + MOMENT, &on)) {
			s->outages[n++] = (struct set4_outage){
				zone_utc(z, off, false), zone_utc(z, on, true)};
		}
	}
	s->outages_n = n;
	s->has_more = n == SET4_ENTRIES || e == ERR_UNSUPP;
	return e == ERR_UNSUPP ? ERR_OK : e;
}

enum err set4_learn_outages(const struct set4 *m, int64_t utc)
{
	struct civil now;
	bool is_winter;
	if (m->state->outages_utc && utc <= m->state->outages_utc) {
		return ERR_OK;
	}
	enum err e = set4_civil(m, &now, &is_winter);
	e = e ? e : read_outages(m);
	m->state->outages_utc = e ? 0 : set4_utc(m, &now, is_winter);
	return e;
}
