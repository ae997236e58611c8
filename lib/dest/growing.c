#include "growing.h"
#include "../base/fail.h"
#include "../base/hash.h"
#include "../base/io.h"
#include "../base/path.h"
#include "../base/utf8.h"
#include "../store/side.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { FIRST = 4 << 10, LAST = 64 << 10, PART = 64 << 10, SHOWN = 24, BEHIND = 1 << 20 };

static int fail(const struct pw_growing *g, const char *what)
{
	pw_fail_system(what);
	return pw_fail_at("%s", g->name);
}

/* The file is not what the record says; the way out is the same for all. */
static int astray(const struct pw_growing *g, const char *what)
{
	pw_fail(PW_STATE,
		"%s: put it back as it was, or forget the state with `pw-state DIR --reset`", what);
	return pw_fail_at("%s", g->name);
}

/* ---- what it holds ---- */

static int read_part(const struct pw_growing *g, void *to, size_t n, uint64_t offset)
{
	const ssize_t got = pw_io_read_at(g->fd, to, n, offset);

	if (got < 0)
		return fail(g, "read");
	return (size_t)got == n ? 0 : astray(g, "became shorter while it was read");
}

static int digest(const struct pw_growing *g, uint64_t from, uint64_t to, char text[17])
{
	char *part = pw_mem_alloc(to - from + 1, 1);
	const int rc = read_part(g, part, (size_t)(to - from), from);

	if (rc == 0)
		snprintf(text, 17, "%016" PRIx64, pw_hash_checksum(part, (size_t)(to - from)));
	free(part);
	return rc;
}

static int digests(const struct pw_growing *g, uint64_t length, char first[17], char last[17])
{
	if (digest(g, 0, length < FIRST ? length : FIRST, first) < 0)
		return -1;
	return digest(g, length < LAST ? 0 : length - LAST, length, last);
}

/* JSON holds no other bytes than UTF-8: of such a name its checksum. */
static json_t *path_value(const char *path)
{
	char text[32];

	if (pw_utf8_valid(path, strlen(path)))
		return json_string(path);
	snprintf(text, sizeof text, "xxh3:%016" PRIx64, pw_hash_checksum(path, strlen(path)));
	return json_string(text);
}

json_t *pw_growing_describe(const struct pw_growing *g, uint64_t length)
{
	char first[17], last[17];

	if (digests(g, length, first, last) < 0)
		return NULL;
	json_t *value = json_object();
	json_object_set_new(value, "kind", json_string("file"));
	json_object_set_new(value, "path", path_value(g->path));
	json_object_set_new(value, "length", json_integer((json_int_t)length));
	json_object_set_new(value, "first", json_string(first));
	json_object_set_new(value, "last", json_string(last));
	return value;
}

/* ---- opening ---- */

static int find_length(struct pw_growing *g)
{
	struct stat st;

	if (pw_io()->fstat(g->fd, &st) < 0)
		return fail(g, "stat");
	if (!S_ISREG(st.st_mode))
		return astray(g, "is no longer a file");
	g->length = g->behind = (uint64_t)st.st_size;
	return 0;
}

static int compare_record(struct pw_growing *g, const json_t *record)
{
	const char *first, *last;
	char is_first[17], is_last[17];
	uint64_t length;

	if (pw_side_whole(record, "length", &length) < 0 ||
	    pw_side_text(record, "first", &first) < 0 || pw_side_text(record, "last", &last) < 0)
		return pw_fail_at("record.json: destination");
	if (g->length < length) {
		pw_fail(PW_STATE,
			"has %" PRIu64 " bytes, and the line has written %" PRIu64
			": put it back as it was, or forget the state with `pw-state DIR --reset`",
			g->length, length);
		return pw_fail_at("%s", g->name);
	}
	if (digests(g, length, is_first, is_last) < 0)
		return -1;
	if (strcmp(first, is_first) != 0 || strcmp(last, is_last) != 0)
		return astray(g, "is not the file that the line has written");
	g->at = length;
	return 0;
}

static int resume(struct pw_growing *g, const json_t *record)
{
	const char *path;
	json_t *is;

	if (pw_side_text(record, "path", &path) < 0)
		return pw_fail_at("record.json: destination");
	is = path_value(g->path);
	const bool same = strcmp(path, json_string_value(is)) == 0;
	json_decref(is);
	if (!same) {
		pw_fail(PW_STATE, "is %s now, and the line has written %s", g->path, path);
		return pw_fail_at("%s", g->name);
	}
	g->fd = pw_io()->open(g->path, O_RDWR | O_APPEND, 0);
	if (g->fd < 0)
		return errno == ENOENT ? astray(g, "is gone") : fail(g, "open");
	g->begun = true;
	return find_length(g) < 0 ? -1 : compare_record(g, record);
}

int pw_growing_open(struct pw_growing *g, const char *destination, const json_t *record)
{
	*g = (struct pw_growing){.fd = -1, .name = pw_mem_copy(destination, strlen(destination))};
	g->path = pw_path_resolve(destination);
	if (g->path == NULL)
		return fail(g, "open");
	return record != NULL ? resume(g, record) : 0;
}

static int end_last_line(struct pw_growing *g)
{
	char last;

	if (g->length == 0 || read_part(g, &last, 1, g->length - 1) < 0 || last == '\n')
		return g->length == 0 || last == '\n' ? 0 : -1;
	if (pw_io_write_full(g->fd, "\n", 1) < 0)
		return fail(g, "write");
	g->length++;
	return 0;
}

int pw_growing_begin(struct pw_growing *g, bool anew)
{
	g->fd = pw_io()->open(g->path, O_RDWR | O_CREAT | O_APPEND, 0666);
	if (g->fd < 0)
		return fail(g, "open");
	if (anew && pw_io()->ftruncate(g->fd, 0) < 0)
		return fail(g, "truncate");
	if (find_length(g) < 0 || end_last_line(g) < 0)
		return -1;
	if (pw_io_sync_directory(g->path) < 0)
		return fail(g, "fsync of its directory");
	g->at = g->length;
	g->begun = g->unsynced = true;
	return 0;
}

/* ---- adding ---- */

static int differs(const struct pw_growing *g, const char *holds, const char *data, size_t n)
{
	struct pw_bytes text = {0};
	const size_t shown = n < SHOWN ? n : SHOWN;

	pw_bytes_print(&text, "byte %" PRIu64 ": holds '", g->at);
	for (int side = 0; side < 2; side++) {
		const char *of = side == 0 ? holds : data;
		for (size_t i = 0; i < shown; i++)
			if ((unsigned char)of[i] < 0x20 || (unsigned char)of[i] >= 0x7f)
				pw_bytes_print(&text, "\\x%02x", (unsigned char)of[i]);
			else
				pw_bytes_put(&text, of[i]);
		pw_bytes_text(&text, side == 0 ? "', and the line writes '" : "'");
	}
	const int rc = astray(g, pw_bytes_string(&text));
	pw_bytes_release(&text);
	return rc;
}

/* What the file holds already. */
static int compare(struct pw_growing *g, const char *data, size_t n)
{
	char part[PART];

	while (n > 0) {
		const size_t m = n < PART ? n : PART;
		size_t same = 0;
		if (read_part(g, part, m, g->at) < 0)
			return -1;
		while (same < m && part[same] == data[same])
			same++;
		g->at += same;
		if (same < m)
			return differs(g, part + same, data + same, m - same);
		data += m;
		n -= m;
	}
	return 0;
}

/*
 * Else all that has come since the last record would be written by the fsync
 * of the next, with the rows that come meanwhile, and the journals of other
 * stages on the same disk, behind it.
 */
static void write_behind(struct pw_growing *g)
{
	if (g->length < g->behind + BEHIND)
		return;
	pw_io_write_behind(g->fd, g->behind, g->length - g->behind);
	g->behind = g->length;
}

int pw_growing_add(struct pw_growing *g, const void *data, size_t n)
{
	const uint64_t held = g->length - g->at;
	const size_t old = n < held ? n : (size_t)held;

	if (old > 0 && compare(g, data, old) < 0)
		return -1;
	if (n == old)
		return 0;
	if (pw_io_write_full(g->fd, (const char *)data + old, n - old) < 0)
		return fail(g, "write");
	g->length = g->at += n - old;
	g->added += n - old;
	g->unsynced = true;
	write_behind(g);
	return 0;
}

int pw_growing_whole(const struct pw_growing *g)
{
	if (g->at == g->length)
		return 0;
	pw_fail(PW_STATE,
		"holds %" PRIu64
		" bytes more than the line has written: put it back as it was, or forget"
		" the state with `pw-state DIR --reset`",
		g->length - g->at);
	return pw_fail_at("%s", g->name);
}

int pw_growing_sync(struct pw_growing *g)
{
	if (g->unsynced && pw_io()->fsync(g->fd) < 0)
		return fail(g, "fsync");
	g->unsynced = false;
	return 0;
}

void pw_growing_close(struct pw_growing *g)
{
	if (g->name != NULL && g->fd >= 0)
		pw_io()->close(g->fd);
	free(g->name);
	free(g->path);
	*g = (struct pw_growing){.fd = -1};
}
