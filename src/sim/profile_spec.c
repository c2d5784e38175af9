/*
 * profile_spec.c - the words after the file name of a profile; see profile.h
 */
#include "sim/profile.h"

#include "base/str.h"

#include <string.h>

static const char *const point_names[SIM_POINT_COUNT] = {
	[SIM_FLAT_COLD] = "cold",
	[SIM_FLAT_HOT] = "hot",
	[SIM_FLAT_HEAT] = "heat",
	[SIM_FLAT_ELECTRICITY] = "electricity",
	[SIM_INPUT_HEAT] = "input.heat",
	[SIM_INPUT_COLD] = "input.cold",
	[SIM_INPUT_ELECTRICITY] = "input.electricity",
};

static enum err set_choice(
	enum sim_choice *to, const char *value, const char *first, const char *second)
{
	if (strcmp(value, first) == 0) {
		*to = SIM_CHOICE_FIRST;
		return ERR_OK;
	}
	if (strcmp(value, second) == 0) {
		*to = SIM_CHOICE_SECOND;
		return ERR_OK;
	}
	return ERR_INVAL;
}

static enum err set_point(enum sim_point *to, const char *value)
{
	for (int p = 0; p < SIM_POINT_COUNT; p++) {
		if (strcmp(value, point_names[p]) == 0) {
			*to = (enum sim_point)p;
			return ERR_OK;
		}
	}
	return ERR_INVAL;
}

static enum err set_count(int *to, const char *value, int64_t min)
{
	int64_t v;
	enum err e = str_to_int(value, &v);
	if (e || v < min || v > 100000) {
		return e ? e : ERR_RANGE;
	}
	*to = (int)v;
	return ERR_OK;
}

static enum err set(struct sim_profile_spec *s, const char *key, const char *value)
{
	if (strcmp(key, "to") == 0) {
		return set_point(&s->point, value);
	}
	if (strcmp(key, "column") == 0) {
		return STR_COPY(s->column, value) ? ERR_OK : ERR_RANGE;
	}
	if (strcmp(key, "unit") == 0) {
		return unit_from_name(value, &s->unit) ? ERR_OK : ERR_INVAL;
	}
	if (strcmp(key, "kind") == 0) {
		return set_choice(&s->kind, value, "cumulative", "interval");
	}
	if (strcmp(key, "label") == 0) {
		return set_choice(&s->label, value, "begin", "end");
	}
	if (strcmp(key, "between") == 0) {
		return set_choice(&s->between, value, "step", "linear");
	}
	if (strcmp(key, "zone") == 0) {
		return STR_COPY(s->zone, value) ? ERR_OK : ERR_RANGE;
	}
	if (strcmp(key, "start") == 0) {
		return time_parse(value, NULL, &s->start_utc);
	}
	if (strcmp(key, "flat") == 0) {
		return set_count(&s->flat, value, 1);
	}
	if (strcmp(key, "skip") == 0) {
		return set_count(&s->skip, value, 0);
	}
	return ERR_NOTFOUND;
}

enum err sim_profile_spec_parse(
	const char *text, struct sim_profile_spec *ret_spec, struct diag *diag)
{
	struct sim_profile_spec s = {
		.point = SIM_POINT_COUNT, .unit = UNIT_NONE, .start_utc = INT64_MIN, .flat = 1};
	size_t n = strcspn(text, ",");
	if (n == 0 || n >= sizeof(s.path)) {
		return err_set(diag, ERR_INVAL, "a profile is FILE.csv[,key=value...]");
	}
	memcpy(s.path, text, n);
	for (text += n; *text;) {
		char word[128];
		text++; /* the comma */
		n = strcspn(text, ",");
		if (n >= sizeof(word)) {
			return err_set(diag, ERR_RANGE, "profile %s: '%.20s...' is too long",
				s.path, text);
		}
		memcpy(word, text, n);
		word[n] = 0;
		text += n;
		char *eq = strchr(word, '=');
		if (!eq) {
			return err_set(
				diag, ERR_PARSE, "profile %s: '%s' is not key=value", s.path, word);
		}
		*eq = 0;
		enum err e = set(&s, word, eq + 1);
		if (e) {
			return err_set(diag, e, "profile %s: %s=%s", s.path, word, eq + 1);
		}
	}
	*ret_spec = s;
	return ERR_OK;
}
