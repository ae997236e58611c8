/* The lines of a journal: its header, entries that are merged, and entries to come. */
#include "journal_internal.h"

#include <stdlib.h>

static int take_header(struct pw_journal *j, json_t *value)
{
	const char *stage;
	uint64_t run;

	if (pw_side_version(value) < 0 || pw_side_whole(value, "run", &run) < 0 ||
	    pw_side_text(value, "stage", &stage) < 0)
		return -1;
	if (json_object_get(value, "lines") != NULL && pw_side_whole(value, "lines", &j->lines) < 0)
		return -1;
	if (j->store == NULL) /* only to be verified */
		return 0;
	if (strcmp(stage, j->store->name) != 0)
		return pw_fail(PW_STATE, "it is of stage %.64s, expected %s", stage,
			       j->store->name);
	if (run > j->store->run)
		return pw_fail(PW_STATE,
			       "it is of run %" PRIu64 ", and this is run %" PRIu64
			       ": `run` is stale",
			       run, j->store->run);
	j->header = json_incref(json_object_get(value, "header"));
	return json_is_object(j->header) ? 0 : pw_fail(PW_STATE, "it has no header");
}

/* The last value of each key. */
static int merge(struct pw_journal *j, const json_t *entry)
{
	const json_t *offsets = json_object_get(entry, "offsets");
	json_t *kinds = json_object_get(entry, "kinds");
	const char *key;
	json_t *value;

	if (offsets != NULL && !json_is_object(offsets))
		return pw_fail(PW_STATE, "its offsets are no object");
	if (kinds != NULL && json_object_update(j->kinds, kinds) < 0)
		return pw_fail(PW_STATE, "its kinds are no object");
	json_object_foreach((json_t *)offsets, key, value)
	{
		j->merged_gone |= json_is_null(value);
		if (json_is_null(value))
			json_object_del(j->offsets, key);
		else
			json_object_set(j->offsets, key, value);
	}
	return 0;
}

static int take_replayed(struct pw_journal *j, json_t *replayed)
{
	pw_time time;

	if (replayed == NULL)
		return 0;
	json_decref(j->replayed);
	j->replayed = json_incref(replayed);
	return pw_side_time(replayed, "time", &time) < 0 ? pw_fail_at("replayed") : 0;
}

static int take_entry(struct pw_journal *j, const json_t *entry, const struct pw_line *line,
		      pw_time below)
{
	pw_time time;
	uint64_t run;

	j->ended = json_object_get(entry, "time") == NULL;
	if (j->ended)
		return pw_side_whole(entry, "ended", &run);
	if (pw_side_time(entry, "time", &time) < 0)
		return -1;
	if (j->has_last && time <= j->last)
		return pw_fail(PW_STATE,
			       "its time %" PRIu64 " is not above %" PRIu64
			       ", that of the line above",
			       time, j->last);
	j->has_last = true;
	j->last = time;
	if (take_replayed(j, json_object_get(entry, "replayed")) < 0)
		return -1;
	if (time < below || json_is_true(json_object_get(entry, "merged"))) {
		j->has_merged = true;
		j->merged = time;
		j->merged_gone |= json_is_true(json_object_get(entry, "gone"));
		return merge(j, entry);
	}
	pw_bytes_add(&j->entries, line->json.data, line->json.length);
	pw_bytes_put(&j->entries, '\n');
	return 0;
}

static int take_line(struct pw_journal *j, const struct pw_line *line, pw_time below)
{
	json_error_t error;
	json_t *value =
		json_loadb(line->json.data, line->json.length, JSON_REJECT_DUPLICATES, &error);
	int rc;

	if (value == NULL)
		rc = pw_fail(PW_STATE, "byte %d: %s", error.position, error.text);
	else if (line->from == 0)
		rc = take_header(j, value);
	else
		rc = take_entry(j, value, line, below);
	json_decref(value);
	return rc;
}

/*
 * Does a sound line after the damaged one at from say that it was durable? A
 * line is sound if it is chained to the line above, be that sound or not.
 */
static bool vouched_for(struct pw_slice text, size_t from)
{
	struct pw_line_chain chain = {""};
	struct pw_line line;

	for (size_t at = from; at < text.length;) {
		const char *end = memchr(text.data + at, '\n', text.length - at);
		if (end == NULL)
			return false;
		if (pw_line_next(text, &at, &chain, &line) > 0 && line.durable > from)
			return true;
		at = (size_t)(end - text.data) + 1;
	}
	return false;
}

int pw_journal_take(struct pw_journal *j, struct pw_slice text, pw_time below, size_t *at)
{
	struct pw_line_chain chain = {""};
	struct pw_line line;
	size_t number = 0;
	int rc;

	for (;;) {
		const struct pw_line_chain last = chain;
		rc = pw_line_next(text, at, &chain, &line);
		if (rc <= 0) {
			j->chain = last;
			break;
		}
		number++;
		if (take_line(j, &line, below) < 0)
			return pw_fail_at("line %zu", number);
	}
	if (rc == 0 && number == 0)
		return pw_fail(PW_STATE, "it is empty");
	if (rc == 0)
		return 0;
	if (number == 0 || number < j->lines || vouched_for(text, *at))
		return pw_fail_at("line %zu", number + 1);
	pw_fail_clear(); /* torn: it had not been synced when the program or the machine died */
	return 0;
}
