/*
 * validator.c - the thread of the validation; see validator.h, validate_work.h
 *
 * It does not hold up virtual time: the months of a demonstration are judged while they pass.
 */
#include "calc/validator.h"

#include "calc/behind.h"
#include "calc/validate_work.h"

#include <stdlib.h>

struct validator {
	struct behind *behind;
	struct check_work *work; /* of the thread */
};

static enum err step(void *ctx, bool *ret_more)
{
	struct validator *v = ctx;
	return check_work_step(v->work, ret_more);
}

enum err validator_start(struct store *store, struct validator **ret_validator, struct diag *diag)
{
	struct validator *v = calloc(1, sizeof(*v));
	if (!v) {
		return err_set(diag, ERR_NOMEM, "validation");
	}
	const struct behind_options options = {.name = "validate",
		.failing = "values are not checked",
		.working = "values are checked again",
		.step = step,
		.ctx = v};
	v->work = check_work_new(store);
	enum err e = v->work ? behind_start(store, &options, &v->behind, diag) :
			       err_set(diag, ERR_NOMEM, "validation");
	if (e) {
		check_work_free(v->work);
		free(v);
		return e;
	}
	*ret_validator = v;
	return ERR_OK;
}

enum err validator_settle(struct validator *v)
{
	return behind_settle(v->behind);
}

void validator_stop(struct validator *v)
{
	if (!v) {
		return;
	}
	behind_stop(v->behind);
	check_work_free(v->work);
	free(v);
}
