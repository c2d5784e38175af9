/*
 * Any text as a site's configuration: refused with a message, or a site whose text reads back to the
 * same text.
 */
#include "base/str.h"
#include "store/store.h"
#include "store/text.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool is_true)
{
	if (!is_true) {
		abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct site *site, *again;
	struct buf first, second;
	struct diag d = {0};
	if (site_from_text((struct slice){data, size}, &site, &d) != ERR_OK) {
		must(d.text[0] &&
			str_is_utf8((struct slice){(const uint8_t *)d.text, strlen(d.text)}));
		return 0;
	}
	buf_init(&first, SITE_TEXT_MAX);
	buf_init(&second, SITE_TEXT_MAX);
	must(site_export(site, &first, NULL) == ERR_OK);
	must(site_from_text(buf_slice(&first), &again, NULL) == ERR_OK);
	must(site_export(again, &second, NULL) == ERR_OK);
	must(first.size == second.size && memcmp(first.data, second.data, first.size) == 0);
	buf_fini(&first);
	buf_fini(&second);
	site_unref(site);
	site_unref(again);
	return 0;
}
