/*
 * formula_func.c - the table of functions: name, arguments, help in both languages, an example
 *
 * Examples of water are verification points of IAPWS-IF97 and of EN 1434. All are run by a test with t1 95 °C, t2 70 °C, M1 10 t, M2 9.95 t (estimated), V1 10 m3,
 * p1 0.6 MPa, Qm without a value, and V 1, 2, -, 4, 5, 6 m3 in six hours, the last being now,
 * Friday 2025-01-10 05:00; figures: the graph G105_70, the tariff EE, a norm of cold water 4.2 m3, a
 * common area of 412 m2, a heating season.
 */
#include "calc/formula_impl.h"

#include <ctype.h>
#include <string.h>

#define FN(name_, signature_, group_, handler, code_, value, en_, ru_, example_)                 \
	{                                                                                        \
		{(name_), (signature_), (group_), (en_), (ru_), (example_)}, (handler), (code_), \
			(value)                                                                  \
	}

static const struct function functions[] = {
	FN("abs", "abs(x)", "arithmetic", parse_fn_keep, CALL_ABS, false, "x without its sign",
		"модуль x", "abs(M2 - M1) = 0.05 t"),
	FN("min", "min(x, y, ...)", "arithmetic", parse_fn_group, CALL_MIN, false,
		"the least of all", "наименьшее из значений", "min(t1, t2) = 70 °C"),
	FN("max", "max(x, y, ...)", "arithmetic", parse_fn_group, CALL_MAX, false,
		"the greatest of all", "наибольшее из значений", "max(M1 - M2, 0) = 0.05 t"),
	FN("avg", "avg(x, y, ...)", "arithmetic", parse_fn_group, CALL_AVG, false,
		"the mean of all; also of temperatures", "среднее значений, в том числе температур",
		"avg(t1, t2) = 82.5 °C"),
	FN("sqrt", "sqrt(x)", "arithmetic", parse_fn_sqrt, CALL_SQRT, false,
		"square root; a unit's powers are halved",
		"квадратный корень; степени единицы делятся на 2", "sqrt(2 * 8) = 4"),
	FN("exp", "exp(x)", "arithmetic", parse_fn_number, CALL_EXP, false, "e to the power x",
		"e в степени x", "exp(0) = 1"),
	FN("ln", "ln(x)", "arithmetic", parse_fn_number, CALL_LN, false, "natural logarithm",
		"натуральный логарифм", "ln(exp(2)) = 2"),
	FN("log10", "log10(x)", "arithmetic", parse_fn_number, CALL_LOG10, false,
		"decimal logarithm", "десятичный логарифм", "log10(1000) = 3"),
	FN("pow", "pow(x, y)", "arithmetic", parse_fn_pow, 0, false, "x to the power y, as x^y",
		"x в степени y, как x^y", "pow(2, 10) = 1024"),
	FN("floor", "floor(x)", "arithmetic", parse_fn_keep, CALL_FLOOR, false,
		"rounded down, in x's own unit", "округление вниз, в единице x", "floor(M2) = 9 t"),
	FN("ceil", "ceil(x)", "arithmetic", parse_fn_keep, CALL_CEIL, false,
		"rounded up, in x's own unit", "округление вверх, в единице x", "ceil(M2) = 10 t"),
	FN("round", "round(x, digits)", "arithmetic", parse_fn_round, CALL_ROUND, false,
		"rounded half away from zero as decimals are, in x's own unit; without digits to a whole",
		"округление по правилам десятичной записи, в единице x; без digits до целого",
		"round(2.345, 2) = 2.35"),
	FN("clamp", "clamp(x, low, high)", "arithmetic", parse_fn_clamp, CALL_CLAMP, false,
		"x, but not below low and not above high", "x в пределах от low до high",
		"clamp(M1 - M2, 0, 1e9) = 0.05 t"),
	FN("sign", "sign(x)", "arithmetic", parse_fn_sign, CALL_SIGN, false, "-1, 0 or 1",
		"-1, 0 или 1", "sign(M2 - M1) = -1"),

	FN("if", "if(condition, x, y)", "logic", parse_fn_if, 0, false,
		"x where the condition holds, else y; the other one is not looked at",
		"x, если условие верно, иначе y; другая ветвь не вычисляется",
		"if(t1 - t2 < 3, 0, M1) = 10 t"),
	FN("isna", "isna(x)", "logic", parse_fn_isna, 0, false, "1 where x has no value, else 0",
		"1, если значения x нет, иначе 0", "isna(Qm) = 1"),
	FN("ifna", "ifna(x, y)", "logic", parse_fn_ifna, 0, false,
		"x, or y where x has no value; y is then marked as calculated",
		"x, а если значения нет, то y с признаком «рассчитано»", "ifna(Qm, 1 GJ) = 1 GJ"),
	FN("na", "na()", "logic", parse_fn_na, 0, false, "no value", "нет значения",
		"na() = no data"),
	FN("q", "q(x)", "logic", parse_fn_quality, 0, true,
		"class of the quality of x: 0 measured, 1 interpolated, 2 estimated, 3 calculated, "
		"4 substituted, 5 edited, 6 partial, 7 suspect, 8 missing",
		"класс качества x: 0 измерено, 1 интерполировано, 2 оценено, 3 рассчитано, "
		"4 договорное, 5 ручной ввод, 6 неполное, 7 сомнительное, 8 нет данных",
		"q(M2) = 2"),

	FN("h", "h(t, p)", "water", parse_fn_water, CALL_ENTHALPY, true,
		"enthalpy of water, kJ/kg; p absolute", "энтальпия воды, кДж/кг; p абсолютное",
		"h(26.85 °C, 3 MPa) = 115.331 kJ/kg"),
	FN("rho", "rho(t, p)", "water", parse_fn_water, CALL_DENSITY, true,
		"density of water, kg/m3", "плотность воды, кг/м³",
		"rho(95 °C, 0.6 MPa) = 962.126 kg/m3"),
	FN("v", "v(t, p)", "water", parse_fn_water, CALL_VOLUME, true,
		"specific volume of water, m3/kg", "удельный объём воды, м³/кг",
		"v(26.85 °C, 3 MPa) = 0.00100215 m3/kg"),
	FN("cp", "cp(t, p)", "water", parse_fn_water, CALL_HEAT_CAPACITY, true,
		"heat capacity of water at constant pressure, kJ/(kg·K)",
		"изобарная теплоёмкость воды, кДж/(кг·К)",
		"cp(26.85 °C, 3 MPa) = 4.17301 kJ/(kg·K)"),
	FN("psat", "psat(t)", "water", parse_fn_psat, CALL_SATURATION_PRESSURE, true,
		"pressure at which water of t boils, MPa; also p_sat",
		"давление насыщения при t, МПа; также p_sat", "psat(100 °C) = 0.101418 MPa"),
	FN("tsat", "tsat(p)", "water", parse_fn_tsat, CALL_SATURATION_TEMPERATURE, true,
		"temperature at which water of p boils, °C; also t_sat",
		"температура насыщения при p, °C; также t_sat", "tsat(0.1 MPa) = 99.6059 °C"),
	FN("k", "k(tf, tr, p, \"flow\")", "water", parse_fn_k, 0, true,
		"heat coefficient of EN 1434-1 of a volume measured in the flow or the \"return\", MJ/(m3·K)",
		"тепловой коэффициент EN 1434-1 для объёма в подаче или в обратке (\"return\"), МДж/(м³·К)",
		"k(80 °C, 60 °C, 1.6 MPa) = 4.06995 MJ/(m3·K)"),

	FN("sum", "sum(x, from, till)", "series", parse_fn_window, WINDOW_SUM, true,
		"sum over the intervals that begin from .. till of this one's begin, both included; no value "
		"below 95 % of them",
		"сумма по интервалам, начавшимся от from до till относительно этого, включая оба; нет значения, "
		"если их меньше 95 %",
		"sum(V, -2h, 0h) = 15 m3"),
	FN("mean", "mean(x, from, till)", "series", parse_fn_window, WINDOW_MEAN, true,
		"mean of the intervals, each counting once", "среднее интервалов с равным весом",
		"mean(V, -2h, 0h) = 5 m3"),
	FN("count", "count(x, from, till)", "series", parse_fn_window, WINDOW_COUNT, true,
		"how many of the intervals have a usable value",
		"число интервалов с пригодным значением", "count(V, -5h, 0h) = 5"),
	FN("minw", "minw(x, from, till)", "series", parse_fn_window, WINDOW_MIN, true,
		"least of the intervals", "наименьшее по интервалам", "minw(V, -2h, 0h) = 4 m3"),
	FN("maxw", "maxw(x, from, till)", "series", parse_fn_window, WINDOW_MAX, true,
		"greatest of the intervals", "наибольшее по интервалам", "maxw(V, -2h, 0h) = 6 m3"),
	FN("first", "first(x, from, till)", "series", parse_fn_window, WINDOW_FIRST, true,
		"the earliest value there is", "самое раннее значение", "first(V, -3h, 0h) = 4 m3"),
	FN("last", "last(x, age)", "series", parse_fn_last, WINDOW_LAST, true,
		"the latest value not older than age", "последнее значение не старше age",
		"last(V, 6h) = 6 m3"),
	FN("twmean", "twmean(x, from, till)", "series", parse_fn_window, WINDOW_TIME_MEAN, true,
		"mean weighted by the length of the intervals: days have 23 to 25 hours",
		"среднее с весом по длине интервала: в сутках 23–25 часов",
		"twmean(V, -2h, 0h) = 5 m3"),
	FN("wmean", "wmean(x, weight, from, till)", "series", parse_fn_wmean, WINDOW_WEIGHTED_MEAN,
		true, "mean weighted by another series: a temperature by the mass that passed",
		"среднее, взвешенное другим рядом: температура по массе",
		"wmean(t1, V, -2h, 0h) = 95 °C"),
	FN("sumx", "sumx(x, from, till, share)", "series", parse_fn_windowx, WINDOW_SUM, true,
		"sum of what is there where at least this share is; marked as partial",
		"сумма имеющихся, если их доля не меньше share; с признаком «неполное»",
		"sumx(V, -5h, 0h, 0.8) = 18 m3"),
	FN("meanx", "meanx(x, from, till, share)", "series", parse_fn_windowx, WINDOW_MEAN, true,
		"mean of what is there, likewise", "среднее имеющихся, так же",
		"meanx(V, -5h, 0h, 0.8) = 3.6 m3"),
	FN("delta", "delta(x)", "series", parse_fn_delta, WINDOW_DELTA, true, "x - x[-1]",
		"x - x[-1]", "delta(V) = 1 m3"),
	FN("at", "at(x, \"month\")", "series", parse_fn_at, 0, true,
		"x of the coarser period that holds this interval: the next one, or the named one",
		"x более крупного периода, содержащего интервал: следующего или названного",
		"at(V, \"day\") = no data"),

	FN("interp", "interp(x, x1,y1, x2,y2, ...)", "tables", parse_fn_interp, CALL_INTERP, true,
		"linear between the points, the end ones outside",
		"линейно между точками, за краями — крайние",
		"interp(-15.4, -24,93, -15,81, -16,83) = 81.8"),

	FN("graph", "graph(\"name\", \"column\", x)", "tables", parse_fn_graph, 0, true,
		"a column of a table, linear in its first one: temperature_graph.NAME, graph.NAME, or a dotted code",
		"графа таблицы, линейно по первой: temperature_graph.NAME, graph.NAME или код с точкой",
		"graph(\"G105_70\", \"t1\", -15.4 °C) = 81.8 °C"),
	FN("tariff", "tariff(\"code\", \"date\")", "tables", parse_fn_figure, FIGURE_TARIFF, true,
		"the figure tariff.CODE in force on the date, without one on the interval's",
		"тариф tariff.CODE, действующий на дату, без неё — на дату интервала",
		"tariff(\"EE\", \"2025-07-01\") = 5.92 currency/kWh"),
	FN("norm", "norm(\"code\")", "tables", parse_fn_figure, FIGURE_NORM, true,
		"the figure norm.CODE in force in the interval",
		"норматив norm.CODE на дату интервала", "norm(\"cold_water\") = 4.2 m3"),
	FN("param", "param(\"code\")", "tables", parse_fn_figure, FIGURE_PARAM, true,
		"any figure or parameter of the place by its whole code",
		"любой норматив или параметр места по полному коду",
		"param(\"building.common_area_m2\") = 412 m2"),

	FN("hour", "hour()", "time", parse_fn_clock, CLOCK_HOUR, true,
		"local hour of the interval's begin, 0 to 23", "местный час начала интервала, 0–23",
		"hour() = 5"),
	FN("day", "day()", "time", parse_fn_clock, CLOCK_DAY, true, "local day of the month",
		"число месяца", "day() = 10"),
	FN("month", "month()", "time", parse_fn_clock, CLOCK_MONTH, true, "local month, 1 to 12",
		"месяц, 1–12", "month() = 1"),
	FN("year", "year()", "time", parse_fn_clock, CLOCK_YEAR, true, "local year", "год",
		"year() = 2025"),
	FN("dow", "dow()", "time", parse_fn_clock, CLOCK_WEEKDAY, true,
		"day of the week, Monday 1 to Sunday 7",
		"день недели, понедельник 1 – воскресенье 7", "dow() = 5"),
	FN("length_h", "length_h()", "time", parse_fn_clock, CLOCK_LENGTH, true,
		"length of the interval, in hours", "длина интервала в часах", "length_h() = 1 h"),
	FN("is_night", "is_night()", "time", parse_fn_calendar, CLOCK_NIGHT, true,
		"1 in the hours of figures calculation.night.from_hour .. till_hour",
		"1 в часы calculation.night.from_hour .. till_hour", "is_night() = 1"),
	FN("workday", "workday()", "time", parse_fn_calendar, CLOCK_WORKDAY, true,
		"1 Monday to Friday; days of the table calculation.days say otherwise",
		"1 с понедельника по пятницу; исключения — таблица calculation.days",
		"workday() = 1"),
	FN("is_heating_season", "is_heating_season()", "time", parse_fn_calendar, CLOCK_HEATING,
		true, "1 in the seasons of the table heating_season; no value before the first",
		"1 в сезоны из таблицы heating_season; до первого значения нет",
		"is_heating_season() = 1"),

	FN("convert", "convert(x, \"from\", \"to\")", "units", parse_fn_convert, 0, true,
		"x in another unit; a plain number is taken to be in the first",
		"x в другой единице; число без единицы считается в первой",
		"convert(1, \"Gcal_IT\", \"MWh\") = 1.163 MWh"),
	FN("unit", "unit(x, \"unit\")", "units", parse_fn_unit, 0, true,
		"gives a plain number a unit, or converts to it",
		"придаёт числу единицу или переводит в неё", "unit(5, \"t\") + M1 = 15 t"),
};
#define FUNCTIONS (sizeof(functions) / sizeof(functions[0]))

static const struct {
	const char *other, *name;
} aliases[] = {{"p_sat", "psat"}, {"t_sat", "tsat"}};

static const struct {
	const char *group, *en, *ru;
} groups[] = {{"arithmetic", "Arithmetic", "Арифметика"},
	{"logic", "Conditions and missing values", "Условия и пропуски"},
	{"water", "Water", "Вода"}, {"series", "Series", "Ряды"},
	{"tables", "Tables and figures", "Таблицы и нормативы"}, {"time", "Time", "Время"},
	{"units", "Units", "Единицы"}};

const struct function *function_find(const char *name, size_t n)
{
	for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++) {
		if (strlen(aliases[i].other) == n && memcmp(aliases[i].other, name, n) == 0) {
			return function_find(aliases[i].name, strlen(aliases[i].name));
		}
	}
	for (size_t i = 0; i < FUNCTIONS; i++) {
		const char *own = functions[i].text.name;
		if (strlen(own) == n && memcmp(own, name, n) == 0) {
			return &functions[i];
		}
	}
	return NULL;
}

static bool is_like(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* Levenshtein, capitals being alike; names longer than a row are simply far. */
unsigned text_distance(const char *a, const char *b)
{
	unsigned row[65];
	size_t n = strlen(b);
	if (n > 64 || strlen(a) > 64) {
		return 64;
	}
	for (size_t k = 0; k <= n; k++) {
		row[k] = (unsigned)k;
	}
	for (size_t i = 1; *a; i++, a++) {
		unsigned corner = row[0];
		row[0] = (unsigned)i;
		for (size_t k = 1; k <= n; k++) {
			unsigned change = corner + !is_like(*a, b[k - 1]);
			unsigned shift = 1 + (row[k] < row[k - 1] ? row[k] : row[k - 1]);
			corner = row[k];
			row[k] = change < shift ? change : shift;
		}
	}
	return row[n];
}

const char *function_near(const char *name)
{
	const char *nearest = NULL;
	unsigned best = 3;
	for (size_t i = 0; i < FUNCTIONS; i++) {
		unsigned d = text_distance(name, functions[i].text.name);
		if (d < best && d < strlen(name)) {
			best = d;
			nearest = functions[i].text.name;
		}
	}
	return nearest;
}

const struct formula_function *formula_function_at(size_t i)
{
	return i < FUNCTIONS ? &functions[i].text : NULL;
}

const char *formula_group_text(const char *group, enum lang lang)
{
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		if (strcmp(groups[i].group, group) == 0) {
			return lang == LANG_RU ? groups[i].ru : groups[i].en;
		}
	}
	return group;
}

static const struct {
	const char *name, *en, *ru;
} faults[FORMULA_FAULT_COUNT] = {
	[FORMULA_OK] = {"ok", "no fault", "нет ошибки"},
	[FORMULA_DIVISION] = {"division", "division by zero", "деление на ноль"},
	[FORMULA_ROOT] = {"root", "root or logarithm of a number that has none",
		"корень или логарифм числа, у которого его нет"},
	[FORMULA_STEAM] = {"steam", "water of this temperature is steam at this pressure",
		"вода такой температуры при этом давлении — пар"},
	[FORMULA_RANGE] = {"range", "outside the range the function holds for",
		"вне области, где действует функция"},
	[FORMULA_OVERFLOW] = {"overflow", "too large for a number", "слишком большое число"},
	[FORMULA_FIGURE] = {"figure", "the figure in force has another unit or no such column",
		"у действующего норматива другая единица или нет такой графы"},
};

const char *formula_fault_name(enum formula_fault fault)
{
	return faults[fault < FORMULA_FAULT_COUNT ? fault : FORMULA_OK].name;
}

const char *formula_fault_text(enum formula_fault fault, enum lang lang)
{
	size_t i = fault < FORMULA_FAULT_COUNT ? fault : FORMULA_OK;
	return lang == LANG_RU ? faults[i].ru : faults[i].en;
}
