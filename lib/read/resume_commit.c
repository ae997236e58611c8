/* Reading on: what the commit in the making is made of, and its entry of the journal. */
#include "../base/io.h"
#include "../base/plant.h"
#include "resume_internal.h"

#include <stdlib.h>

static void touch(struct pw_resume *r, struct pw_origin *origin)
{
	for (size_t i = r->touched_count; i > 0; i--)
		if (r->touched[i - 1] == origin)
			return;
	r->touched = pw_mem_grow(r->touched, &r->touched_capacity, r->touched_count + 1,
				 sizeof *r->touched);
	r->touched[r->touched_count++] = origin;
}

/* What a part is called in the journal. */
static const char *key_of(const struct pw_resume *r, const struct pw_origin *origin)
{
	return r->copy != NULL ? r->copy : origin->key;
}

void pw_resume_piece(struct pw_resume *r, const struct pw_resume_piece *piece)
{
	json_array_append_new(r->pieces,
			      json_pack("[s,I,I,I,o,I]", piece->key, (json_int_t)piece->from,
					(json_int_t)piece->to, (json_int_t)piece->line,
					pw_resume_of_bytes(piece->name, strlen(piece->name)),
					(json_int_t)piece->modified));
}

void pw_resume_part(struct pw_resume *r, const char *key, const struct pw_bytes *at,
		    const struct pw_bytes *header)
{
	json_t *part = json_object();

	json_object_set_new(part, "at", json_loadb(at->data, at->length, JSON_DECODE_ANY, NULL));
	if (header->length > 0)
		json_object_set_new(part, "header",
				    pw_resume_of_bytes(header->data, header->length));
	json_object_set_new(r->changed, key, part);
}

/* A later run is to know what the group has been told of this reader. */
static void add_greatest(const struct pw_resume *r, const char *key)
{
	char *text = pw_mem_print("%La", r->greatest);

	json_object_set_new(json_object_get(r->changed, key), "greatest", json_string(text));
	free(text);
}

int pw_resume_consumed(struct pw_resume *r, struct pw_origin *origin, uint64_t line,
		       const char *data, size_t n)
{
	const char *key = key_of(r, origin);
	const size_t count = json_array_size(r->pieces);
	json_t *last = count > 0 ? json_array_get(r->pieces, count - 1) : NULL;
	const json_int_t to = (json_int_t)(origin->offset + n);

	pw_hash_stream_add(r->digest, data, n);
	touch(r, origin);
	if (r->copy != NULL && pw_io_write_full(r->copy_fd, data, n) < 0)
		return pw_fail_system(r->copy);
	if (last != NULL && strcmp(json_string_value(json_array_get(last, 0)), key) == 0 &&
	    (uint64_t)json_integer_value(json_array_get(last, 2)) == origin->offset) {
		json_array_set_new(last, 2, json_integer(to));
		return 0;
	}
	const struct pw_resume_piece piece = {.key = key,
					      .name = origin->name,
					      .modified = origin->modified,
					      .from = origin->offset,
					      .to = (uint64_t)to,
					      .line = line};
	pw_resume_piece(r, &piece);
	return 0;
}

void pw_resume_ended(struct pw_resume *r, const struct pw_origin *origin)
{
	if (r->copy != NULL)
		return;
	for (size_t i = 0; i < r->touched_count; i++)
		if (r->touched[i] == origin)
			r->touched[i--] = r->touched[--r->touched_count];
	json_object_set_new(r->changed, origin->key, json_null());
}

void pw_resume_begun(struct pw_resume *r, struct pw_origin *origin)
{
	if (r->copy == NULL && origin->offset > 0)
		touch(r, origin);
}

/* Notes how far each part has been read that the commit has touched. */
static int add_parts(struct pw_resume *r, struct pw_connector *c)
{
	struct pw_bytes value = {0};

	for (size_t i = 0; i < r->touched_count; i++) {
		const struct pw_origin *o = r->touched[i];
		pw_bytes_clear(&value);
		if (c->kind->offset(c, o, &value) < 0) {
			pw_bytes_release(&value);
			return -1;
		}
		pw_resume_part(r, key_of(r, o), &value, &o->header);
		if (r->has_greatest)
			add_greatest(r, key_of(r, o));
	}
	pw_bytes_release(&value);
	return 0;
}

void pw_resume_remember(struct pw_resume *r, const struct pw_layout *layout)
{
	r->layout = layout;
}

/* Undecided columns whose values have said more since the last commit: {COLUMN: kinds}, or NULL. */
static json_t *new_kinds(struct pw_resume *r)
{
	json_t *kinds = NULL;

	if (r->layout == NULL || r->layout->undecided_count == 0)
		return NULL;
	for (size_t i = 0; i < r->layout->view.count; i++) {
		const struct pw_parser_column *c = &r->layout->columns[i];
		if (c->undecided == NULL)
			continue;
		const json_int_t seen = c->undecided->seen;
		if (seen == json_integer_value(json_object_get(r->kinds, c->name)))
			continue;
		json_object_set_new(r->kinds, c->name, json_integer(seen));
		if (kinds == NULL)
			kinds = json_object();
		json_object_set_new(kinds, c->name, json_integer(seen));
	}
	return kinds;
}

int pw_resume_commit(struct pw_resume *r, struct pw_connector *c, pw_time time)
{
	char digits[17];

	if (c != NULL && add_parts(r, c) < 0)
		return -1;
	if (r->copy != NULL && pw_io_sync(r->copy_fd) < 0)
		return pw_fail_system(r->copy);
	pw_resume_print_digest(digits, r);
	json_t *entry = json_pack("{s:o, s:I, s:s, s:o, s:o}", "time", pw_side_of_time(time),
				  "rows", (json_int_t)r->rows, "digest", digits, "pieces",
				  r->pieces, "offsets", r->changed);
	if (r->from > 0)
		json_object_set_new(entry, "from", pw_side_of_time(r->from));
	json_t *kinds = new_kinds(r);
	if (kinds != NULL)
		json_object_set_new(entry, "kinds", kinds);
	if (r->replayed != NULL)
		json_object_set_new(entry, "replayed", r->replayed);
	r->replayed = NULL;
	if (c == NULL) /* a replay, which may go on with a connector */
		pw_resume_take_parts(r, r->changed);
	r->pieces = json_array();
	r->changed = json_object();
	r->from = 0;
	r->touched_count = 0;
	r->rows = 0;
	pw_hash_stream_start(r->digest);
	if (pw_plant(PW_PLANT_FRONTIER_BEFORE_JOURNAL)) { /* an entry is written one commit late */
		json_t *previous = r->late;
		r->late = entry;
		entry = previous;
	}
	return pw_resume_write(r, entry);
}

void pw_resume_end_replay(struct pw_resume *r, pw_time time)
{
	json_t *parts = json_object(), *part;
	const char *key;

	pw_resume_take_parts(r, r->changed);
	json_object_foreach(r->parts, key, part)
	{
		json_t *at = json_object_get(part, "at");
		json_object_set_new(parts, key,
				    json_pack("[O,O]", json_object_get(at, "offset"),
					      json_object_get(at, "line")));
	}
	r->replayed = json_pack("{s:o, s:o}", "time", pw_side_of_time(time), "parts", parts);
	r->is_empty = false;
}

bool pw_resume_is_live(const struct pw_resume *r)
{
	return r->journal.replayed != NULL;
}

int pw_resume_end(struct pw_resume *r)
{
	return pw_journal_end(&r->journal);
}
