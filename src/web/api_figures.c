/*
 * api_figures.c - dated numbers of law, contract and norm: what counts where, and where it is from
 */
#include "web/view.h"

#include "calc/figure.h"

#include <string.h>

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
			jsonw_figure(&w, item);
		}
	}
	jsonw_end(&w);
	jsonw_end(&w);
	figures_free(f);
	return ERR_OK;
}
