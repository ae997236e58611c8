#include "../store/side.h"
#include "follow_internal.h"
#include "track_internal.h"

#include <stdlib.h>

/* ---- copies as JSON ---- */

static json_t *of_name(const struct pw_copy *copy)
{
	return copy != NULL && copy->name != NULL ? json_string(copy->name) : json_null();
}

static json_t *of_check(const struct pw_copy *copy)
{
	char digits[17];

	if (copy == NULL || copy->name == NULL)
		return json_null();
	snprintf(digits, sizeof digits, "%016" PRIx64, copy->check);
	return json_string(digits);
}

/* The caller frees the name. A null stands for no copy. */
static int take_copy(const struct pw_track *t, const json_t *name, const json_t *check,
		     struct pw_copy *copy)
{
	const char *digits = json_string_value(check);
	char *end = NULL;

	*copy = PW_COPY_NONE;
	if (json_is_null(name))
		return 0;
	if (digits != NULL)
		copy->check = strtoull(digits, &end, 16);
	if (!json_is_string(name) || strchr(json_string_value(name), '/') != NULL ||
	    digits == NULL || strlen(digits) != 16 || *end != '\0')
		return pw_fail(PW_STATE,
			       "%s: a copy of a tracked file has no name or no check: begin anew "
			       "with --reset",
			       t->follow->resume->journal.path);
	copy->name = pw_mem_copy(json_string_value(name), json_string_length(name));
	return 0;
}

static int take_table(const struct pw_track *t, const json_t *part, struct pw_copy *copy)
{
	return take_copy(t, json_object_get(part, "copy"), json_object_get(part, "check"), copy);
}

/* ---- the commits that are to be played ---- */

struct needed {
	json_t *names;
};

static bool is_needed(void *of, const char *name)
{
	const struct needed *n = of;

	return json_object_get(n->names, name) != NULL;
}

static void need_name(struct needed *n, const json_t *name)
{
	if (json_is_string(name))
		json_object_set_new(n->names, json_string_value(name), json_true());
}

static void need_tables(struct needed *n, const json_t *parts)
{
	const char *key;
	json_t *part;

	json_object_foreach((json_t *)parts, key, part) need_name(n, json_object_get(part, "copy"));
}

static int sweep(struct pw_track *t)
{
	const struct pw_resume *r = t->follow->resume;
	struct needed n = {json_object()};
	size_t i, j;
	json_t *entry, *piece;

	need_tables(&n, r->parts);
	need_tables(&n, t->base);
	json_array_foreach(r->entries, i, entry)
	{
		need_tables(&n, json_object_get(entry, "offsets"));
		json_array_foreach(json_object_get(entry, "pieces"), j, piece)
		{
			need_name(&n, json_array_get(piece, 1));
			need_name(&n, json_array_get(piece, 3));
		}
	}
	const int rc = pw_copies_sweep(&t->copies, is_needed, &n);
	json_decref(n.names);
	return rc;
}

static bool has(const struct pw_track *t, const json_t *name)
{
	return !json_is_string(name) || pw_copies_has(&t->copies, json_string_value(name));
}

static bool has_copies(const struct pw_track *t, const json_t *entry)
{
	size_t i;
	json_t *piece;

	json_array_foreach(json_object_get(entry, "pieces"), i,
			   piece) if (!has(t, json_array_get(piece, 1)) ||
				      !has(t, json_array_get(piece, 3))) return false;
	return true;
}

static void merge(json_t *into, const json_t *offsets)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)offsets, key, value)
	{
		if (json_is_null(value))
			json_object_del(into, key);
		else
			json_object_set(into, key, value);
	}
}

/*
 * R has gone back to the start, for a new sink: commits that all other sinks
 * have passed may be merged in the journal, or have lost copies. Those commits
 * are played as one, which has the tables as they were after the last of them.
 */
static int find_base(struct pw_track *t)
{
	struct pw_resume *r = t->follow->resume;
	const struct pw_journal *j = &r->journal;
	size_t count = 0;

	if (r->store->restart != 0)
		return 0;
	for (size_t i = 0; i < json_array_size(r->entries); i++)
		if (!has_copies(t, json_array_get(r->entries, i)))
			count = i + 1;
	if (count == 0 && !j->has_merged)
		return 0;
	t->base = json_deep_copy(j->offsets);
	t->base_time = j->merged;
	for (; count > 0; count--) {
		const json_t *entry = json_array_get(r->entries, 0);
		merge(t->base, json_object_get(entry, "offsets"));
		if (pw_side_time(entry, "time", &t->base_time) < 0)
			return -1;
		json_array_remove(r->entries, 0);
	}
	t->base_at = json_object_iter(t->base);
	return 0;
}

int pw_track_play_open(struct pw_track *t)
{
	const char *key;
	json_t *part;

	json_object_foreach(t->follow->resume->parts, key, part)
	{
		struct pw_copy copy;
		if (take_table(t, part, &copy) < 0)
			return -1;
		pw_track_put(t, key, copy);
	}
	return find_base(t) < 0 ? -1 : sweep(t);
}

/* ---- playing ---- */

static int send(struct pw_track *t, struct pw_copy *old, struct pw_copy *new)
{
	const int rc = pw_copy_diff_open(&t->diff, &t->copies, old, new);

	pw_copy_release(old);
	pw_copy_release(new);
	t->sending = rc == 0;
	return rc;
}

static int play_base(struct pw_track *t)
{
	struct pw_copy none = PW_COPY_NONE, copy;

	t->follow->time = t->base_time;
	t->follow->phase = PW_FOLLOW_COMMIT;
	if (t->base_at == NULL) {
		json_decref(t->base);
		t->base = NULL;
		return pw_follow_played(t->follow);
	}
	if (take_table(t, json_object_iter_value(t->base_at), &copy) < 0)
		return -1;
	t->base_at = json_object_iter_next(t->base, t->base_at);
	return send(t, &none, &copy);
}

static int play_piece(struct pw_track *t)
{
	struct pw_resume *r = t->follow->resume;
	const json_t *pieces = json_object_get(json_array_get(r->entries, r->at), "pieces");
	const json_t *piece = json_array_get(pieces, t->piece_at);
	struct pw_copy old, new;

	if (piece == NULL) {
		r->at++;
		return pw_follow_played(t->follow);
	}
	t->piece_at++;
	if (take_copy(t, json_array_get(piece, 1), json_array_get(piece, 2), &old) < 0 ||
	    take_copy(t, json_array_get(piece, 3), json_array_get(piece, 4), &new) < 0)
		return -1;
	return send(t, &old, &new);
}

static void read_on(struct pw_follow *f)
{
	json_array_clear(f->resume->entries);
	f->resume->at = 0;
	f->phase = PW_FOLLOW_READING;
	pw_follow_open_commits(f, true);
}

int pw_track_play(struct pw_track *t)
{
	struct pw_follow *f = t->follow;
	struct pw_resume *r = f->resume;

	if (t->base != NULL)
		return play_base(t);
	if (f->phase == PW_FOLLOW_COMMIT)
		return play_piece(t);
	if (r->at == json_array_size(r->entries)) {
		read_on(f);
		return 0;
	}
	f->phase = PW_FOLLOW_COMMIT;
	t->piece_at = 0;
	return pw_side_time(json_array_get(r->entries, r->at), "time", &f->time);
}

/* ---- the commit in the making ---- */

void pw_track_note(struct pw_track *t, const struct pw_copy *old)
{
	struct pw_resume *r = t->follow->resume;
	const uint64_t checks[2] = {old != NULL ? old->check : 0,
				    t->fresh.name != NULL ? t->fresh.check : 0};

	pw_hash_stream_add(r->digest, checks, sizeof checks);
	json_array_append_new(r->pieces,
			      json_pack("[s,o,o,o,o]", t->origin->key, of_name(old), of_check(old),
					of_name(&t->fresh), of_check(&t->fresh)));
}

int pw_track_note_table(struct pw_track *t, const struct pw_track_table *table)
{
	const struct pw_connector *c = t->follow->connector;
	struct pw_resume *r = t->follow->resume;
	struct pw_bytes at = {0};

	if (table == NULL) {
		json_object_set_new(r->changed, t->origin->key, json_null());
		return 0;
	}
	const int rc = c->kind->offset((struct pw_connector *)c, t->origin, &at);
	if (rc == 0)
		json_object_set_new(
			r->changed, t->origin->key,
			json_pack("{s:o, s:o, s:o}", "at", json_loadb(at.data, at.length, 0, NULL),
				  "copy", of_name(&table->copy), "check", of_check(&table->copy)));
	pw_bytes_release(&at);
	return rc;
}

int pw_track_commit(struct pw_track *t, pw_time time)
{
	struct pw_resume *r = t->follow->resume;
	char digits[17];

	if (pw_copies_sync(&t->copies) < 0)
		return -1;
	snprintf(digits, sizeof digits, "%016" PRIx64, pw_hash_stream_value(r->digest));
	json_t *entry = json_pack("{s:o, s:I, s:s, s:o, s:o}", "time", pw_side_of_time(time),
				  "rows", (json_int_t)r->rows, "digest", digits, "pieces",
				  r->pieces, "offsets", r->changed);
	r->pieces = json_array();
	r->changed = json_object();
	r->rows = 0;
	pw_hash_stream_start(r->digest);
	for (; t->old_committed < t->old_count; t->old_committed++)
		t->olds[t->old_committed].time = time;
	return pw_journal_append(&r->journal, entry) < 0 ? -1 : pw_journal_sync(&r->journal);
}
