/*
 * mercury230_journal.c - journals of Mercury 230; see mercury230_driver.h
 *
 * Each is a ring of ten entries of two moments, a beginning and an end. An entry whose end has not come
 * yet holds no time there.
 */
#include "drivers/mercury230_driver.h"

#include <stdio.h>

#define ENTRIES 10
#define MOMENT  6

struct journal {
	uint8_t number;
	uint8_t size;            /* of an entry */
	const char *begin, *end; /* codes of the events; NULL: that moment is none */
	const char *text;
};

static const struct journal journals[] = {
	{0x01, 12, "power_on", "power_off", ""},
	{0x02, 12, NULL, "clock_set", ""},
	{0x03, 12, "phase_on", "phase_off", "1"},
	{0x04, 12, "phase_on", "phase_off", "2"},
	{0x05, 12, "phase_on", "phase_off", "3"},
	{0x06, 12, "power_limit", "power_limit_end", ""},
	{0x12, 13, "case_open", "case_closed", ""},
	{0x13, 12, "reprogrammed", NULL, ""},
};

static enum err put_event(const struct m230 *m, const struct civil *c, const char *code,
	const char *text, struct span span, struct sink *out)
{
	struct meter_event x = {
		.utc = zone_utc(talk_zone(m->talk), *c, false), .code = code, .text = text};
	bool is_wanted = x.utc >= span.from && x.utc < span.till;
	return is_wanted && out->event ? out->event(out, &x) : ERR_OK;
}

static enum err put_entry(const struct m230 *m, const struct journal *j, struct slice entry,
	struct span span, struct sink *out)
{
	struct civil first, second;
	char text[40];
	bool has_first = m230_moment(entry.data, &first);
	bool has_second = m230_moment(entry.data + MOMENT, &second);
	enum err e = has_first && j->begin ? put_event(m, &first, j->begin, j->text, span, out) :
					     ERR_OK;
	(void)snprintf(text, sizeof(text), "%s", j->text);
	if (has_first && !j->begin) { /* the clock before it was corrected */
		(void)snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02d ->", first.year,
			first.month, first.day, first.hour, first.minute, first.second);
	}
	return e || !has_second || !j->end ? e : put_event(m, &second, j->end, text, span, out);
}

enum err m230_read_journals(const struct m230 *m, struct span span, struct sink *out)
{
	enum err e = ERR_OK;
	for (size_t i = 0; i < sizeof(journals) / sizeof(journals[0]) && !e; i++) {
		for (uint8_t entry = 0; entry < ENTRIES && !e; entry++) {
			const struct journal *j = &journals[i];
			uint8_t body[] = {M230_TIME, j->number, entry};
			struct slice data;
			e = m230_ask(m, body, sizeof(body), j->size, &data);
			e = e ? e : put_entry(m, j, data, span, out);
			if (err_is_answer(e) && e != ERR_DENIED) {
				e = ERR_OK; /* a model without this journal */
				break;
			}
		}
	}
	return e;
}
