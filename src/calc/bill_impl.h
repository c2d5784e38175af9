/*
 * bill_impl.h - the steps of making a bill
 */
#ifndef DOMOVOI_BILL_IMPL_H
#define DOMOVOI_BILL_IMPL_H

#include "calc/bill.h"

#include <math.h>

/* Premises, their figures and rates; the house. */
enum err bill_read_places(struct bill *b, struct diag *diag);
/* Which rates hold at a place at a date: the name they are looked up by. */
struct tariff_name bill_tariff_name(const struct bill *b, int64_t place, enum charge_service s);
/* Channels that count. */
enum err bill_read_items(struct bill *b);
/* Their values into the meters of house and premises. */
enum err bill_read_values(struct bill *b);
enum err bill_read_zones(struct bill *b);
/* Lines for what became known of closed months. */
enum err bill_add_corrections(struct bill *b);

#endif
