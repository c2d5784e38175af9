/*
 * migrations.c - the schema as numbered steps; see migrations.h and docs/store.md
 *
 * A step that has been released is never changed: the next one goes behind it.
 */
#include "store/migrations.h"

static const char step_1[] =
	/* names and numbers of the program itself: schema, next_id, packed.<period> */
	"CREATE TABLE meta (name {key} PRIMARY KEY, value {int} NOT NULL) {clustered};"
	"CREATE TABLE state (name {key} PRIMARY KEY, body {blob} NOT NULL);"
	"CREATE TABLE consumer (name {key} PRIMARY KEY, reading {int} NOT NULL,"
	" journal {int} NOT NULL) {clustered};"

	"CREATE TABLE place (id {id}, parent {int} NOT NULL, kind {key} NOT NULL, name {text} NOT NULL,"
	" sort {int} NOT NULL, zone {text} NOT NULL, report_hour {int} NOT NULL,"
	" report_day {int} NOT NULL, area_m2 {real}, people {int} NOT NULL, floor {int} NOT NULL,"
	" address {text} NOT NULL, note {text} NOT NULL);"
	"CREATE TABLE line (id {id}, name {text} NOT NULL, link {text} NOT NULL, baud {int} NOT NULL,"
	" framing {text} NOT NULL, reply_ms {int} NOT NULL, gap_ms {int} NOT NULL,"
	" has_echo {int} NOT NULL, is_enabled {int} NOT NULL, note {text} NOT NULL);"
	"CREATE TABLE meter (id {id}, line {int} NOT NULL, place {int} NOT NULL, name {text} NOT NULL,"
	" driver {key} NOT NULL, params {text} NOT NULL, serial {text} NOT NULL, model {text} NOT NULL,"
	" poll_s {int} NOT NULL, clock_s {int} NOT NULL, archives {int} NOT NULL,"
	" is_enabled {int} NOT NULL, zone {text} NOT NULL, note {text} NOT NULL);"
	"CREATE TABLE register (id {id}, meter {int} NOT NULL, `key` {key} NOT NULL,"
	" quantity {key} NOT NULL, unit {key} NOT NULL, form {key} NOT NULL, decimals {int} NOT NULL,"
	" capacity {real}, max_rate {real}, is_ignored {int} NOT NULL);"
	"CREATE TABLE channel (id {id}, place {int} NOT NULL, quantity {key} NOT NULL,"
	" unit {key} NOT NULL, name {text} NOT NULL, sort {int} NOT NULL, note {text} NOT NULL);"
	"CREATE TABLE binding (id {id}, channel {int} NOT NULL, register {int} NOT NULL,"
	" from_utc {int} NOT NULL, till_utc {int} NOT NULL, multiplier {real}, reading_fitted {real},"
	" reading_removed {real}, note {text} NOT NULL);"
	"CREATE TABLE config_history (id {id}, utc {int} NOT NULL, who {text} NOT NULL,"
	" kind {key} NOT NULL, object {int} NOT NULL, old_json {text}, new_json {text});"
	"CREATE INDEX config_history_object ON config_history (object);"

	"CREATE TABLE reading (seq {id}, utc {int} NOT NULL, frame {int} NOT NULL, body {blob} NOT NULL);"
	"CREATE TABLE archive_half_hour (start {int} NOT NULL, series {int} NOT NULL, value {real},"
	" quality {small} NOT NULL, frame {int} NOT NULL, PRIMARY KEY (start, series)) {clustered};"
	"CREATE TABLE archive_hour (start {int} NOT NULL, series {int} NOT NULL, value {real},"
	" quality {small} NOT NULL, frame {int} NOT NULL, PRIMARY KEY (start, series)) {clustered};"
	"CREATE TABLE archive_day (start {int} NOT NULL, series {int} NOT NULL, value {real},"
	" quality {small} NOT NULL, frame {int} NOT NULL, PRIMARY KEY (start, series)) {clustered};"
	"CREATE TABLE archive_month (start {int} NOT NULL, series {int} NOT NULL, value {real},"
	" quality {small} NOT NULL, frame {int} NOT NULL, PRIMARY KEY (start, series)) {clustered};"
	"CREATE TABLE archive_block (series {int} NOT NULL, period {small} NOT NULL,"
	" month {int} NOT NULL, body {blob} NOT NULL, PRIMARY KEY (series, period, month));"
	"CREATE TABLE archive_history (id {id}, changed_utc {int} NOT NULL, period {small} NOT NULL,"
	" start {int} NOT NULL, series {int} NOT NULL, value {real}, quality {small} NOT NULL,"
	" frame {int} NOT NULL, who {text} NOT NULL, why {text} NOT NULL);"
	"CREATE INDEX archive_history_start ON archive_history (start, series);"
	"CREATE TABLE journal (seq {id}, utc {int} NOT NULL, period {small} NOT NULL,"
	" from_utc {int} NOT NULL, till_utc {int} NOT NULL, body {blob} NOT NULL);"

	"CREATE TABLE frame (id {id}, meter {int} NOT NULL, utc {int} NOT NULL, body {blob} NOT NULL);"
	"CREATE TABLE frame_pack (id {id}, last_utc {int} NOT NULL, body {blob} NOT NULL);"
	"CREATE TABLE event (id {id}, utc {int} NOT NULL, object {int} NOT NULL, code {key} NOT NULL,"
	" text {text} NOT NULL);"
	"CREATE INDEX event_object ON event (object, utc);"
	"CREATE INDEX event_utc ON event (utc);"

	"CREATE TABLE user_account (id {id}, login {key} NOT NULL, name {text} NOT NULL,"
	" hash {text} NOT NULL, lang {key} NOT NULL, is_enabled {int} NOT NULL);"
	"CREATE UNIQUE INDEX user_account_login ON user_account (login);"
	"CREATE TABLE user_grant (id {id}, user {int} NOT NULL, role {key} NOT NULL,"
	" place {int} NOT NULL);"
	"CREATE INDEX user_grant_user ON user_grant (user);"
	"CREATE TABLE user_session (token_hash {key} PRIMARY KEY, csrf {key} NOT NULL,"
	" user {int} NOT NULL, created_utc {int} NOT NULL, seen_utc {int} NOT NULL,"
	" expires_utc {int} NOT NULL);";

/* How the meter itself cuts days and months. */
static const char step_2[] =
	"ALTER TABLE meter ADD COLUMN report_hour {int} NOT NULL DEFAULT -1;"
	"ALTER TABLE meter ADD COLUMN report_day {int} NOT NULL DEFAULT 0;";

/* Computed channels, and the numbers they and the bills are computed with. */
static const char step_3[] =
	"ALTER TABLE channel ADD COLUMN code {key} NOT NULL DEFAULT '';"
	"ALTER TABLE channel ADD COLUMN upstream {int} NOT NULL DEFAULT 0;"
	"CREATE TABLE formula (id {id}, channel {int} NOT NULL, from_utc {int} NOT NULL,"
	" till_utc {int} NOT NULL, period {key} NOT NULL, text {text} NOT NULL, note {text} NOT NULL);"
	"CREATE TABLE parameter (id {id}, place {int} NOT NULL, code {key} NOT NULL,"
	" valid_from {key} NOT NULL, value {real}, unit {text} NOT NULL, text {text} NOT NULL,"
	" source {text} NOT NULL, is_confirmed {int} NOT NULL, note {text} NOT NULL);"
	/* What was billed stays as it was billed: months of channels as known when the period was
	 * closed; what is known since goes into the next period as a correction. */
	"CREATE TABLE closing (id {id}, place {int} NOT NULL, start {int} NOT NULL, till {int} NOT NULL,"
	" closed_utc {int} NOT NULL, who {text} NOT NULL, note {text} NOT NULL);"
	"CREATE UNIQUE INDEX closing_place ON closing (place, start);"
	"CREATE TABLE billed (closing {int} NOT NULL, series {int} NOT NULL, value {real},"
	" quality {small} NOT NULL, PRIMARY KEY (closing, series)) {clustered};"
	"CREATE TABLE correction (id {id}, closing {int} NOT NULL, of_closing {int} NOT NULL,"
	" series {int} NOT NULL, amount {real}, before {real}, after {real});"
	"CREATE INDEX correction_of ON correction (of_closing);";

/* What the validation found about archive values, and what persons decided. */
static const char step_4[] =
	"CREATE TABLE verdict (id {id}, seq {int} NOT NULL, series {int} NOT NULL,"
	" period {small} NOT NULL, start {int} NOT NULL, rule {key} NOT NULL,"
	" is_failure {small} NOT NULL, value {real}, measure {real}, bound {real}, other {real},"
	" found_utc {int} NOT NULL, state {small} NOT NULL, fill {real}, method {text} NOT NULL,"
	" decided_by {text} NOT NULL, decided_utc {int} NOT NULL, reason {text} NOT NULL,"
	" document {text} NOT NULL, comment {text} NOT NULL);"
	"CREATE INDEX verdict_series ON verdict (series, start);"
	"CREATE INDEX verdict_seq ON verdict (seq);"
	"CREATE INDEX verdict_state ON verdict (state, start);";

static const char *const steps[] = {step_1, step_2, step_3, step_4};

int migrations_newest(void)
{
	return (int)(sizeof(steps) / sizeof(steps[0]));
}

enum err migrations_current(struct sql *c, int *ret_version)
{
	bool has_meta = false;
	enum err e = sql_has_table(c, "meta", &has_meta);
	if (e || !has_meta) {
		*ret_version = 0;
		return e;
	}
	struct sql_stmt *st = sql_prepare_once(c, "SELECT value FROM meta WHERE name='schema'");
	*ret_version = sql_step(st) ? (int)sql_int(st, 0) : 0;
	return sql_done(st);
}

static enum err run_step(struct sql *c, int version)
{
	enum err e = sql_begin(c);
	if (e) {
		return e;
	}
	e = sql_script(c, steps[version - 1]);
	if (!e) {
		struct sql_stmt *st = sql_prepare_once(
			c, "REPLACE INTO meta (name, value) VALUES ('schema', ?)");
		sql_put_int(st, version);
		e = sql_run(st);
	}
	if (!e) {
		e = sql_commit(c);
	}
	if (e) {
		sql_rollback(c);
	}
	return e;
}

enum err migrations_run(struct sql *c, struct diag *diag)
{
	int version;
	enum err e = migrations_current(c, &version);
	if (e) {
		return sql_diag(c, e, diag);
	}
	if (version > migrations_newest()) {
		return err_set(diag, ERR_CONFLICT,
			"the database has schema %d, this program knows up to %d: install a newer domovoi",
			version, migrations_newest());
	}
	while (version < migrations_newest()) {
		version++;
		e = run_step(c, version);
		if (e) {
			return sql_diag(c, e, diag);
		}
	}
	return ERR_OK;
}
