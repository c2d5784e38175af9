/*
 * riser.h - heat of flats along a riser: shares from the enthalpies of its nodes
 *
 * On a one-pipe riser the whole flow passes every node, so the heat left between two nodes is the flow
 * times the difference of their enthalpies, and the shares are exact for a constant flow:
 *
 *   in                                                   out
 *   h0 ──[segment 0]── h1 ──[segment 1]── h2 ── ... ──── hn        share_k = (h_k - h_k+1) / sum
 *
 * Nodes are given in their order on the riser, the flow's direction by the configuration, never
 * guessed. A missing inner node merges its two segments, whose sum stays exact, and only the parting is
 * estimated: by the shares of good days, else by the power of the radiators, else equally. A missing
 * end is the riser's own device, else the rest is scaled by the same three. A node that is hotter than
 * the one before it by up to 2 u is as hot; by more, it is dropped. The shares always sum to one, and
 * each says what it rests on. No heat is made of shares: where the riser's heat is unknown, so is the
 * flats'.
 *
 * Facts: calculations.md 7.5 and 7.6 of the project's sources. Only for risers with all radiators in
 * series; two-pipe systems and collectors by flat cannot be told this way. Temperatures in °C,
 * enthalpies in kJ/kg, heat in MJ, flow in t/h, pressure in MPa absolute. Pure functions.
 */
#ifndef DOMOVOI_RISER_H
#define DOMOVOI_RISER_H

#include "calc/form.h"

#define RISER_NODES_MAX 128

/* What one sensor says; the enthalpy is preferred where both are known. */
struct riser_node {
	double temperature; /* NaN: unknown */
	double enthalpy;    /* NaN: unknown */
	double offset;      /* K, added: from a night when all nodes must read the same */
	uint16_t quality;
};
struct riser_node riser_node_missing(void);

struct riser_input {
	const struct riser_node *nodes; /* by place, bottom up or top down */
	size_t node_count;              /* 2..RISER_NODES_MAX */
	bool is_from_last;              /* the water enters at the last node */
	struct riser_node device[2]; /* of the riser's calculator, at the water's entry and exit */
	double pressure_mpa;
	double uncertainty_k;  /* standard uncertainty u of a node against its neighbours */
	const double *history; /* share of each segment in good days; NULL or NaN: unknown */
	const double *power; /* of the radiators of each segment, any unit; NULL or NaN: unknown */
	struct form_value heat; /* of the riser over the interval, MJ */
};

enum riser_node_state {
	RISER_NODE_USED,
	RISER_NODE_MISSING,
	RISER_NODE_DEVICE,  /* replaced by the riser's own device */
	RISER_NODE_DROPPED, /* against the order of its neighbours by more than 2 u */
	RISER_NODE_STATE_COUNT
};

enum riser_basis {
	RISER_MEASURED,
	RISER_BY_HISTORY, /* parted, or scaled, by the shares of good days */
	RISER_BY_POWER,
	RISER_BY_EQUAL_PARTS,
	RISER_BASIS_COUNT
};

/* Of the riser as a whole. */
enum riser_state {
	RISER_OK,
	RISER_ESTIMATED,     /* some nodes are missing or dropped */
	RISER_NO_NODES,      /* fewer than two are known: nothing is measured */
	RISER_NO_DIFFERENCE, /* no heat is left on the way: closed, or the heating is off */
	RISER_REVERSED,      /* the way out is the hotter one: direction or sensors are wrong */
	RISER_STATE_COUNT
};

const char *riser_node_state_name(enum riser_node_state s); /* "used" */
const char *riser_basis_name(enum riser_basis b);           /* "measured" */
const char *riser_state_name(enum riser_state s);           /* "ok" */

/* Between nodes k and k + 1 in the order of the input. */
struct riser_segment {
	double difference; /* kJ/kg that the water loses; NaN: unknown */
	double share;
	double share_error; /* relative standard uncertainty of the share; NaN: not measured */
	struct form_value heat;
	enum riser_basis basis;
	bool is_levelled; /* a difference within 2 u against the order was taken as none */
};

struct riser_result {
	enum riser_state state;
	double enthalpy[RISER_NODES_MAX]; /* as used, offset applied; NaN: missing */
	enum riser_node_state nodes[RISER_NODES_MAX];
	struct riser_segment segments[RISER_NODES_MAX - 1];
	size_t node_count;
	size_t missing, dropped; /* nodes */
	double difference;       /* of the whole riser, kJ/kg; NaN: unknown */
};

/* ERR_INVAL: fewer than two or too many nodes. */
enum err riser_shares(const struct riser_input *in, struct riser_result *ret);

/* Relative standard uncertainty of a share whose nodes differ by `difference_k`. */
double riser_share_error(double u_k, double difference_k);

/* Enthalpy of a node, offset applied; NaN. And the temperature that belongs to an enthalpy. */
double riser_enthalpy(const struct riser_node *n, double pressure_mpa);
double riser_temperature(double enthalpy, double pressure_mpa);
/* A sensor's integral of enthalpy over time, kJ s/kg, as a mean. */
double riser_mean_enthalpy(double integral, double seconds);

/*
 * Heat of a riser whose calculator says nothing: its share of the house's heat in good days, else the
 * design flow times the difference of its nodes. ESTIMATED; MISSING with NaN where neither is known.
 */
struct riser_guess {
	struct form_value house; /* MJ of the house's heating in the interval */
	double history_share;    /* of the house; NaN: unknown */
	double design_flow_t_h;  /* NaN: unknown */
	double difference_kj_kg; /* NaN: unknown */
	double hours;
};
struct form_value riser_heat_guess(const struct riser_guess *g);

/*
 * What the risers do not account for: losses in the mains and rooms without nodes. Negative where the
 * risers say more than the input: flagged, and never dropped. A riser of unknown heat makes it PARTIAL
 * (an upper bound).
 */
struct riser_rest {
	struct form_value heat; /* MJ */
	bool is_negative;
	size_t unknown; /* risers */
};
struct riser_rest riser_rest_of(
	struct form_value input, const struct form_value *risers, size_t count);

/* A flat: the sum of its segments and its part by area of the rest. */
struct riser_flat {
	struct form_value individual, common, total; /* MJ */
};
struct riser_flat riser_flat_of(const struct form_value *segments, size_t count,
	const struct riser_rest *rest, double area_m2, double house_area_m2);

#endif
