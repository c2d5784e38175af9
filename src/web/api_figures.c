/*
 * api_figures.c - dated numbers of law, contract and norm: what counts where, and where it is from
 */
#include "web/view.h"

#include "calc/figure.h"

#include <string.h>

static void write_figure(struct jsonw *w, const struct figure *f)
{
	jsonw_object(w, NULL);
	jsonw_str(w, "code", f->code);
	jsonw_int(w, "from_date", f->from_date);
	jsonw_real(w, "value", f->value);
	jsonw_str(w, "unit", f->unit);
	jsonw_str(w, "table", f->text);
	jsonw_text(w, "text", f->title, f->title_ru);
	jsonw_text(w, "source", f->source, f->source_ru);
	jsonw_bool(w, "is_confirmed", f->is_confirmed);
	jsonw_int(w, "place", f->parameter ? f->place : 0);
	jsonw_int(w, "parameter", f->parameter);
	jsonw_end(w);
}

/* What stands in a file is for everybody; a parameter for those who see the data of its place. */
static bool may_see(struct http_request *r, const struct figure *f)
{
	const struct site *s = site_of(r);
	const void *p = f->parameter ? site_find(s, OBJECT_PARAMETER, f->parameter) : NULL;
	return !f->parameter ||
	       (access_object(&who_of(r)->access, s, OBJECT_PARAMETER, p) & ACCESS_DATA);
}

enum err figure_list_h(struct http_request *r)
{
	struct figures *f = NULL;
	const char *prefix = http_query(r, "prefix");
	enum err e = figures_load(site_of(r), &f, &r->diag);
	if (e) {
		return e;
	}
	struct jsonw w = reply_json(r);
	jsonw_object(&w, NULL);
	jsonw_array(&w, "items");
	for (size_t i = 0; i < figures_count(f); i++) {
		const struct figure *item = figures_item(f, i);
		bool is_wanted = !prefix || strncmp(item->code, prefix, strlen(prefix)) == 0;
		if (is_wanted && may_see(r, item)) {
			write_figure(&w, item);
		}
	}
	jsonw_end(&w);
	jsonw_end(&w);
	figures_free(f);
	return ERR_OK;
}
