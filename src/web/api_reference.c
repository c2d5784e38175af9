/*
 * api_reference.c - what forms choose from: drivers, quantities, units, qualities, time zones
 */
#include "web/view.h"

#include "drivers/driver.h"

#include <stdio.h>
#include <string.h>

static void write_driver(struct jsonw *w, const struct driver *d)
{
	static const struct {
		const char *name;
		uint32_t bit;
	} caps[] = {
		{"current", CAP_CURRENT},
		{"archive_half_hour", CAP_ARCHIVE_HALF_HOUR},
		{"archive_hour", CAP_ARCHIVE_HOUR},
		{"archive_day", CAP_ARCHIVE_DAY},
		{"archive_month", CAP_ARCHIVE_MONTH},
		{"clock", CAP_CLOCK},
		{"set_clock", CAP_SET_CLOCK},
		{"scan", CAP_SCAN},
		{"events", CAP_EVENTS},
		{"identify", CAP_IDENTIFY},
	};
	static const char *const types[] = {
		[PARAM_INT] = "int", [PARAM_BOOL] = "bool", [PARAM_TEXT] = "text"};
	jsonw_object(w, NULL);
	jsonw_str(w, "name", d->name);
	jsonw_str(w, "title", d->title);
	jsonw_str(w, "title_ru", d->title_ru);
	jsonw_str(w, "grade", driver_grade_name(d->grade));
	jsonw_array(w, "caps");
	for (size_t i = 0; i < sizeof(caps) / sizeof(caps[0]); i++) {
		if (d->caps & caps[i].bit) {
			jsonw_str(w, NULL, caps[i].name);
		}
	}
	jsonw_end(w);
	jsonw_object(w, "timing");
	jsonw_int(w, "baud", d->timing.baud);
	jsonw_str(w, "framing", d->timing.framing ? d->timing.framing : "");
	jsonw_int(w, "reply_ms", d->timing.reply_ms);
	jsonw_int(w, "gap_ms", d->timing.gap_ms);
	jsonw_int(w, "retries", d->timing.retries);
	jsonw_end(w);
	jsonw_array(w, "params");
	for (const struct driver_param *p = d->params; p && p->name; p++) {
		jsonw_object(w, NULL);
		jsonw_str(w, "name", p->name);
		jsonw_str(w, "type", types[p->type]);
		jsonw_int(w, "min", p->min);
		jsonw_int(w, "max", p->max);
		jsonw_str(w, "default", p->default_text);
		jsonw_bool(w, "is_required", !p->default_text);
		jsonw_text(w, "help", p->help_en, p->help_ru);
		jsonw_end(w);
	}
	jsonw_end(w);
	jsonw_end(w);
}

enum err driver_list_h(struct http_request *r)
{
	struct jsonw w = reply_json(r);
	jsonw_object(&w, NULL);
	jsonw_array(&w, "items");
	for (size_t i = 0; drivers[i]; i++) {
		write_driver(&w, drivers[i]);
	}
	jsonw_end(&w);
	jsonw_end(&w);
	return ERR_OK;
}

enum err quantity_list_h(struct http_request *r)
{
	struct jsonw w = reply_json(r);
	jsonw_object(&w, NULL);
	jsonw_array(&w, "items");
	for (int q = 0; q < QUANTITY_COUNT; q++) {
		jsonw_quantity(&w, NULL, (enum quantity)q);
	}
	jsonw_end(&w);
	jsonw_end(&w);
	return ERR_OK;
}

static const char *const dimensions[DIM_COUNT] = {
	[DIM_NONE] = "none",
	[DIM_ENERGY] = "energy",
	[DIM_POWER] = "power",
	[DIM_PRESSURE] = "pressure",
	[DIM_VOLUME] = "volume",
	[DIM_FLOW] = "flow",
	[DIM_MASS] = "mass",
	[DIM_MASS_FLOW] = "mass_flow",
	[DIM_TEMPERATURE] = "temperature",
	[DIM_TEMPERATURE_DIFF] = "temperature_difference",
	[DIM_TIME] = "time",
	[DIM_REACTIVE_ENERGY] = "reactive_energy",
	[DIM_APPARENT_ENERGY] = "apparent_energy",
	[DIM_REACTIVE_POWER] = "reactive_power",
	[DIM_APPARENT_POWER] = "apparent_power",
	[DIM_VOLTAGE] = "voltage",
	[DIM_CURRENT] = "current",
	[DIM_FREQUENCY] = "frequency",
	[DIM_ANGLE] = "angle",
	[DIM_AREA] = "area",
	[DIM_RATIO] = "ratio",
	[DIM_COUNT_OF] = "count",
	[DIM_VOLUME_TEMPERATURE] = "volume_temperature",
	[DIM_SPECIFIC_ENERGY] = "specific_energy",
	[DIM_DENSITY] = "density",
	[DIM_MONEY] = "money",
	[DIM_LEVEL] = "level",
};

enum err unit_list_h(struct http_request *r)
{
	struct jsonw w = reply_json(r);
	jsonw_object(&w, NULL);
	jsonw_array(&w, "items");
	for (int i = 0; i < UNIT_COUNT; i++) {
		enum unit u = (enum unit)i;
		jsonw_object(&w, NULL);
		jsonw_str(&w, "code", unit_code(u));
		jsonw_str(&w, "symbol", unit_symbol(u));
		jsonw_text(&w, "text", unit_symbol(u), unit_symbol_ru(u));
		jsonw_str(&w, "dimension", dimensions[unit_dimension(u)]);
		jsonw_end(&w);
	}
	jsonw_end(&w);
	jsonw_end(&w);
	return ERR_OK;
}

/* ---- qualities ---- */

struct name_text {
	const char *en, *ru;
};

static const struct name_text class_texts[QUALITY_CLASS_COUNT] = {
	[QUALITY_MEASURED] = {"measured", "измерено"},
	[QUALITY_INTERPOLATED] = {"interpolated between readings", "интерполировано по показаниям"},
	[QUALITY_ESTIMATED] = {"estimated", "оценено"},
	[QUALITY_CALCULATED] = {"calculated", "рассчитано"},
	[QUALITY_SUBSTITUTED] = {"substituted by norm or average",
		"принято по нормативу или среднему"},
	[QUALITY_EDITED] = {"entered by hand", "введено вручную"},
	[QUALITY_PARTIAL] = {"part of the interval is unknown", "часть интервала неизвестна"},
	[QUALITY_SUSPECT] = {"doubtful", "сомнительно"},
	[QUALITY_MISSING] = {"missing", "нет данных"},
};

static const struct name_text source_texts[SOURCE_COUNT] = {
	[SOURCE_NONE] = {"unknown", "неизвестно"},
	[SOURCE_ESTIMATE] = {"estimate", "оценка"},
	[SOURCE_INTEGRATED] = {"integrated from instantaneous values",
		"интегрирование мгновенных значений"},
	[SOURCE_POLLED] = {"polled readings", "показания по опросу"},
	[SOURCE_METER] = {"archive of the meter", "архив прибора"},
	[SOURCE_IMPORT] = {"import", "импорт"},
	[SOURCE_MANUAL] = {"a person", "ручной ввод"},
};

static const struct name_text *flag_text(unsigned bit)
{
	static const struct {
		unsigned bit;
		struct name_text text;
	} texts[] = {
		{QUALITY_ROLLOVER, {"the register rolled over", "переполнение счётчика"}},
		{QUALITY_REPLACED, {"the meter was replaced", "замена прибора"}},
		{QUALITY_RESET_SUSPECT,
			{"the register was reset: lower bound", "сброс счётчика: нижняя оценка"}},
		{QUALITY_HIGH_SUSPECT,
			{"more than the meter can pass", "больше, чем способен пропустить прибор"}},
		{QUALITY_TIME_SUSPECT,
			{"the meter's clock was wrong", "часы прибора были неверны"}},
		{QUALITY_ABNORMAL, {"abnormal situation at the meter", "нештатная ситуация"}},
		{QUALITY_LATE,
			{"read later from the meter's memory", "дочитано из памяти прибора"}},
		{QUALITY_BY_HAND, {"a value entered by hand is a part of it",
					  "в сумму вошло ручное значение"}},
	};
	static const struct name_text none = {"", ""};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (texts[i].bit == bit) {
			return &texts[i].text;
		}
	}
	return &none;
}

static void write_name(
	struct jsonw *w, int64_t code, const char *name, const struct name_text *text)
{
	jsonw_object(w, NULL);
	jsonw_int(w, "code", code);
	jsonw_str(w, "name", name);
	jsonw_text(w, "text", text->en, text->ru);
	jsonw_end(w);
}

enum err quality_list_h(struct http_request *r)
{
	struct jsonw w = reply_json(r);
	unsigned bit = 0;
	const char *name;
	jsonw_object(&w, NULL);
	jsonw_array(&w, "classes");
	for (int i = 0; i < QUALITY_CLASS_COUNT; i++) {
		write_name(&w, i, quality_class_name((enum quality_class)i), &class_texts[i]);
	}
	jsonw_end(&w);
	jsonw_array(&w, "sources");
	for (int i = 0; i < SOURCE_COUNT; i++) {
		write_name(&w, i, quality_source_name((enum quality_source)i), &source_texts[i]);
	}
	jsonw_end(&w);
	jsonw_array(&w, "flags");
	for (size_t i = 0; (name = quality_flag_name(i, &bit)) != NULL; i++) {
		write_name(&w, bit, name, flag_text(bit));
	}
	jsonw_end(&w);
	jsonw_end(&w);
	return ERR_OK;
}

/* ---- zones ---- */

/* zone1970.tab: countries TAB coordinates TAB zone [TAB comment]; '#' begins a remark. */
enum err zone_list_h(struct http_request *r)
{
	struct jsonw w = reply_json(r);
	char line[512];
	FILE *f = fopen("/usr/share/zoneinfo/zone1970.tab", "re");
	jsonw_object(&w, NULL);
	jsonw_array(&w, "items");
	jsonw_str(&w, NULL, "UTC");
	while (f && fgets(line, sizeof(line), f)) {
		char *name = line[0] == '#' ? NULL : strchr(line, '\t');
		name = name ? strchr(name + 1, '\t') : NULL;
		if (name) {
			name++;
			name[strcspn(name, "\t\r\n")] = '\0';
			jsonw_str(&w, NULL, name);
		}
	}
	if (f) {
		(void)fclose(f);
	}
	jsonw_end(&w);
	jsonw_end(&w);
	return ERR_OK;
}
