/*
 * text.h - a site as readable text (YAML)
 *
 *     # configuration of a domovoi node
 *     format: 1
 *     places:
 *       - id: 1
 *         kind: building
 *         name: "Дом 5"
 *         zone: Europe/Moscow
 *
 * One list per kind in the order of enum object_kind, objects by id, fields in the order of their
 * table. A field that has its default (object_init) is left out, except id and enumerations. Times
 * are ISO 8601 in UTC; numbers are the shortest text that reads back exactly. The same site always
 * gives the same bytes.
 *
 * Reading accepts any YAML that has this structure, without tags and anchors; errors name the line.
 */
#ifndef DOMOVOI_STORE_TEXT_H
#define DOMOVOI_STORE_TEXT_H

#include "base/buf.h"
#include "model/site.h"

#define SITE_TEXT_MAX (64u << 20)

/* A checked site, one reference. */
enum err site_from_text(struct slice text, struct site **ret_site, struct diag *diag);

#endif
