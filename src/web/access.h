/*
 * access.h - who may do what, decided in one place
 *
 * A user has grants: a role on a place and everything below it (place 0: on everything). A role is a
 * row of rights. Flats and offices are private: what lies in them is personal data, and some roles
 * keep only part of their rights there.
 *
 *   right          what it opens
 *   SEE            that a place, channel or meter exists, its name and the state of its meter
 *   DATA           values and archives of channels
 *   DEVICES        lines, meters, registers, bindings, their state and last readings
 *   OPERATE        read now, the trace of a line
 *   SETUP_DEVICES  change lines, meters, registers, bindings; link addresses and driver parameters
 *   SETUP_PLACES   change places and channels
 *   EDIT           enter values, decide about doubtful ones
 *   CLOSE          close months of a building, open the last one again
 *   USERS          users and grants (only with a grant on everything)
 *
 * Besides what the grants name:
 *   - ancestors of a granted place may be seen, so that a tree can be drawn;
 *   - a resident has SEE and DATA of the common part of the own building: the building itself, and
 *     heating points and common places that are not inside anything private.
 *
 * Nothing here asks the store; a struct access is a copy of the grants.
 */
#ifndef DOMOVOI_ACCESS_H
#define DOMOVOI_ACCESS_H

#include "model/site.h"
#include "store/store.h"

#define ACCESS_SEE           0x01u
#define ACCESS_DATA          0x02u
#define ACCESS_DEVICES       0x04u
#define ACCESS_OPERATE       0x08u
#define ACCESS_SETUP_DEVICES 0x10u
#define ACCESS_SETUP_PLACES  0x20u
#define ACCESS_USERS         0x40u
#define ACCESS_EDIT          0x80u
#define ACCESS_CLOSE         0x100u

struct access {
	struct grant *grants; /* owned */
	size_t count;
};

enum err access_load(struct store *store, int64_t user, struct access *ret_access);
void access_fini(struct access *a);
/* For long-lived holders (streams). */
enum err access_copy(const struct access *from, struct access *ret_access);

/* Rights at one place; place 0 is "nowhere": rights of grants on everything only. */
unsigned access_at(const struct access *a, const struct site *s, int64_t place);
/* Rights that exist somewhere: for menus, and to tell 403 from 404. */
unsigned access_anywhere(const struct access *a);

/*
 * Rights on an object of any kind. A meter, register or binding lies where its meter lies, a
 * channel at its place; a binding additionally wants the channel to be seen. A line lies everywhere
 * its meters lie: it may be seen if one of them may; changing it wants the right at all of them, or
 * a grant on everything. Objects that do not exist give 0.
 */
unsigned access_object(
	const struct access *a, const struct site *s, enum object_kind kind, const void *object);

#endif
