/*
 * tekon_map.h - what the parameters of one site's Tekon mean
 *
 * A Tekon's parameter numbers are set up for the place it hangs in; there is no list that holds for
 * all. A file of meters/tekon/ says them (poll/tekon_map.h, format: docs/protocols/tekon.md); the
 * driver and the simulated meter work from this structure. Immutable once loaded.
 */
#ifndef DOMOVOI_DRIVERS_TEKON_MAP_H
#define DOMOVOI_DRIVERS_TEKON_MAP_H

#include "drivers/modbus_map.h"
#include "model/sample.h"
#include "proto/tekon.h"

#define TEKON_FIELDS_MAX    32 /* of an archive */
#define TEKON_REGISTERS_MAX 64

enum tekon_device {
	TEKON_19,
	TEKON_17
};

enum tekon_type {
	TEKON_F32,
	TEKON_F17,
	TEKON_UINT,
	TEKON_BCD
};

/* Which period an element of an archive array is of: that its number names, or the one before. */
enum tekon_label {
	TEKON_LABEL_BEGIN,
	TEKON_LABEL_END
};

struct tekon_register {
	char key[REGISTER_KEY_CAP];
	enum quantity quantity; /* derived from the key where the file does not say */
	enum unit unit;
	uint16_t at; /* number of the parameter, or of the array */
	enum tekon_type type;
	enum sample_form form; /* archives; FORM_NOW: AMOUNT */
};

struct tekon_archive {
	enum period period;
	enum tekon_label label;
	struct tekon_register *fields;
	unsigned fields_count;
};

struct tekon_map {
	char name[48];
	char title[96];
	char maker[32];
	char medium[32];
	enum modbus_confidence confidence;
	char **sources;
	unsigned sources_count;
	char *notes; /* may be NULL */
	struct modbus_line line;
	enum tekon_device device;
	uint8_t batch; /* elements in one request; derived where the file does not say */
	struct tekon_register *registers;
	unsigned registers_count;
	struct tekon_archive *archives;
	unsigned archives_count;
};

#endif
