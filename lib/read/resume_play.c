/* Commits of earlier runs are played again. */
#include "resume_internal.h"

/* The entry in hand has been played: the next one becomes r->entries. 1; 0: there is none; -1 */
static int fetch_entry(struct pw_resume *r)
{
	const json_t *entry;

	json_array_clear(r->entries);
	r->at = 0;
	if (json_array_size(r->merged) > 0) {
		json_array_append(r->entries, json_array_get(r->merged, 0));
		json_array_remove(r->merged, 0);
		return 1;
	}
	const int more = pw_journal_next(&r->journal, &entry);
	if (more > 0)
		json_array_append(r->entries, (json_t *)entry);
	return more;
}

int pw_resume_next_commit(struct pw_resume *r, pw_time *time)
{
	if (!r->all && fetch_entry(r) < 0)
		return -1;
	if (r->at == json_array_size(r->entries)) {
		json_array_clear(r->entries);
		r->at = 0;
		return 0;
	}
	r->piece_at = 0;
	r->rows = 0;
	pw_hash_stream_start(r->digest);
	return pw_side_time(json_array_get(r->entries, r->at), "time", time) < 0 ? -1 : 1;
}

int pw_resume_next_piece(struct pw_resume *r, struct pw_resume_piece *piece)
{
	const json_t *pieces = json_object_get(json_array_get(r->entries, r->at), "pieces");
	json_int_t from, to, line, modified = INT64_MIN;
	const json_t *name;

	*piece = (struct pw_resume_piece){0};
	if (r->piece_at >= json_array_size(pieces))
		return 0;
	if (json_unpack(json_array_get(pieces, r->piece_at++), "[s,I,I,I,o,I]", &piece->key, &from,
			&to, &line, &name, &modified) < 0 ||
	    from < 0 || to < from || line < 1)
		return pw_fail(PW_STATE,
			       "%s: a piece of a commit is damaged: begin anew with --reset",
			       r->journal.path);
	pw_bytes_clear(&r->name);
	pw_resume_add_bytes(&r->name, name);
	piece->name = pw_bytes_string(&r->name);
	piece->from = (uint64_t)from;
	piece->to = (uint64_t)to;
	piece->line = (uint64_t)line;
	piece->modified = modified;
	return 1;
}

void pw_resume_add(struct pw_resume *r, const void *data, size_t length)
{
	pw_hash_stream_add(r->digest, data, length);
}

pw_time pw_resume_from(const struct pw_resume *r)
{
	const json_t *entry = json_array_get(r->entries, r->at);
	pw_time from = 0;

	if (json_object_get(entry, "from") != NULL && pw_side_time(entry, "from", &from) < 0)
		pw_fail_clear();
	return from;
}

bool pw_resume_ends_replay(const struct pw_resume *r)
{
	return json_object_get(json_array_get(r->entries, r->at), "replayed") != NULL;
}

bool pw_resume_plays_replay(const struct pw_resume *r)
{
	pw_time ended;

	return !pw_journal_replayed(&r->journal, &ended) || r->store->restart <= ended;
}

/* Names the parts of an entry's pieces, for a message. */
static void name_parts(struct pw_bytes *b, const json_t *entry)
{
	const json_t *pieces = json_object_get(entry, "pieces");
	const json_t *name = json_array_get(json_array_get(pieces, 0), 4);

	if (name != NULL)
		pw_resume_add_bytes(b, name);
	else
		pw_bytes_text(b, "the source");
	if (json_array_size(pieces) > 1)
		pw_bytes_print(b, " and %zu more", json_array_size(pieces) - 1);
}

int pw_resume_played(struct pw_resume *r)
{
	const json_t *entry = json_array_get(r->entries, r->at);
	const char *digest = json_string_value(json_object_get(entry, "digest"));
	struct pw_bytes names = {0};
	uint64_t rows;
	char now[17];

	pw_resume_print_digest(now, r);
	const bool merged =
		json_object_get(entry, "digest") == NULL && json_object_get(entry, "rows") == NULL;
	if (merged) {
		digest = now;
		rows = r->rows;
	} else if (pw_side_whole(entry, "rows", &rows) < 0 || digest == NULL) {
		return pw_fail_at("%s", r->journal.path);
	}
	if (strcmp(digest, now) == 0 && rows == r->rows) {
		r->at++;
		pw_hash_stream_start(r->digest);
		r->rows = 0;
		return 0;
	}
	name_parts(&names, entry);
	pw_fail(PW_STATE,
		"%s: has changed since it was read: it gave %" PRIu64 " row%s with digest %s, and"
		" now gives %" PRIu64 " with %s: put it back, or begin anew with --reset",
		pw_bytes_string(&names), rows, rows == 1 ? "" : "s", digest, r->rows, now);
	pw_bytes_release(&names);
	return -1;
}

int pw_resume_fail_finished(const struct pw_resume *r)
{
	return pw_fail(PW_STATE,
		       "%s: the pipeline has finished, and there is more to read:"
		       " begin anew with --reset",
		       r->store->path);
}

pw_time pw_resume_floor(const struct pw_resume *r)
{
	const struct pw_journal *j = &r->journal;
	const pw_time own = j->has_last ? j->last + 1 : 0, floor = pw_store_floor(r->store);

	return own > floor ? own : floor;
}
