#include "resume.h"
#include "../base/io.h"
#include "../base/plant.h"
#include "../data/type.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#define COPY "stdin."

/* ---- bytes as JSON: each as the code point of its number ---- */

static json_t *of_bytes(const char *data, size_t n)
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

static void add_bytes(struct pw_bytes *b, const json_t *value)
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

/* Takes over what an entry says of its parts. */
static void take_parts(struct pw_resume *r, const json_t *parts)
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

	take_parts(r, json_object_get(entry, "offsets"));
	json_array_foreach(json_object_get(entry, "pieces"), i, piece)
	{
		const char *key = json_string_value(json_array_get(piece, 0));
		if (key != NULL && pw_resume_is_copy(key))
			json_object_set_new(r->needed, key, json_true());
	}
	return 0;
}

/* All of a part, up to where it had been read, as a piece. */
static int add_merged(json_t *pieces, const char *key, const json_t *part)
{
	const json_t *at = json_object_get(part, "at"), *to = json_object_get(at, "offset");
	const json_t *path = json_object_get(at, "path"),
		     *modified = json_object_get(at, "modified");
	const char *name = path != NULL            ? json_string_value(path)
			   : strcmp(key, "-") == 0 ? "stdin"
						   : key;

	if (!json_is_integer(to))
		to = json_object_get(at, "bytes");
	if (!json_is_integer(to))
		return pw_fail(PW_STATE,
			       "%s: the journal does not say up to which byte it was read, so that "
			       "it can't be"
			       " read again for a new sink: begin anew with --reset",
			       key);
	json_array_append_new(pieces,
			      json_pack("[s,i,I,i,o,I]", key, 0, json_integer_value(to), 1,
					of_bytes(name, strlen(name)),
					json_is_integer(modified) ? json_integer_value(modified)
								  : (json_int_t)INT64_MIN));
	return 0;
}

static int make_merged(struct pw_resume *r)
{
	const struct pw_journal *j = &r->journal;
	const char *key;
	json_t *part;

	if (!j->has_merged || r->store->restart > j->merged)
		return 0;
	if (j->merged_gone)
		return pw_fail(PW_STATE,
			       "%s: parts of the source have gone since they were read, and a new"
			       " sink needs them: begin anew with --reset",
			       r->store->folder);
	json_t *pieces = json_array();
	int rc = 0;
	json_object_foreach(j->offsets, key, part) if (rc == 0) rc = add_merged(pieces, key, part);
	r->merged = json_pack("{s:o, s:o}", "time", pw_side_of_time(j->merged), "pieces", pieces);
	return rc;
}

int pw_resume_open(struct pw_resume *r, struct pw_store *store, bool all)
{
	const json_t *entry;
	int more = 0;

	*r = (struct pw_resume){.store = store,
				.all = all,
				.needed = json_object(),
				.parts = json_object(),
				.entries = json_array(),
				.pieces = json_array(),
				.changed = json_object(),
				.digest = pw_hash_stream_make(),
				.copy_fd = -1};
	if (pw_journal_open(&r->journal, store) < 0)
		return -1;
	r->is_new = r->journal.header == NULL;
	r->is_empty = !r->journal.has_last;
	take_parts(r, r->journal.offsets);
	pw_journal_scan(&r->journal, take_entry, r);
	while (all && (more = pw_journal_next(&r->journal, &entry)) > 0)
		json_array_append(r->entries, (json_t *)entry);
	return more < 0 ? -1 : all ? 0 : make_merged(r);
}

static int write_entry(struct pw_resume *r, json_t *entry)
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
		write_entry(r, r->late);
	pw_journal_close(&r->journal);
	json_decref(r->parts);
	json_decref(r->merged);
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
		json_array_append_new(list, of_bytes(items[i], strlen(items[i])));
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

int pw_resume_begin(struct pw_resume *r, char *const *options, size_t count, const char *format,
		    const struct pw_schema *found, const struct pw_schema *columns)
{
	return pw_journal_begin(&r->journal,
				json_pack("{s:o, s:s, s:o, s:o}", "options", texts(options, count),
					  "format", format, "found", columns_of(found), "columns",
					  columns_of(columns)));
}

const char *pw_resume_format(const struct pw_resume *r)
{
	return r->is_new ? NULL : json_string_value(json_object_get(r->journal.header, "format"));
}

int pw_resume_found(const struct pw_resume *r, struct pw_schema *found)
{
	const json_t *list = json_object_get(r->journal.header, "found");

	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *name = json_string_value(json_array_get(json_array_get(list, i), 0));
		const char *type = json_string_value(json_array_get(json_array_get(list, i), 1));
		struct pw_type t;
		if (name == NULL || type == NULL || pw_type_parse(pw_slice_of(type), &t) < 0 ||
		    pw_schema_add(found, pw_slice_of(name), t, false) < 0)
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

void pw_resume_header(const struct pw_resume *r, const char *key, struct pw_bytes *header)
{
	pw_bytes_clear(header);
	add_bytes(header, json_object_get(json_object_get(r->parts, key), "header"));
}

/* ---- copies of standard input that is new in each run ---- */

bool pw_resume_is_copy(const char *key)
{
	return strncmp(key, COPY, strlen(COPY)) == 0;
}

static int drop_unneeded(void *resume, const char *name)
{
	struct pw_resume *r = resume;

	if (!pw_resume_is_copy(name) || json_object_get(r->needed, name) != NULL)
		return 0;
	char *path = pw_mem_print("%s/%s", r->store->folder, name);
	const int rc = pw_io()->unlink(path) < 0 && errno != ENOENT ? -2 : 0;
	if (rc < 0)
		pw_fail_system(path);
	free(path);
	if (json_object_get(r->parts, name) != NULL)
		json_object_set_new(r->changed, name, json_null());
	return rc;
}

int pw_resume_copy_input(struct pw_resume *r)
{
	const int rc = pw_io_list(r->store->folder, drop_unneeded, r);

	if (rc < 0)
		return rc == -1 ? pw_fail_system(r->store->folder) : -1;
	r->copy = pw_mem_print(COPY "%" PRIu64, r->store->run);
	char *path = pw_mem_print("%s/%s", r->store->folder, r->copy);
	r->copy_fd = pw_io()->open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0600);
	if (r->copy_fd < 0 || pw_io_sync_directory(path) < 0)
		pw_fail_system(path);
	free(path);
	return r->copy_fd < 0 ? -1 : 0;
}

int pw_resume_copy_read(const struct pw_resume *r, const char *key, uint64_t at, size_t length,
			struct pw_bytes *bytes)
{
	char *path = pw_mem_print("%s/%s", r->store->folder, key);
	const int fd = pw_io()->open(path, O_RDONLY | O_NOFOLLOW, 0);
	ssize_t got = -1;

	if (fd >= 0 && pw_io()->lseek(fd, (off_t)at, SEEK_SET) >= 0)
		got = pw_io_read_full(fd, pw_bytes_room(bytes, length), length);
	if (got < 0 && errno == ENOENT)
		pw_fail(PW_STATE,
			"%s: is missing, and has to be read again: put it back, or begin anew with"
			" --reset",
			path);
	else if (got < 0)
		pw_fail_system(path);
	else if ((size_t)got < length)
		pw_fail(PW_STATE,
			"%s: ends before byte %" PRIu64
			", up to which it was written: begin anew with --reset",
			path, at + length);
	else
		bytes->length += length;
	if (fd >= 0)
		pw_io()->close(fd);
	free(path);
	return got < 0 || (size_t)got < length ? -1 : 0;
}

/* ---- playing again ---- */

/* The entry in hand has been played: the next one becomes r->entries. 1; 0: there is none; -1 */
static int fetch_entry(struct pw_resume *r)
{
	const json_t *entry;

	json_array_clear(r->entries);
	r->at = 0;
	if (r->merged != NULL) {
		json_array_append_new(r->entries, r->merged);
		r->merged = NULL;
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
	add_bytes(&r->name, name);
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

static void print_digest(char digits[17], const struct pw_resume *r)
{
	snprintf(digits, 17, "%016" PRIx64, pw_hash_stream_value(r->digest));
}

/* Names the parts of an entry's pieces, for a message. */
static void name_parts(struct pw_bytes *b, const json_t *entry)
{
	const json_t *pieces = json_object_get(entry, "pieces");
	const json_t *name = json_array_get(json_array_get(pieces, 0), 4);

	if (name != NULL)
		add_bytes(b, name);
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

	print_digest(now, r);
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
	const pw_time own = j->has_last ? j->last + 1 : 0;

	if (j->has_last ? !j->ended : r->is_new && r->store->restart == 0)
		return own;
	return own > r->store->above ? own : r->store->above;
}

/* ---- reading on ---- */

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
					of_bytes(piece->name, strlen(piece->name)),
					(json_int_t)piece->modified));
}

void pw_resume_part(struct pw_resume *r, const char *key, const struct pw_bytes *at,
		    const struct pw_bytes *header)
{
	json_t *part = json_object();

	json_object_set_new(part, "at", json_loadb(at->data, at->length, JSON_DECODE_ANY, NULL));
	if (header->length > 0)
		json_object_set_new(part, "header", of_bytes(header->data, header->length));
	json_object_set_new(r->changed, key, part);
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
	}
	pw_bytes_release(&value);
	return 0;
}

int pw_resume_commit(struct pw_resume *r, struct pw_connector *c, pw_time time)
{
	char digits[17];

	if (c != NULL && add_parts(r, c) < 0)
		return -1;
	if (r->copy != NULL && pw_io_sync(r->copy_fd) < 0)
		return pw_fail_system(r->copy);
	print_digest(digits, r);
	json_t *entry = json_pack("{s:o, s:I, s:s, s:o, s:o}", "time", pw_side_of_time(time),
				  "rows", (json_int_t)r->rows, "digest", digits, "pieces",
				  r->pieces, "offsets", r->changed);
	if (r->from > 0)
		json_object_set_new(entry, "from", pw_side_of_time(r->from));
	if (r->ended)
		json_object_set_new(entry, "ended", json_true());
	r->pieces = json_array();
	r->changed = json_object();
	r->ended = false;
	r->from = 0;
	r->touched_count = 0;
	r->rows = 0;
	pw_hash_stream_start(r->digest);
	if (pw_plant(PW_PLANT_FRONTIER_BEFORE_JOURNAL)) { /* an entry is written one commit late */
		json_t *previous = r->late;
		r->late = entry;
		entry = previous;
	}
	return write_entry(r, entry);
}
