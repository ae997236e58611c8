#include "identity.h"
#include "../base/hash.h"
#include "../base/utf8.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const uint32_t steps[PW_IDENTITY_STEPS] = {64, 256, 1024, PW_IDENTITY_BYTES};
static const uint32_t lasts[PW_IDENTITY_LASTS] = {256, 1024};

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

void pw_identity_set_head(struct pw_identity *id, const char *data, size_t n)
{
	const size_t length = n < PW_IDENTITY_BYTES ? n : PW_IDENTITY_BYTES;

	for (int i = 0; i < PW_IDENTITY_STEPS; i++)
		id->head[i] = steps[i] <= length ? pw_hash_checksum(data, steps[i]) : 0;
	id->head_length = (uint32_t)length;
	id->head[PW_IDENTITY_STEPS] = length > 0 ? pw_hash_checksum(data, length) : 0;
	id->first_length = (uint32_t)least(length, PW_IDENTITY_PLAIN);
	memset(id->first, 0, sizeof id->first);
	if (id->first_length > 0)
		memcpy(id->first, data, id->first_length);
}

void pw_identity_set_tail(struct pw_identity *id, const char *data, size_t n)
{
	const size_t length = n < PW_IDENTITY_BYTES ? n : PW_IDENTITY_BYTES;

	id->tail_length = (uint32_t)length;
	id->tail = length > 0 ? pw_hash_checksum(data + n - length, length) : 0;
	for (int i = 0; i < PW_IDENTITY_LASTS; i++)
		id->lasts[i] =
			lasts[i] <= length ? pw_hash_checksum(data + n - lasts[i], lasts[i]) : 0;
	id->last_length = (uint32_t)least(length, PW_IDENTITY_LAST);
	memset(id->last, 0, sizeof id->last);
	if (id->last_length > 0)
		memcpy(id->last, data + n - id->last_length, id->last_length);
}

enum pw_identity_answer pw_identity_begins(const struct pw_identity *id, const char *data, size_t n)
{
	uint32_t length = id->head_length;
	uint64_t print = id->head[PW_IDENTITY_STEPS];

	if (length > n) {
		length = 0;
		for (int i = 0; i < PW_IDENTITY_STEPS && steps[i] <= n; i++) {
			length = steps[i];
			print = id->head[i];
		}
	}
	if (length == 0)
		return PW_IDENTITY_UNKNOWN;
	return pw_hash_checksum(data, length) == print ? PW_IDENTITY_SAME : PW_IDENTITY_OTHER;
}

bool pw_identity_resembles(const struct pw_identity *id, const char *data, size_t n)
{
	enum { AFTER = 32 }; /* bytes after the first line: a date, say, is no resemblance */
	const char *end = memchr(data, '\n', n);
	const size_t least = end == NULL ? n : (size_t)(end + 1 - data) + AFTER;
	const size_t most = id->head_length < n ? id->head_length : n;

	for (int i = 0; i < PW_IDENTITY_STEPS && steps[i] <= most; i++)
		if (steps[i] >= least && pw_hash_checksum(data, steps[i]) == id->head[i])
			return true;
	return id->head_length > 0 && n >= id->head_length &&
	       pw_identity_begins(id, data, n) == PW_IDENTITY_SAME;
}

bool pw_identity_shortened(const struct pw_identity *id, const char *data, size_t n)
{
	const size_t most = least(n, id->first_length);
	size_t same = 0;

	while (same < most && data[same] == id->first[same])
		same++;
	if (same <= id->header)
		return false;
	return same == n || (id->head_length < PW_IDENTITY_PLAIN &&
			     memchr(data + id->header, '\n', same - id->header) != NULL);
}

bool pw_identity_ends(const struct pw_identity *id, const char *data, size_t n)
{
	const size_t plain = least(n, id->last_length);

	if (plain == 0 || memcmp(data + n - plain, id->last + id->last_length - plain, plain) != 0)
		return false;
	for (int i = 0; i < PW_IDENTITY_LASTS; i++)
		if (lasts[i] <= n && lasts[i] <= id->tail_length && id->lasts[i] != 0 &&
		    pw_hash_checksum(data + n - lasts[i], lasts[i]) != id->lasts[i])
			return false;
	return id->tail_length > n || pw_identity_continues(id, data, n);
}

bool pw_identity_repeats(const struct pw_identity *id)
{
	const size_t from = least(id->header, id->first_length);
	const char *line = id->first + from;
	const char *end = memchr(line, '\n', id->first_length - from);
	const size_t n = end == NULL ? id->first_length - from : (size_t)(end + 1 - line);

	return n <= id->last_length && memcmp(line, id->last + id->last_length - n, n) == 0;
}

bool pw_identity_continues(const struct pw_identity *id, const char *data, size_t n)
{
	return n >= id->tail_length &&
	       (id->tail_length == 0 ||
		pw_hash_checksum(data + n - id->tail_length, id->tail_length) == id->tail);
}

char *pw_identity_text(const char *path)
{
	const bool valid = pw_utf8_valid(path, strlen(path));
	struct pw_bytes text = {0};

	for (const char *p = path; *p != '\0'; p++) {
		const unsigned char c = (unsigned char)*p;
		if (c == '%' || (!valid && c >= 0x80))
			pw_bytes_print(&text, "%%%02X", c);
		else
			pw_bytes_put(&text, *p);
	}
	pw_bytes_string(&text);
	return text.data;
}

char *pw_identity_path(const char *text)
{
	char *path = pw_mem_copy(text, strlen(text)), *to = path;
	unsigned c;

	for (const char *p = path; *p != '\0'; p++) {
		if (*p == '%' && sscanf(p + 1, "%2X", &c) == 1 && c > 0 && p[1] != '\0' &&
		    p[2] != '\0') {
			*to++ = (char)c;
			p += 2;
		} else {
			*to++ = *p;
		}
	}
	*to = '\0';
	return path;
}

static void encode_path(struct pw_bytes *out, const char *name, const char *path)
{
	char *text = pw_identity_text(path);
	json_t *quoted = json_string_nocheck(text);
	char *json = json_dumps(quoted, JSON_ENCODE_ANY | JSON_COMPACT);

	pw_bytes_print(out, "\"%s\":%s,", name, json);
	free(json);
	json_decref(quoted);
	free(text);
}

static void encode_plain(struct pw_bytes *out, const char *name, const char *data, size_t n)
{
	pw_bytes_print(out, ",\"%s\":\"", name);
	pw_bytes_hex(out, data, n);
	pw_bytes_put(out, '"');
}

void pw_identity_encode(struct pw_bytes *out, const char *path, const char *place, const char *home,
			const struct pw_identity *id)
{
	pw_bytes_put(out, '{');
	encode_path(out, "path", path);
	if (place != NULL)
		encode_path(out, "file", place);
	if (home != NULL)
		encode_path(out, "home", home);
	pw_bytes_print(out,
		       "\"device\":%llu,\"inode\":%llu,\"size\":%llu,"
		       "\"modified\":%lld,\"changed\":%lld,\"offset\":%llu,\"line\":%llu,"
		       "\"header\":%llu,\"head\":[%u",
		       (unsigned long long)id->device, (unsigned long long)id->inode,
		       (unsigned long long)id->size, (long long)id->modified,
		       (long long)id->changed, (unsigned long long)id->offset,
		       (unsigned long long)id->line, (unsigned long long)id->header,
		       id->head_length);
	for (int i = 0; i <= PW_IDENTITY_STEPS; i++)
		if (i == PW_IDENTITY_STEPS || steps[i] <= id->head_length)
			pw_bytes_print(out, ",\"%016llx\"", (unsigned long long)id->head[i]);
	pw_bytes_print(out, "],\"tail\":[%u,\"%016llx\"]", id->tail_length,
		       (unsigned long long)id->tail);
	encode_plain(out, "first", id->first, id->first_length);
	encode_plain(out, "last", id->last, id->last_length);
	pw_bytes_print(out, ",\"lasts\":[\"%016llx\",\"%016llx\"]}",
		       (unsigned long long)id->lasts[0], (unsigned long long)id->lasts[1]);
}

/* A print: 16 hexadecimal digits. */
static int print_of(const json_t *v, uint64_t *print)
{
	const char *text = json_string_value(v);
	char *end;

	if (text == NULL || strlen(text) != 16)
		return -1;
	*print = strtoull(text, &end, 16);
	return *end == '\0' ? 0 : -1;
}

static int length_of(const json_t *v, uint32_t *length)
{
	const json_int_t n = json_integer_value(v);

	*length = (uint32_t)n;
	return json_is_integer(v) && n >= 0 && n <= PW_IDENTITY_BYTES ? 0 : -1;
}

static int decode_head(struct pw_identity *id, const json_t *head)
{
	size_t at = 1;

	if (length_of(json_array_get(head, 0), &id->head_length) < 0)
		return -1;
	for (int i = 0; i <= PW_IDENTITY_STEPS; i++)
		if ((i == PW_IDENTITY_STEPS || steps[i] <= id->head_length) &&
		    print_of(json_array_get(head, at++), &id->head[i]) < 0)
			return -1;
	return 0;
}

static int decode_plain(const json_t *v, char *data, size_t most, uint32_t *length)
{
	struct pw_bytes plain = {0};
	int rc = -1;

	*length = 0;
	if (v == NULL)
		return 0;
	if (json_is_string(v) && json_string_length(v) <= 2 * most &&
	    pw_bytes_unhex(&plain,
			   (struct pw_slice){json_string_value(v), json_string_length(v)})) {
		*length = (uint32_t)plain.length;
		if (plain.length > 0)
			memcpy(data, plain.data, plain.length);
		rc = 0;
	}
	pw_bytes_release(&plain);
	return rc;
}

/* What values of earlier versions lack. */
static int decode_more(struct pw_identity *id, const json_t *v)
{
	const json_t *more = json_object_get(v, "lasts");

	id->changed = json_integer_value(json_object_get(v, "changed"));
	id->header = (uint64_t)json_integer_value(json_object_get(v, "header"));
	for (size_t i = 0; more != NULL && i < PW_IDENTITY_LASTS; i++)
		if (print_of(json_array_get(more, i), &id->lasts[i]) < 0)
			return -1;
	if (decode_plain(json_object_get(v, "first"), id->first, sizeof id->first,
			 &id->first_length) < 0)
		return -1;
	return decode_plain(json_object_get(v, "last"), id->last, sizeof id->last,
			    &id->last_length);
}

int pw_identity_decode(struct pw_identity *id, char **path, char **place, char **home,
		       const char *value)
{
	json_t *v = json_loads(value, 0, NULL), *head, *tail;
	json_int_t device, inode, size, modified, offset, line;
	const char *text;
	int result = -1;

	*id = (struct pw_identity){0};
	if (v != NULL &&
	    json_unpack(v, "{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:o}", "path", &text, "device",
			&device, "inode", &inode, "size", &size, "modified", &modified, "offset",
			&offset, "line", &line, "head", &head, "tail", &tail) == 0 &&
	    size >= 0 && offset >= 0 && line >= 1 && decode_head(id, head) == 0 &&
	    length_of(json_array_get(tail, 0), &id->tail_length) == 0 &&
	    print_of(json_array_get(tail, 1), &id->tail) == 0 && decode_more(id, v) == 0) {
		const char *file = json_string_value(json_object_get(v, "file"));
		const char *first = json_string_value(json_object_get(v, "home"));
		id->device = (uint64_t)device;
		id->inode = (uint64_t)inode;
		id->size = (uint64_t)size;
		id->modified = modified;
		id->offset = (uint64_t)offset;
		id->line = (uint64_t)line;
		*path = pw_identity_path(text);
		*place = file == NULL ? NULL : pw_identity_path(file);
		*home = first == NULL ? NULL : pw_identity_path(first);
		result = 0;
	}
	json_decref(v);
	if (result < 0)
		return pw_fail(
			PW_STATE,
			"the offset of a file is '%s', which says nothing: begin anew with --reset",
			value);
	return 0;
}
