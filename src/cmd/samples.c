/*
 * samples.c - what a meter said, for people and for machines; see samples.h
 */
#include "cmd/samples.h"

#include "base/str.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const form_names[] = {
	[FORM_NOW] = "now", [FORM_POINT] = "point", [FORM_AMOUNT] = "amount"};

static const struct {
	unsigned bit;
	const char *name;
} flags[] = {{QUALITY_ROLLOVER, "rollover"}, {QUALITY_REPLACED, "replaced"},
	{QUALITY_RESET_SUSPECT, "reset_suspect"}, {QUALITY_HIGH_SUSPECT, "high_suspect"},
	{QUALITY_TIME_SUSPECT, "time_suspect"}, {QUALITY_ABNORMAL, "abnormal"},
	{QUALITY_LATE, "late"}};

static void sample_json(struct json_out *j, const struct sample *s)
{
	json_open(j, NULL, '{');
	json_put_text(j, "key", s->key);
	json_put_text(j, "quantity", quantity_code(s->quantity));
	json_put_text(j, "unit", unit_symbol(s->unit));
	json_put_real(j, "value", s->text ? NAN : s->value);
	json_put_text(j, "text", s->text);
	json_put_text(j, "form", form_names[s->form]);
	if (s->period != PERIOD_NONE) {
		json_put_text(j, "period", period_name(s->period));
	}
	if (s->form == FORM_NOW) {
		json_put_null(j, "utc");
	} else {
		json_put_time(j, "utc", s->utc);
	}
	json_put_text(j, "quality", quality_class_name(quality_class(s->quality)));
	if (quality_flags(s->quality)) {
		json_open(j, "flags", '[');
		for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
			if (s->quality & flags[i].bit) {
				json_put_text(j, NULL, flags[i].name);
			}
		}
		json_close(j, ']');
	}
	if (s->decimals < 0) {
		json_put_null(j, "decimals");
	} else {
		json_put_int(j, "decimals", s->decimals);
	}
	json_close(j, '}');
}

void samples_json(struct json_out *j, const struct sample_list *list)
{
	json_open(j, "samples", '[');
	for (size_t i = 0; i < list->n; i++) {
		sample_json(j, &list->items[i]->sample);
	}
	json_close(j, ']');
	if (list->event_n == 0) {
		return;
	}
	json_open(j, "events", '[');
	for (size_t i = 0; i < list->event_n; i++) {
		json_open(j, NULL, '{');
		json_put_time(j, "utc", list->events[i].utc);
		json_put_text(j, "code", list->events[i].code);
		json_put_text(j, "text", list->events[i].text);
		json_close(j, '}');
	}
	json_close(j, ']');
}

void identity_json(struct json_out *j, const char *key, const struct identity *who)
{
	json_open(j, key, '{');
	json_put_text(j, "address", who->address);
	json_put_text(j, "serial", who->serial);
	json_put_text(j, "maker", who->maker);
	json_put_text(j, "model", who->model);
	json_put_text(j, "version", who->version);
	json_put_text(j, "medium", who->medium);
	json_close(j, '}');
}

/* ---- tables ---- */

void table_init(struct table *t, size_t columns, const char *right)
{
	assert(columns <= TABLE_COLUMNS && strlen(right) == columns);
	*t = (struct table){.columns = columns, .right = right};
	buf_init(&t->cells, 64U << 20);
}

void table_cell(struct table *t, const char *text)
{
	buf_put(&t->cells, text, strlen(text) + 1);
}

/* Characters, not bytes: "°C" takes two columns. */
static size_t width_of(const char *text)
{
	size_t n = 0;
	for (; *text; text++) {
		n += ((unsigned char)*text & 0xc0) != 0x80;
	}
	return n;
}

static void print_cell(const char *text, size_t width, bool is_right, bool is_last)
{
	int pad = (int)(width - width_of(text));
	if (is_right) {
		(void)printf("%*s%s", pad, "", text);
	} else {
		(void)printf("%s%*s", text, is_last ? 0 : pad, "");
	}
	(void)fputs(is_last ? "\n" : "  ", stdout);
}

void table_print(struct table *t)
{
	size_t widths[TABLE_COLUMNS] = {0};
	const char *at = (const char *)t->cells.data;
	const char *end = at ? at + t->cells.size : at;
	for (size_t i = 0; at < end; i = (i + 1) % t->columns, at += strlen(at) + 1) {
		size_t w = width_of(at);
		widths[i] = w > widths[i] ? w : widths[i];
	}
	at = (const char *)t->cells.data;
	for (size_t i = 0; at < end; i = (i + 1) % t->columns, at += strlen(at) + 1) {
		print_cell(at, widths[i], t->right[i] == 'r', i + 1 == t->columns);
	}
	buf_fini(&t->cells);
}

static void value_cell(struct table *t, const struct sample *s)
{
	char text[STR_DOUBLE_CAP + 320];
	if (s->text) {
		table_cell(t, s->text);
	} else if (isnan(s->value)) {
		table_cell(t, "-");
	} else if (s->decimals >= 0 && s->decimals <= 12) {
		(void)snprintf(text, sizeof(text), "%.*f", s->decimals, s->value);
		table_cell(t, text);
	} else {
		table_cell(t, str_double(text, s->value));
	}
}

static void quality_cell(struct table *t, uint16_t quality)
{
	struct buf text;
	buf_init(&text, 256);
	buf_str(&text, quality_class_name(quality_class(quality)));
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		if (quality & flags[i].bit) {
			buf_printf(&text, " %s", flags[i].name);
		}
	}
	table_cell(t, buf_cstr(&text));
	buf_fini(&text);
}

void samples_table(const struct sample_list *list, const struct zone *zone)
{
	static const char *const headings[] = {
		"REGISTER", "QUANTITY", "VALUE", "UNIT", "TIME", "QUALITY"};
	char time[TIME_TEXT_CAP];
	struct table t;
	table_init(&t, 6, "llrlll");
	for (size_t i = 0; list->n > 0 && i < 6; i++) {
		table_cell(&t, headings[i]);
	}
	for (size_t i = 0; i < list->n; i++) {
		const struct sample *s = &list->items[i]->sample;
		table_cell(&t, s->key);
		table_cell(&t, quantity_text(s->quantity, LANG_EN));
		value_cell(&t, s);
		table_cell(&t, unit_symbol(s->unit));
		table_cell(&t, s->form == FORM_NOW ? "now" : time_text_local(time, zone, s->utc));
		quality_cell(&t, s->quality);
	}
	table_print(&t);
	for (size_t i = 0; i < list->event_n; i++) {
		(void)printf("event %s %s %s\n", time_text_local(time, zone, list->events[i].utc),
			list->events[i].code, list->events[i].text);
	}
}
