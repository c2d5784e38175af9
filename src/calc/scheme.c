/*
 * scheme.c - see scheme.h
 */
#include "calc/scheme.h"

#include "base/log.h"
#include "base/str.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- what names mean ---- */

struct names {
	struct formula_scope scope;
	const struct site *site;
	int64_t building;
};

static bool find_channel(
	const struct formula_scope *scope, const char *name, struct formula_channel *ret)
{
	const struct names *n = (const struct names *)scope;
	const struct channel *c = site_channel(n->site, n->building, name);
	if (!c) {
		return false;
	}
	*ret = (struct formula_channel){c->id, quantity_kind(c->quantity), c->unit};
	return true;
}

static const char *channel_name(const struct formula_scope *scope, size_t i)
{
	const struct names *n = (const struct names *)scope;
	for (size_t k = 0; k < n->site->counts[OBJECT_CHANNEL]; k++) {
		const struct channel *c = &n->site->channels[k];
		if (c->code[0] && site_building(n->site, c->place) == n->building && i-- == 0) {
			return c->code;
		}
	}
	return NULL;
}

/* ---- prints ---- */

static uint64_t mix(uint64_t h, const void *data, size_t n)
{
	const uint8_t *p = data;
	for (size_t i = 0; i < n; i++) {
		h = (h ^ p[i]) * 0x100000001b3;
	}
	return h;
}
#define MIX(h, value) mix((h), &(value), sizeof(value))

static bool reads_figure(const struct formula *f, const char *code)
{
	const char *read;
	for (size_t i = 0; f && (read = formula_figure_code(f, i)); i++) {
		if (strcmp(read, code) == 0) {
			return true;
		}
	}
	return false;
}

static uint64_t mix_figures(uint64_t h, const struct schemes *s, const struct scheme *of)
{
	const struct channel *c = &s->site->channels[of->channel];
	for (size_t i = 0; s->figures && i < figures_count(s->figures); i++) {
		const struct figure *f = figures_item(s->figures, i);
		bool is_read = reads_figure(of->formula, f->code);
		bool is_here = !f->parameter || f->place == 0 ||
			       site_is_within(s->site, c->place, f->place);
		if (is_read && is_here) {
			h = mix(h, f->code, strlen(f->code) + 1);
			h = MIX(h, f->place);
			h = MIX(h, f->from_date);
			h = MIX(h, f->value);
			h = mix(h, f->text, strlen(f->text) + 1);
			h = mix(h, f->unit, strlen(f->unit) + 1);
		}
	}
	return h;
}

static void fill_print(const struct schemes *s, struct scheme *of)
{
	const struct formula_text *t = of->conf;
	const struct formula_input *inputs = NULL;
	size_t n = of->formula ? formula_inputs(of->formula, &inputs) : 0;
	int period = (int)t->period;
	uint64_t h = 0xcbf29ce484222325;
	h = mix(h, t->text, strlen(t->text) + 1);
	h = MIX(h, t->from_utc);
	h = MIX(h, t->till_utc);
	h = MIX(h, period);
	for (size_t i = 0; i < n; i++) {
		const struct channel *c = site_find(s->site, OBJECT_CHANNEL, inputs[i].channel);
		int unit = c ? (int)c->unit : 0;
		h = MIX(h, inputs[i].channel);
		h = MIX(h, unit);
	}
	of->print = mix_figures(h, s, of);
}

/* ---- compiling ---- */

enum err scheme_compile(const struct site *site, const struct figures *figures, int64_t place,
	const char *text, enum period period, enum unit unit, enum lang lang, struct formula **ret,
	struct diag *diag)
{
	struct calendar calendar = site_calendar(site, place);
	struct names names = {.scope = {.channel = find_channel,
				      .name = channel_name,
				      .figures = figures,
				      .place = place,
				      .calendar = &calendar,
				      .lang = lang},
		.site = site,
		.building = site_building(site, place)};
	const struct formula_input *inputs;
	struct formula *f = NULL;
	enum err e = formula_compile(text, &names.scope, period, unit, &f, diag);
	if (!e && formula_inputs(f, &inputs) == 0) {
		/* nothing would ever cause it to be worked out */
		formula_free(f);
		return err_set(diag, ERR_INVAL,
			lang == LANG_RU ? "формула не читает ни одного канала" :
					  "it reads no channel");
	}
	if (!e) {
		*ret = f;
	}
	return e;
}

static enum err compile(const struct schemes *s, struct scheme *of, struct diag *diag)
{
	const struct channel *c = &s->site->channels[of->channel];
	return scheme_compile(s->site, s->figures, c->place, of->conf->text, of->conf->period,
		c->unit, LANG_EN, &of->formula, diag);
}

static int compare_schemes(const void *a, const void *b)
{
	const struct scheme *x = a, *y = b;
	if (x->channel != y->channel) {
		return x->channel < y->channel ? -1 : 1;
	}
	return (x->conf->from_utc > y->conf->from_utc) - (x->conf->from_utc < y->conf->from_utc);
}

static void compile_all(struct schemes *s)
{
	size_t kept = 0;
	for (size_t i = 0; i < s->count; i++) {
		const struct formula_text *t = &s->site->formulas[i];
		const struct channel *c = site_find(s->site, OBJECT_CHANNEL, t->channel);
		if (c) {
			s->items[kept++] = (struct scheme){.conf = t,
				.channel = (uint32_t)(c - s->site->channels),
				.calendar = site_calendar(s->site, c->place)};
		}
	}
	s->count = kept;
	if (kept > 1) {
		qsort(s->items, kept, sizeof(*s->items), compare_schemes);
	}
	for (size_t i = 0; i < kept; i++) {
		struct diag diag = {0};
		if (compile(s, &s->items[i], &diag) != ERR_OK) {
			(void)snprintf(s->items[i].fault, sizeof(s->items[i].fault),
				"column %zu: %s", diag.offset + 1, diag.text);
		}
		fill_print(s, &s->items[i]);
	}
}

/* ---- who reads whom ---- */

static int compare_readers(const void *a, const void *b)
{
	const struct scheme_reader *x = a, *y = b;
	if (x->read != y->read) {
		return x->read < y->read ? -1 : 1;
	}
	return (x->scheme > y->scheme) - (x->scheme < y->scheme);
}

static bool find_readers(struct schemes *s)
{
	size_t n = 0;
	const struct formula_input *inputs;
	for (size_t i = 0; i < s->count; i++) {
		n += s->items[i].formula ? formula_inputs(s->items[i].formula, &inputs) : 0;
	}
	s->readers = calloc(n + 1, sizeof(*s->readers));
	if (!s->readers) {
		return false;
	}
	for (size_t i = 0; i < s->count; i++) {
		size_t k = s->items[i].formula ? formula_inputs(s->items[i].formula, &inputs) : 0;
		for (size_t j = 0; j < k; j++) {
			const struct channel *c = site_find(
				s->site, OBJECT_CHANNEL, inputs[j].channel);
			if (c) {
				s->readers[s->reader_count++] = (struct scheme_reader){
					(uint32_t)(c - s->site->channels), (uint32_t)i, inputs[j]};
			}
		}
	}
	if (s->reader_count > 1) {
		qsort(s->readers, s->reader_count, sizeof(*s->readers), compare_readers);
	}
	return true;
}

const struct scheme_reader *schemes_readers(
	const struct schemes *s, uint32_t channel, size_t *ret_n)
{
	size_t low = 0, high = s->reader_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (s->readers[middle].read < channel) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	size_t till = low;
	while (till < s->reader_count && s->readers[till].read == channel) {
		till++;
	}
	*ret_n = till - low;
	return &s->readers[low];
}

const struct scheme *schemes_of(const struct schemes *s, uint32_t channel, size_t *ret_n)
{
	size_t low = 0, high = s->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (s->items[middle].channel < channel) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	size_t till = low;
	while (till < s->count && s->items[till].channel == channel) {
		till++;
	}
	*ret_n = till - low;
	return *ret_n ? &s->items[low] : NULL;
}

const struct scheme *scheme_at(const struct schemes *s, uint32_t channel, int64_t utc)
{
	size_t n;
	const struct scheme *of = schemes_of(s, channel, &n);
	for (size_t i = 0; i < n; i++) {
		if (of[i].conf->from_utc <= utc && utc < of[i].conf->till_utc) {
			return &of[i];
		}
	}
	return NULL;
}

/* ---- ranks ---- */

/*
 * Kahn's way: a channel whose inputs all have their rank gets its own. What is left over reads itself
 * around some corner: rank 0, and broken.
 */
static bool find_ranks(struct schemes *s)
{
	size_t channels = s->site->counts[OBJECT_CHANNEL], head = 0, tail = 0;
	uint32_t *waits = calloc(channels + 1, sizeof(*waits));
	uint32_t *queue = calloc(channels + 1, sizeof(*queue));
	s->ranks = calloc(channels + 1, sizeof(*s->ranks));
	if (!waits || !queue || !s->ranks) {
		free(waits);
		free(queue);
		return false;
	}
	for (size_t i = 0; i < s->reader_count; i++) {
		waits[s->items[s->readers[i].scheme].channel]++;
	}
	for (size_t i = 0; i < channels; i++) {
		if (waits[i] == 0) {
			queue[tail++] = (uint32_t)i;
		}
	}
	while (head < tail) {
		uint32_t c = queue[head++];
		size_t n;
		const struct scheme_reader *r = schemes_readers(s, c, &n);
		for (size_t i = 0; i < n; i++) {
			uint32_t by = s->items[r[i].scheme].channel;
			s->ranks[by] = s->ranks[c] >= s->ranks[by] ? s->ranks[c] + 1 : s->ranks[by];
			s->rank_max = s->ranks[by] > s->rank_max ? s->ranks[by] : s->rank_max;
			if (--waits[by] == 0) {
				queue[tail++] = by;
			}
		}
	}
	for (size_t i = 0; i < s->count; i++) {
		if (waits[s->items[i].channel] > 0) {
			formula_free(s->items[i].formula);
			s->items[i].formula = NULL;
			(void)STR_COPY(s->items[i].fault, "it reads itself");
		}
	}
	free(waits);
	free(queue);
	return true;
}

/* ---- a set ---- */

enum err schemes_new(const struct site *site, struct schemes **ret, struct diag *diag)
{
	struct schemes *s = calloc(1, sizeof(*s));
	struct diag why = {0};
	if (!s) {
		return err_set(diag, ERR_NOMEM, "schemes");
	}
	s->site = site_ref(site);
	s->count = site->counts[OBJECT_FORMULA];
	s->items = calloc(s->count + 1, sizeof(*s->items));
	if (s->count && figures_load(site, &s->figures, &why) != ERR_OK) {
		log_warn("schemes", "figures are not readable: %s", why.text);
	}
	if (s->items) {
		compile_all(s);
	}
	if (!s->items || !find_readers(s) || !find_ranks(s)) {
		schemes_free(s);
		return err_set(diag, ERR_NOMEM, "schemes");
	}
	*ret = s;
	return ERR_OK;
}

void schemes_free(struct schemes *s)
{
	if (!s) {
		return;
	}
	for (size_t i = 0; s->items && i < s->count; i++) {
		formula_free(s->items[i].formula);
	}
	figures_free(s->figures);
	free(s->items);
	free(s->readers);
	free(s->ranks);
	site_unref(s->site);
	free(s);
}

struct form_value scheme_value(
	const struct scheme *s, struct formula_values *values, struct span interval)
{
	struct formula_result r = formula_eval(s->formula, values, interval);
	enum quality_source source = quality_source(r.quality);
	unsigned flags = quality_flags(r.quality);
	if (source > SOURCE_METER) {
		/* the result is ours to work out again, whoever the inputs are from */
		source = SOURCE_METER;
		flags |= QUALITY_BY_HAND;
	}
	if (isnan(r.value)) {
		return (struct form_value){NAN, quality_make(QUALITY_MISSING, source, flags)};
	}
	source = source == SOURCE_NONE ? SOURCE_ESTIMATE : source;
	return (struct form_value){r.value, quality_make(quality_class(r.quality), source, flags)};
}

/* ---- checking ---- */

static const char *name_of(const struct schemes *s, uint32_t channel)
{
	const struct channel *c = &s->site->channels[channel];
	return c->code[0] ? c->code : c->name[0] ? c->name : quantity_code(c->quantity);
}

struct walk {
	const struct schemes *s;
	uint8_t *state; /* 0 not seen, 1 on the path, 2 done */
	uint32_t *path;
	size_t depth;
	struct site_fault *fault;
	struct diag *diag;
};

static enum err told_cycle(const struct walk *w, uint32_t again)
{
	char text[200];
	size_t n = 0, from = w->depth;
	while (from > 0 && w->path[from - 1] != again) {
		from--;
	}
	for (size_t i = from ? from - 1 : 0; i < w->depth && n < sizeof(text) - 1; i++) {
		int k = snprintf(
			text + n, sizeof(text) - n, "%s \xe2\x86\x92 ", name_of(w->s, w->path[i]));
		n += k > 0 ? (size_t)k : 0;
	}
	size_t mine;
	const struct scheme *of = schemes_of(w->s, again, &mine);
	if (w->fault && of) {
		*w->fault = (struct site_fault){OBJECT_FORMULA, of->conf->id};
	}
	return err_set(w->diag, ERR_CONFLICT, "formula %lld: text: it reads itself: %s%s",
		of ? (long long)of->conf->id : 0LL, n < sizeof(text) ? text : "",
		name_of(w->s, again));
}

/* Depth first through what each channel reads; as deep as channels are chained, which DEPTH bounds. */
#define DEPTH 200

static enum err visit(struct walk *w, uint32_t channel)
{
	size_t n;
	const struct scheme *of = schemes_of(w->s, channel, &n);
	if (w->state[channel] == 1) {
		return told_cycle(w, channel);
	}
	if (w->state[channel] == 2 || !of) {
		return ERR_OK;
	}
	if (w->depth == DEPTH) {
		return err_set(w->diag, ERR_LIMIT,
			"formula %lld: text: more than %d schemes in a row",
			(long long)of->conf->id, DEPTH);
	}
	w->state[channel] = 1;
	w->path[w->depth++] = channel;
	enum err e = ERR_OK;
	for (size_t i = 0; i < w->s->reader_count && !e; i++) {
		const struct scheme_reader *r = &w->s->readers[i];
		if (w->s->items[r->scheme].channel == channel) {
			e = visit(w, r->read);
		}
	}
	w->depth--;
	w->state[channel] = 2;
	return e;
}

static enum err check_cycles(
	const struct schemes *s, struct site_fault *ret_fault, struct diag *diag)
{
	size_t channels = s->site->counts[OBJECT_CHANNEL];
	struct walk w = {.s = s,
		.state = calloc(channels + 1, 1),
		.path = calloc(DEPTH + 1, sizeof(uint32_t)),
		.fault = ret_fault,
		.diag = diag};
	enum err e = w.state && w.path ? ERR_OK : err_set(diag, ERR_NOMEM, "schemes");
	for (size_t i = 0; i < s->count && !e; i++) {
		e = visit(&w, s->items[i].channel);
	}
	free(w.state);
	free(w.path);
	return e;
}

enum err scheme_check(const struct site *site, struct site_fault *ret_fault, struct diag *diag)
{
	struct schemes *s;
	if (site->counts[OBJECT_FORMULA] == 0) {
		return ERR_OK;
	}
	enum err e = schemes_new(site, &s, diag);
	if (e) {
		return e;
	}
	e = check_cycles(s, ret_fault, diag);
	for (size_t i = 0; i < s->count && !e; i++) {
		const struct scheme *of = &s->items[i];
		if (!of->formula) {
			if (ret_fault) {
				*ret_fault = (struct site_fault){OBJECT_FORMULA, of->conf->id};
			}
			e = err_set(diag, ERR_INVAL, "formula %lld: text: %s",
				(long long)of->conf->id, of->fault);
		}
	}
	schemes_free(s);
	return e;
}
