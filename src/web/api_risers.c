/*
 * api_risers.c - heat along the risers of a building: riser by floor, with what is missing
 *
 * Heat and shares of a flat are told to who may see its data; what a riser gave, to who sees the house.
 */
#include "web/building_question.h"

#include "calc/riser_heat.h"

#include <math.h>

#define SPAN_DAYS_MAX 400

static void write_cell(struct jsonw *w, struct http_request *r, const struct riser_place *node,
	const struct riser_cell *c, size_t days)
{
	const struct place *p = site_find(site_of(r), OBJECT_PLACE, node->place);
	bool is_seen = access_at(&who_of(r)->access, site_of(r), node->place) & ACCESS_DATA;
	size_t known = c->measured + c->estimated;
	jsonw_object(w, NULL);
	jsonw_int(w, "place", is_seen ? node->place : 0);
	jsonw_str(w, "name", is_seen && p ? p->name : "");
	jsonw_int(w, "floor", node->floor);
	jsonw_bool(w, "is_seen", is_seen);
	if (is_seen) {
		jsonw_measure(
			w, "heat", c->heat, days ? (double)known / (double)days : (double)NAN);
	} else {
		jsonw_null(w, "heat");
	}
	jsonw_real(w, "share", is_seen ? c->share : (double)NAN);
	jsonw_real(w, "share_error", is_seen ? c->share_error : (double)NAN);
	jsonw_real(w, "temperature", is_seen ? c->temperature : (double)NAN);
	jsonw_real(w, "difference", is_seen ? c->difference : (double)NAN);
	jsonw_int(w, "measured_days", (int64_t)c->measured);
	jsonw_int(w, "estimated_days", (int64_t)c->estimated);
	jsonw_int(w, "missing_days", (int64_t)c->missing);
	jsonw_int(w, "dropped_days", (int64_t)c->dropped);
	jsonw_str(w, "basis", riser_basis_name(c->basis));
	jsonw_end(w);
}

static void write_riser(struct jsonw *w, struct http_request *r, const struct riser_layout *l,
	const struct riser_sum *sum)
{
	jsonw_object(w, NULL);
	jsonw_int(w, "place", l->riser->id);
	jsonw_str(w, "name", l->riser->name);
	jsonw_bool(w, "is_down", l->is_down);
	jsonw_bool(w, "has_calculator", l->heat != NULL);
	jsonw_measure(w, "heat", sum->heat,
		sum->expected ? (double)sum->known / (double)sum->expected : (double)NAN);
	jsonw_int(w, "days", (int64_t)sum->expected);
	jsonw_int(w, "known_days", (int64_t)sum->known);
	jsonw_int(w, "guessed_days", (int64_t)sum->guessed);
	jsonw_int(w, "good_days", (int64_t)sum->good);
	jsonw_object(w, "states");
	for (int i = 0; i < RISER_STATE_COUNT; i++) {
		jsonw_int(w, riser_state_name((enum riser_state)i), (int64_t)sum->states[i]);
	}
	jsonw_end(w);
	jsonw_real(w, "supply", sum->supply);
	jsonw_real(w, "return", sum->ret);
	jsonw_array(w, "cells");
	for (size_t k = 0; k < l->node_count; k++) {
		write_cell(w, r, &l->nodes[k], &sum->cells[k], sum->expected);
	}
	jsonw_end(w);
	jsonw_end(w);
}

static void write_flats(struct jsonw *w, struct http_request *r, const struct riser_house *h)
{
	jsonw_array(w, "flats");
	for (size_t i = 0; i < h->flat_count; i++) {
		const struct riser_flat_sum *f = &h->flats[i];
		if (!(access_at(&who_of(r)->access, site_of(r), f->flat->id) & ACCESS_DATA)) {
			continue;
		}
		jsonw_object(w, NULL);
		jsonw_int(w, "place", f->flat->id);
		jsonw_str(w, "name", f->flat->name);
		jsonw_int(w, "segments", (int64_t)f->segments);
		jsonw_real(w, "area_m2", f->flat->area_m2 > 0 ? f->flat->area_m2 : (double)NAN);
		jsonw_measure(w, "individual", f->heat.individual, NAN);
		jsonw_measure(w, "common", f->heat.common, NAN);
		jsonw_measure(w, "total", f->heat.total, NAN);
		jsonw_end(w);
	}
	jsonw_end(w);
}

enum err place_risers_h(struct http_request *r)
{
	struct building_question q;
	struct riser_house h;
	enum err e = building_question_take(r, SPAN_DAYS_MAX, &q);
	if (e) {
		return e;
	}
	struct riser_question of = {q.store, q.site, q.figures, q.building->id, q.span, q.now};
	e = riser_house_read(&of, &h);
	if (!e) {
		struct jsonw w = reply_json(r);
		jsonw_object(&w, NULL);
		jsonw_building_question(&w, &q);
		jsonw_unit(&w, "unit", UNIT_MJ);
		jsonw_int(&w, "days", (int64_t)h.days);
		jsonw_measure(&w, "input", h.input, NAN);
		jsonw_measure(&w, "rest", h.rest.heat, NAN);
		jsonw_bool(&w, "is_rest_negative", h.rest.is_negative);
		jsonw_int(&w, "unknown_riser_days", (int64_t)h.rest.unknown);
		jsonw_array(&w, "risers");
		for (size_t i = 0; i < h.count; i++) {
			write_riser(&w, r, &h.layouts[i], &h.sums[i]);
		}
		jsonw_end(&w);
		jsonw_real(&w, "area_m2", h.area_m2 > 0 ? h.area_m2 : (double)NAN);
		write_flats(&w, r, &h);
		jsonw_end(&w);
		riser_house_fini(&h);
	}
	building_question_fini(&q);
	return e;
}
