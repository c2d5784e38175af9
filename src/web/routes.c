/*
 * routes.c - every route of the server; docs/api.yaml describes the same list, a test compares them
 *
 * Literal paths stand before those with {id}; the first that fits is taken.
 */
#include "web/server.h"

#define OBJECTS(plural, kind)                                                                \
	{"GET", API "/" plural, object_list_h, LANE_QUICK, 0, kind},                         \
		{"POST", API "/" plural, object_post_h, LANE_QUICK, 0, kind},                \
		{"GET", API "/" plural "/{id}", object_get_h, LANE_QUICK, 0, kind},          \
		{"PUT", API "/" plural "/{id}", object_put_h, LANE_QUICK, 0, kind},          \
		{"DELETE", API "/" plural "/{id}", object_delete_h, LANE_QUICK, 0, kind},    \
	{                                                                                    \
		"GET", API "/" plural "/{id}/history", object_history_h, LANE_QUICK, 0, kind \
	}

/* clang-format off */
const struct http_route web_routes[] = {
	{"GET", API "/session", session_get_h, LANE_QUICK, 0, 0},
	{"POST", API "/session", session_post_h, LANE_LOGIN, ROUTE_OPEN, 0},
	{"DELETE", API "/session", session_delete_h, LANE_QUICK, 0, 0},
	{"PUT", API "/session/password", session_password_put_h, LANE_LOGIN, 0, 0},

	{"GET", API "/status", status_get_h, LANE_QUICK, 0, 0},
	{"GET", API "/events", event_list_h, LANE_QUICK, 0, 0},
	{"GET", API "/stream", stream_get_h, LANE_QUICK, 0, 0},

	{"GET", API "/buildings", building_list_h, LANE_QUICK, 0, 0},
	{"GET", API "/places/{id}/apportionment", place_apportionment_h, LANE_LONG, 0, 0},
	{"GET", API "/places/{id}/balance", place_balance_h, LANE_QUICK, 0, 0},
	{"GET", API "/places/{id}/bill", place_bill_h, LANE_LONG, 0, 0},
	{"GET", API "/places/{id}/leaks", place_leaks_h, LANE_QUICK, 0, 0},
	{"GET", API "/places/{id}/summary", place_summary_h, LANE_QUICK, 0, 0},
	{"GET", API "/places/{id}/suspects", place_suspects_h, LANE_LONG, 0, 0},
	{"GET", API "/places/{id}/supply-quality", place_supply_h, LANE_QUICK, 0, 0},
	{"GET", API "/places/{id}/heat", place_heat_h, LANE_LONG, 0, 0},
	{"GET", API "/places/{id}/temperature-graph", place_graph_h, LANE_QUICK, 0, 0},
	{"GET", API "/places/{id}/signature", place_signature_h, LANE_QUICK, 0, 0},
	{"GET", API "/places/{id}/efficiency", place_efficiency_h, LANE_QUICK, 0, 0},
	{"GET", API "/places/{id}/comparison", place_comparison_h, LANE_QUICK, 0, 0},
	{"GET", API "/places/{id}/risers", place_risers_h, LANE_QUICK, 0, 0},
	{"GET", API "/channels/{id}/summary", channel_summary_h, LANE_QUICK, 0, 0},
	{"GET", API "/channels/{id}/archive", series_archive_h, LANE_QUICK, 0, OBJECT_CHANNEL},
	{"GET", API "/channels/{id}/provenance", channel_provenance_h, LANE_QUICK, 0, 0},
	{"PUT", API "/channels/{id}/values", channel_values_h, LANE_QUICK, 0, 0},
	{"GET", API "/channels/{id}/estimates", channel_estimates_h, LANE_QUICK, 0, 0},
	{"GET", API "/channels/{id}/zones", channel_zones_h, LANE_QUICK, 0, 0},
	{"GET", API "/registers/{id}/archive", series_archive_h, LANE_QUICK, 0, OBJECT_REGISTER},
	{"GET", API "/last", last_list_h, LANE_QUICK, 0, 0},

	{"GET", API "/lines/state", line_states_h, LANE_QUICK, 0, 0},
	{"GET", API "/lines/{id}/trace", line_trace_h, LANE_QUICK, 0, 0},
	{"GET", API "/meters/state", meter_states_h, LANE_QUICK, 0, 0},
	{"GET", API "/meters/{id}/gaps", meter_gaps_h, LANE_QUICK, 0, 0},
	{"POST", API "/meters/{id}/read", meter_read_h, LANE_LONG, 0, 0},

	{"POST", API "/recompute/preview", recompute_preview_h, LANE_LONG, 0, 0},
	{"POST", API "/recompute", recompute_post_h, LANE_LONG, 0, 0},
	{"GET", API "/places/{id}/closings", closing_list_h, LANE_QUICK, 0, 0},
	{"POST", API "/places/{id}/closings", closing_post_h, LANE_QUICK, 0, 0},
	{"DELETE", API "/closings/{id}", closing_delete_h, LANE_QUICK, 0, 0},

	{"POST", API "/formulas/check", formula_check_h, LANE_QUICK, 0, 0},
	{"GET", API "/formulas/functions", formula_functions_h, LANE_QUICK, 0, 0},

	OBJECTS("places", OBJECT_PLACE),
	OBJECTS("lines", OBJECT_LINE),
	OBJECTS("meters", OBJECT_METER),
	OBJECTS("registers", OBJECT_REGISTER),
	OBJECTS("channels", OBJECT_CHANNEL),
	OBJECTS("bindings", OBJECT_BINDING),
	OBJECTS("formulas", OBJECT_FORMULA),
	OBJECTS("parameters", OBJECT_PARAMETER),

	{"GET", API "/drivers", driver_list_h, LANE_QUICK, 0, 0},
	{"GET", API "/quantities", quantity_list_h, LANE_QUICK, 0, 0},
	{"GET", API "/units", unit_list_h, LANE_QUICK, 0, 0},
	{"GET", API "/quality", quality_list_h, LANE_QUICK, 0, 0},
	{"GET", API "/zones", zone_list_h, LANE_QUICK, 0, 0},
	{"GET", API "/figures", figure_list_h, LANE_QUICK, 0, 0},
	{"GET", API "/heat-schemes", heat_scheme_list_h, LANE_QUICK, 0, 0},
	{"GET", API "/zone-calendars", zone_calendar_list_h, LANE_QUICK, 0, 0},

	{"GET", API "/verdicts", verdict_list_h, LANE_QUICK, 0, 0},
	{"POST", API "/verdicts/decisions", verdict_decisions_h, LANE_QUICK, 0, 0},
	{"GET", API "/verdicts/{id}", verdict_get_h, LANE_QUICK, 0, 0},
	{"POST", API "/verdicts/{id}/decision", verdict_decision_h, LANE_QUICK, 0, 0},
	{"GET", API "/edit-reasons", edit_reason_list_h, LANE_QUICK, 0, 0},
	{"GET", API "/validation-rules", validation_rule_list_h, LANE_QUICK, 0, 0},

	{"GET", API "/users", user_list_h, LANE_QUICK, 0, 0},
	{"POST", API "/users", user_post_h, LANE_LOGIN, 0, 0},
	{"GET", API "/users/{id}", user_get_h, LANE_QUICK, 0, 0},
	{"PUT", API "/users/{id}", user_put_h, LANE_LOGIN, 0, 0},
	{"GET", API "/grants", grant_list_h, LANE_QUICK, 0, 0},
	{"POST", API "/grants", grant_post_h, LANE_QUICK, 0, 0},
	{"DELETE", API "/grants/{id}", grant_delete_h, LANE_QUICK, 0, 0},
};
/* clang-format on */

const size_t web_route_count = sizeof(web_routes) / sizeof(web_routes[0]);
