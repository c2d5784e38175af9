/*
 * params.c - the parameters of one meter; see params.h
 */
#include "poll/params.h"

#include "base/str.h"
#include "link/link.h"
#include "poll/talk.h"

#include <assert.h>
#include <string.h>

const struct driver_param talk_params[] = {
	{"baud", PARAM_INT, 0, 4000000, "0", "baud rate; 0: the line's or the driver's",
		"скорость, бит/с; 0: линии или драйвера"},
	{"framing", PARAM_TEXT, 0, 3, "", "data bits, parity, stop bits: 8N1, 8E1, 7E1 ...",
		"биты данных, чётность, стоп-биты: 8N1, 8E1, 7E1 ..."},
	{"reply_ms", PARAM_INT, 0, 60000, "0",
		"first byte of an answer at the latest; 0: the driver's",
		"ожидание первого байта ответа, мс; 0: драйвера"},
	{"gap_ms", PARAM_INT, 0, 10000, "0", "silence before a request; 0: the driver's",
		"тишина перед запросом, мс; 0: драйвера"},
	{"retries", PARAM_INT, 0, 10, "", "repetitions of a request; the driver's if not given",
		"повторы запроса; без него как у драйвера"},
	{.name = NULL},
};

const struct param_value *params_find(const struct params *p, const char *name)
{
	for (size_t i = 0; i < p->n; i++) {
		if (strcmp(p->values[i].param->name, name) == 0) {
			return &p->values[i];
		}
	}
	return NULL;
}

static bool bool_from(const char *text, int64_t *ret_v)
{
	static const char *const words[2][4] = {
		{"0", "no", "false", "off"}, {"1", "yes", "true", "on"}};
	for (int v = 0; v < 2; v++) {
		for (int i = 0; i < 4; i++) {
			if (strcmp(text, words[v][i]) == 0) {
				*ret_v = v;
				return true;
			}
		}
	}
	return false;
}

static enum err set_value(struct param_value *v, const char *text, struct diag *diag)
{
	const struct driver_param *p = v->param;
	v->text = text;
	v->number = 0;
	switch (p->type) {
	case PARAM_TEXT:
		if (p->max > 0 && strlen(text) > (size_t)p->max) {
			return err_set(diag, ERR_RANGE, "%s: longer than %lld characters", p->name,
				(long long)p->max);
		}
		return ERR_OK;
	case PARAM_BOOL:
		if (*text && !bool_from(text, &v->number)) {
			return err_set(
				diag, ERR_INVAL, "%s: '%.40s' is not yes or no", p->name, text);
		}
		return ERR_OK;
	case PARAM_INT:
		if (!*text) {
			return ERR_OK;
		}
		if (str_to_int(text, &v->number)) {
			return err_set(diag, ERR_INVAL, "%s: '%.40s' is not a whole number",
				p->name, text);
		}
		if (v->number < p->min || v->number > p->max) {
			return err_set(diag, ERR_RANGE, "%s: %.40s is not within %lld to %lld",
				p->name, text, (long long)p->min, (long long)p->max);
		}
		return ERR_OK;
	}
	return ERR_INTERNAL;
}

/* Every parameter of a table with its default; a name the driver has taken already stays its. */
static void add_table(struct params *p, const struct driver_param *table)
{
	for (; table && table->name; table++) {
		if (params_find(p, table->name)) {
			continue;
		}
		assert(p->n < PARAM_CEILING);
		struct param_value *v = &p->values[p->n++];
		*v = (struct param_value){.param = table, .text = ""};
		if (table->default_text) {
			enum err e = set_value(v, table->default_text, NULL);
			assert(!e); /* a default its own table forbids */
			(void)e;
		}
	}
}

/* Cut the next "name=value" out of `*at`, in place. False at the end of the text. */
static bool next_word(char **at, char **ret_name, char **ret_value)
{
	char *s = *at + strspn(*at, " \t\r\n");
	if (!*s) {
		return false;
	}
	*ret_name = s;
	*ret_value = NULL;
	s += strcspn(s, "= \t\r\n");
	if (*s == '=') {
		*s++ = 0;
		bool is_quoted = *s == '"';
		s += is_quoted;
		*ret_value = s;
		s += strcspn(s, is_quoted ? "\"" : " \t\r\n");
	}
	if (*s) {
		*s++ = 0;
	}
	*at = s;
	return true;
}

enum err params_parse(
	struct params *p, const struct driver *driver, const char *text, struct diag *diag)
{
	p->n = 0;
	if (!STR_COPY(p->text, text)) {
		return err_set(diag, ERR_LIMIT, "parameters are longer than %d characters",
			PARAM_TEXT_CAP - 1);
	}
	add_table(p, driver->params);
	add_table(p, talk_params);
	char *at = p->text;
	char *name;
	char *value;
	while (next_word(&at, &name, &value)) {
		struct param_value *v = (struct param_value *)params_find(p, name);
		if (!v) {
			return err_set(diag, ERR_INVAL, "%s: driver %s has no such parameter", name,
				driver->name);
		}
		if (!value || v->is_given) {
			return err_set(
				diag, ERR_INVAL, value ? "%s: given twice" : "%s: no value", name);
		}
		v->is_given = true;
		enum err e = set_value(v, value, diag);
		if (e) {
			return e;
		}
	}
	for (size_t i = 0; i < p->n; i++) {
		const struct driver_param *param = p->values[i].param;
		if (!param->default_text && !p->values[i].is_given) {
			return err_set(diag, ERR_INVAL, "%s: must be given (%s)", param->name,
				param->help_en);
		}
	}
	const char *framing = params_find(p, "framing")->text;
	if (*framing && link_char_bits(framing) == 0) {
		return err_set(diag, ERR_INVAL, "framing: '%s' is not like 8N1 or 7E1", framing);
	}
	return ERR_OK;
}

enum err talk_check_params(const struct driver *driver, const char *params, struct diag *diag)
{
	struct params p;
	return params_parse(&p, driver, params, diag);
}
