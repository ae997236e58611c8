#include "resume.h"
#include "../base/io.h"
#include "../base/plant.h"
#include "../data/type.h"
#include "resume_internal.h"

#include <stdlib.h>

/* ---- bytes as JSON: each as the code point of its number ---- */

json_t *pw_resume_of_bytes(const char *data, size_t n)
{
	struct pw_bytes b = {0};

	for (size_t i = 0; i < n; i++) {
		const unsigned char c = (unsigned char)data[i];
		if (c >= 0x80)
			pw_bytes_put(&b, (char)(0xc0 | c >> 6));
		pw_bytes_put(&b, (char)(c >= 0x80 ? 0x80 | (c & 0x3f) : c));
	}
	json_t *value = json_stringn(n > 0 ? b.data : "", b.length);
	pw_bytes_release(&b);
	return value;
}

void pw_resume_add_bytes(struct pw_bytes *b, const json_t *value)
{
	const unsigned char *s = (const unsigned char *)json_string_value(value);
	const size_t n = json_string_length(value);

	for (size_t i = 0; i < n; i++)
		if (s[i] >= 0x80 && i + 1 < n) {
			pw_bytes_put(b, (char)((s[i] & 3) << 6 | (s[i + 1] & 0x3f)));
			i++;
		} else {
			pw_bytes_put(b, (char)s[i]);
		}
}

/* ---- opening ---- */

void pw_resume_take_parts(struct pw_resume *r, const json_t *parts)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)parts, key, value)
	{
		if (json_is_null(value))
			json_object_del(r->parts, key);
		else
			json_object_set(r->parts, key, value);
	}
}

/* An entry that is to be played: how far each part has been read then, and the copies that it needs. */
static int take_entry(void *resume, const json_t *entry)
{
	struct pw_resume *r = resume;
	size_t i;
	json_t *piece;

	pw_resume_take_parts(r, json_object_get(entry, "offsets"));
	json_object_update(r->kinds, json_object_get(entry, "kinds"));
	json_array_foreach(json_object_get(entry, "pieces"), i, piece)
	{
		const char *key = json_string_value(json_array_get(piece, 0));
		if (key != NULL && pw_resume_is_copy(key))
			json_object_set_new(r->needed, key, json_true());
	}
	return 0;
}

/* All of a part from a byte on, up to where it had been read (or to `most`, if that is not NULL), as a piece. */
static int add_merged(json_t *pieces, const char *key, const json_t *part, const json_t *begin,
		      const json_t *most)
{
	const json_t *at = json_object_get(part, "at"), *to = json_object_get(at, "offset");
	const json_t *path = json_object_get(at, "path"),
		     *modified = json_object_get(at, "modified");
	const char *name = path != NULL            ? json_string_value(path)
			   : strcmp(key, "-") == 0 ? "stdin"
						   : key;

	if (!json_is_integer(to))
		to = json_object_get(at, "bytes");
	if (most != NULL)
		to = json_array_get(most, 0);
	if (!json_is_integer(to))
		return pw_fail(PW_STATE,
			       "%s: the journal does not say up to which byte it was read, so that "
			       "it can't be"
			       " read again for a new sink: begin anew with --reset",
			       key);
	const json_int_t from = json_integer_value(json_array_get(begin, 0));
	const json_int_t line = begin != NULL ? json_integer_value(json_array_get(begin, 1)) : 1;
	if (from == json_integer_value(to) && from > 0)
		return 0;
	json_array_append_new(pieces,
			      json_pack("[s,I,I,I,o,I]", key, from, json_integer_value(to), line,
					pw_resume_of_bytes(name, strlen(name)),
					json_is_integer(modified) ? json_integer_value(modified)
								  : (json_int_t)INT64_MIN));
	return 0;
}

/* begin, most: {KEY: [byte, line]} where a part's piece begins, or ends, and no other part has one; or NULL */
static int add_merged_entry(struct pw_resume *r, pw_time time, const json_t *begin,
			    const json_t *most)
{
	json_t *pieces = json_array();
	const char *key;
	json_t *part;
	int rc = 0;

	json_object_foreach(r->journal.offsets, key, part)
	{
		const json_t *end = json_object_get(most, key);
		if (rc == 0 && (most == NULL || end != NULL))
			rc = add_merged(pieces, key, part, json_object_get(begin, key), end);
	}
	json_t *entry = json_pack("{s:o, s:o}", "time", pw_side_of_time(time), "pieces", pieces);
	if (most != NULL)
		json_object_set(entry, "replayed", r->journal.replayed);
	json_array_append_new(r->merged, entry);
	return rc;
}

static int make_merged(struct pw_resume *r)
{
	const struct pw_journal *j = &r->journal;
	pw_time ended;

	if (!j->has_merged || r->store->restart > j->merged)
		return 0;
	if (j->merged_gone)
		return pw_fail(PW_STATE,
			       "%s: parts of the source have gone since they were read, and a new"
			       " sink needs them: begin anew with --reset",
			       r->store->folder);
	r->merged = json_array();
	if (!pw_journal_replayed(j, &ended) || ended > j->merged)
		return add_merged_entry(r, j->merged, NULL, NULL);
	json_t *parts = json_object_get(j->replayed, "parts");
	if (add_merged_entry(r, ended, NULL, parts) < 0)
		return -1;
	return ended < j->merged ? add_merged_entry(r, j->merged, parts, NULL) : 0;
}

int pw_resume_open(struct pw_resume *r, struct pw_store *store, bool all)
{
	const json_t *entry;
	int more = 0;

	*r = (struct pw_resume){.store = store,
				.all = all,
				.needed = json_object(),
				.parts = json_object(),
				.kinds = json_object(),
				.entries = json_array(),
				.pieces = json_array(),
				.changed = json_object(),
				.digest = pw_hash_stream_make(),
				.copy_fd = -1};
	if (pw_journal_open(&r->journal, store) < 0)
		return -1;
	r->is_new = r->journal.header == NULL;
	r->is_empty = !r->journal.has_last;
	pw_resume_take_parts(r, r->journal.offsets);
	json_object_update(r->kinds, r->journal.kinds);
	pw_journal_scan(&r->journal, take_entry, r);
	while (all && (more = pw_journal_next(&r->journal, &entry)) > 0)
		json_array_append(r->entries, (json_t *)entry);
	return more < 0 ? -1 : all ? 0 : make_merged(r);
}

void pw_resume_print_digest(char digits[17], const struct pw_resume *r)
{
	snprintf(digits, 17, "%016" PRIx64, pw_hash_stream_value(r->digest));
}

int pw_resume_write(struct pw_resume *r, json_t *entry)
{
	if (entry == NULL)
		return 0;
	return pw_journal_append(&r->journal, entry) < 0 ? -1 : pw_journal_sync(&r->journal);
}

void pw_resume_close(struct pw_resume *r)
{
	if (r->store == NULL)
		return;
	if (pw_plant(PW_PLANT_FRONTIER_BEFORE_JOURNAL))
		pw_resume_write(r, r->late);
	pw_journal_close(&r->journal);
	json_decref(r->parts);
	json_decref(r->kinds);
	json_decref(r->merged);
	json_decref(r->replayed);
	json_decref(r->needed);
	json_decref(r->entries);
	json_decref(r->pieces);
	json_decref(r->changed);
	pw_hash_stream_free(r->digest);
	free(r->touched);
	free(r->copy);
	if (r->copy_fd >= 0)
		pw_io()->close(r->copy_fd);
	pw_bytes_release(&r->name);
	*r = (struct pw_resume){0};
}

/* ---- what the pipeline is like ---- */

static json_t *texts(char *const *items, size_t count)
{
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, pw_resume_of_bytes(items[i], strlen(items[i])));
	return list;
}

static json_t *columns_of(const struct pw_schema *s)
{
	json_t *list = json_array();

	for (size_t i = 0; i < s->count; i++)
		json_array_append_new(list, json_pack("[s,s]", s->fields[i].name,
						      pw_type_name(s->fields[i].type)));
	return list;
}

/* The columns found; a third item says that one was undecided, and what values it had had. */
static json_t *found_of(const struct pw_found *f)
{
	json_t *list = columns_of(&f->schema);

	for (size_t i = 0; i < f->schema.count; i++) {
		const struct pw_found_column *c = &f->columns[i];
		if (pw_infer_verdict(c->seen, c->json).open)
			json_array_append_new(json_array_get(list, i), json_integer(c->seen));
	}
	return list;
}

int pw_resume_begin(struct pw_resume *r, char *const *options, size_t count, const char *format,
		    char delimiter, const struct pw_found *found, const struct pw_schema *columns)
{
	json_t *header =
		json_pack("{s:o, s:s, s:o, s:o}", "options", texts(options, count), "format",
			  format, "found", found_of(found), "columns", columns_of(columns));

	if (delimiter != 0)
		json_object_set_new(header, "delimiter", json_stringn(&delimiter, 1));
	return pw_journal_begin(&r->journal, header);
}

char pw_resume_delimiter(const struct pw_resume *r)
{
	const char *text =
		r->is_new || r->store == NULL
			? NULL
			: json_string_value(json_object_get(r->journal.header, "delimiter"));

	return text != NULL ? text[0] : 0;
}

const char *pw_resume_format(const struct pw_resume *r)
{
	return r->is_new ? NULL : json_string_value(json_object_get(r->journal.header, "format"));
}

/* The kinds of values that a column has had; those of one that is decided say that it is a text. */
static uint32_t seen_of(const struct pw_resume *r, const json_t *column)
{
	const char *name = json_string_value(json_array_get(column, 0));
	const json_t *first = json_array_get(column, 2), *later = json_object_get(r->kinds, name);

	if (!json_is_integer(first))
		return PW_KIND_TEXT;
	return (uint32_t)(json_integer_value(first) | json_integer_value(later));
}

int pw_resume_found(const struct pw_resume *r, struct pw_found *found)
{
	const json_t *list = json_object_get(r->journal.header, "found");
	const char *format = pw_resume_format(r);
	const bool json = format != NULL && strcmp(format, pw_json.name) == 0;

	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *name = json_string_value(json_array_get(json_array_get(list, i), 0));
		const char *type = json_string_value(json_array_get(json_array_get(list, i), 1));
		struct pw_type t;
		if (name == NULL || type == NULL || pw_type_parse(pw_slice_of(type), &t) < 0 ||
		    pw_found_typed(found, pw_slice_of(name), t, seen_of(r, json_array_get(list, i)),
				   json) < 0)
			return pw_fail(PW_STATE,
				       "%s: the columns in it are damaged: begin anew with --reset",
				       r->journal.path);
	}
	return 0;
}

static int differs(const struct pw_resume *r, const char *what)
{
	return pw_fail(PW_STATE,
		       "%s: the pipeline was begun with other %s: give those again, or begin"
		       " anew with --reset",
		       r->store->folder, what);
}

int pw_resume_check(const struct pw_resume *r, char *const *options, size_t count,
		    const struct pw_schema *columns)
{
	json_t *now = texts(options, count);
	const bool same_options = json_equal(now, json_object_get(r->journal.header, "options"));

	json_decref(now);
	if (!same_options)
		return differs(r, "options");
	now = columns_of(columns);
	const bool same_columns = json_equal(now, json_object_get(r->journal.header, "columns"));
	json_decref(now);
	return same_columns ? 0 : differs(r, "columns");
}

int pw_resume_seek(struct pw_resume *r, struct pw_connector *c)
{
	struct pw_offsets offsets = {0};
	const char *key;
	json_t *part;

	json_object_foreach(r->parts, key, part)
	{
		char *value =
			json_dumps(json_object_get(part, "at"), JSON_COMPACT | JSON_ENCODE_ANY);
		pw_offsets_set(&offsets, key, value != NULL ? value : "null");
		free(value);
	}
	const int rc = offsets.count > 0 ? c->kind->seek(c, &offsets) : 0;
	pw_offsets_release(&offsets);
	return rc;
}

void pw_resume_find_greatest(struct pw_resume *r)
{
	const char *key;
	json_t *part;

	json_object_foreach(r->parts, key, part)
	{
		const char *text = json_string_value(json_object_get(part, "greatest"));
		const long double x = text != NULL ? strtold(text, NULL) : 0;
		if (text == NULL || (r->has_greatest && x <= r->greatest))
			continue;
		r->has_greatest = true;
		r->greatest = x;
	}
}

void pw_resume_header(const struct pw_resume *r, const char *key, struct pw_bytes *header)
{
	pw_bytes_clear(header);
	pw_resume_add_bytes(header, json_object_get(json_object_get(r->parts, key), "header"));
}
