/*
 * logika_events.c - journals of an SPT943; see logika_driver.h
 *
 * Two rings of a hundred entries for each heat system, read whole, because where they begin is not
 * known; entries name their own time, to the minute:
 *
 *     situations   10 yy mm dd hh mi NN FF        NN: bit of the situation, FF bit 0: it began
 *     changes      10 yy mm dd hh mi ?? ?? text   text: 16 characters of the meter's display
 *
 * The display's letters beyond ASCII have codes of their own; they are left out.
 */
#include "drivers/logika_driver.h"

#include <stdio.h>
#include <string.h>

#define ENTRIES        100
#define SITUATION_SIZE 8
#define CHANGE_SIZE    24
#define JOURNAL_MAX    (ENTRIES * CHANGE_SIZE + 2 * LOGIKA_PAGE)

struct journal {
	struct logika *logika;
	struct span span;
	struct sink *out;
	unsigned system;
	uint8_t bytes[JOURNAL_MAX];
};

/* `size` bytes of FLASH from `at` on, into pages that begin before; where they begin. */
static enum err fetch(struct journal *j, uint32_t at, size_t size, const uint8_t **ret)
{
	unsigned page = at / LOGIKA_PAGE;
	size_t into = at % LOGIKA_PAGE;
	*ret = j->bytes + into;
	return logika_flash(
		j->logika, page, (into + size + LOGIKA_PAGE - 1) / LOGIKA_PAGE, j->bytes);
}

static enum err put(struct journal *j, struct civil when, const char *code, const char *text)
{
	int64_t utc = zone_utc(talk_zone(j->logika->talk), when, false);
	const struct meter_event event = {utc, code, text};
	if (utc < j->span.from || utc >= j->span.till || !j->out->event) {
		return ERR_OK;
	}
	return j->out->event(j->out, &event);
}

static const char *suffix(const struct journal *j)
{
	return j->system ? ".u2" : "";
}

static enum err put_situation(struct journal *j, const uint8_t *b)
{
	static const char *const texts[] = {"battery low", "flow sensors' supply overloaded",
		"discrete input changed", "outdoor temperature out of range",
		"watched value beyond its limits", "", "", "", "P1 out of range", "P2 out of range",
		"t1 out of range", "t2 out of range", "t3 out of range", "flow 1 above its limit",
		"flow 1 below its limit", "flow 2 above its limit", "flow 2 below its limit",
		"flow 3 above its limit", "flow 3 below its limit",
		"difference of hourly masses too negative", "hourly heat negative",
		"hourly mass M1 below M2"};
	struct civil when;
	char code[32];
	if (!logika_entry(b, &when)) {
		return ERR_OK;
	}
	bool is_known = b[6] < sizeof(texts) / sizeof(texts[0]);
	(void)snprintf(code, sizeof(code), "situation.%u.%s%s", b[6], b[7] & 1 ? "begin" : "end",
		suffix(j));
	return put(j, when, code, is_known ? texts[b[6]] : "");
}

static enum err put_change(struct journal *j, const uint8_t *b)
{
	struct civil when;
	char code[32], text[CHANGE_SIZE - 8 + 1];
	size_t n = 0;
	if (!logika_entry(b, &when)) {
		return ERR_OK;
	}
	for (size_t i = 8; i < CHANGE_SIZE; i++) {
		bool is_ascii = b[i] >= ' ' && b[i] < 0x7f;
		if (is_ascii && (b[i] != ' ' || (n > 0 && text[n - 1] != ' '))) {
			text[n++] = (char)b[i];
		}
	}
	n -= n > 0 && text[n - 1] == ' ';
	text[n] = 0;
	(void)snprintf(code, sizeof(code), "setting_changed%s", suffix(j));
	return put(j, when, code, text);
}

static enum err read_system(struct journal *j)
{
	const struct logika_layout *y = j->logika->layout;
	const uint8_t *b;
	enum err e = fetch(j, y->situations_at[j->system], (size_t)ENTRIES * SITUATION_SIZE, &b);
	for (size_t i = 0; !e && i < ENTRIES; i++) {
		e = put_situation(j, b + i * SITUATION_SIZE);
	}
	e = e ? e : fetch(j, y->changes_at[j->system], (size_t)ENTRIES * CHANGE_SIZE, &b);
	for (size_t i = 0; !e && i < ENTRIES; i++) {
		e = put_change(j, b + i * CHANGE_SIZE);
	}
	return e;
}

static enum err read_journals(struct journal *j)
{
	struct logika *l = j->logika;
	unsigned systems = (unsigned)talk_param(l->talk, "systems");
	enum err e = ERR_OK;
	if (l->layout->situations_at[0] == 0) {
		return talk_fail(l->talk, ERR_UNSUPP, "where an %s keeps its journals is not known",
			l->layout->model);
	}
	for (j->system = 0; !e && j->system < l->layout->systems && j->system < systems;
		j->system++) {
		e = read_system(j);
	}
	return e;
}

enum err logika_read_events(struct talk *t, struct span span, struct sink *out)
{
	struct logika l;
	struct journal j = {.logika = &l, .span = span, .out = out};
	enum err e = logika_open(&l, t);
	e = e ? e : read_journals(&j);
	logika_close(&l);
	return e;
}
