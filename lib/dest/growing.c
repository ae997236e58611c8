/*
 * The record says how long the file was at a time C, and what its first and
 * last bytes were. What a run writes after that is compared with what the file
 * holds already, and only what lies beyond its end is added: a pipeline that
 * was killed writes the same bytes again, and a kill never makes a file
 * shorter.
 */
#include "../base/hash.h"
#include "../base/path.h"
#include "../base/utf8.h"
#include "../store/side.h"
#include "dest_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { FIRST = 4 << 10, LAST = 64 << 10, PART = 64 << 10, SHOWN = 24, STEP = 1 << 20 };

#define REMEDY "put it back as it was, or forget the state with `pw-state DIR --reset`"

/* Invariant: d.at <= length; sent <= length. */
struct growing {
	struct pw_dest d; /* at: so far the file is what the pipeline has written */
	char *path;       /* absolute, links followed */
	uint64_t length;  /* of the file */
	uint64_t added;   /* bytes, in this run */
	bool unsynced;
	uint64_t sent; /* so far the bytes are on their way to the disk, or there */
};

/* The file is not what the record says. */
static int astray(const struct growing *g, const char *what)
{
	return pw_fail(PW_STATE, "%s: %s: " REMEDY, g->d.name, what);
}

/* ---- what it holds ---- */

static int read_part(const struct growing *g, void *to, size_t n, uint64_t offset)
{
	const ssize_t got = pw_io_read_at(g->d.fd, to, n, offset);

	if (got < 0)
		return pw_dest_fail(&g->d, "read");
	return (size_t)got == n ? 0 : astray(g, "became shorter while it was read");
}

static int digest(const struct growing *g, uint64_t from, uint64_t to, char text[17])
{
	char *part = pw_mem_alloc(to - from + 1, 1);
	const int rc = read_part(g, part, (size_t)(to - from), from);

	if (rc == 0)
		snprintf(text, 17, "%016" PRIx64, pw_hash_checksum(part, (size_t)(to - from)));
	free(part);
	return rc;
}

static int digests(const struct growing *g, uint64_t length, char first[17], char last[17])
{
	if (digest(g, 0, length < FIRST ? length : FIRST, first) < 0)
		return -1;
	return digest(g, length < LAST ? 0 : length - LAST, length, last);
}

/* JSON holds UTF-8 only: a name of other bytes is given by its checksum. */
static json_t *path_value(const char *path)
{
	char text[32];

	if (pw_utf8_valid(path, strlen(path)))
		return json_string(path);
	snprintf(text, sizeof text, "xxh3:%016" PRIx64, pw_hash_checksum(path, strlen(path)));
	return json_string(text);
}

/* The file as it was when it had the length `at`. */
static json_t *growing_describe(const struct pw_dest *d, uint64_t at)
{
	const struct growing *g = (const struct growing *)d;
	char first[17], last[17];

	if (digests(g, at, first, last) < 0)
		return NULL;
	json_t *value = json_object();
	json_object_set_new(value, "kind", json_string(d->kind->name));
	json_object_set_new(value, "path", path_value(g->path));
	json_object_set_new(value, "length", json_integer((json_int_t)at));
	json_object_set_new(value, "first", json_string(first));
	json_object_set_new(value, "last", json_string(last));
	return value;
}

/* ---- opening ---- */

static int find_length(struct growing *g)
{
	struct stat st;

	if (pw_io()->fstat(g->d.fd, &st) < 0)
		return pw_dest_fail(&g->d, "stat");
	if (!S_ISREG(st.st_mode))
		return astray(g, "is no longer a file");
	g->length = g->sent = (uint64_t)st.st_size;
	return 0;
}

static int compare_record(struct growing *g)
{
	const json_t *record = g->d.how->record;
	const char *first, *last;
	char is_first[17], is_last[17];
	uint64_t length;

	if (pw_side_whole(record, "length", &length) < 0 ||
	    pw_side_text(record, "first", &first) < 0 || pw_side_text(record, "last", &last) < 0)
		return pw_fail_at("record.json: destination");
	if (g->length < length)
		return pw_fail(PW_STATE,
			       "%s: has %" PRIu64 " byte%s, and the pipeline has written %" PRIu64
			       ": " REMEDY,
			       g->d.name, g->length, g->length == 1 ? "" : "s", length);
	if (digests(g, length, is_first, is_last) < 0)
		return -1;
	if (strcmp(first, is_first) != 0 || strcmp(last, is_last) != 0)
		return astray(g, "is not the file that the pipeline has written");
	g->d.at = length;
	return 0;
}

static int resume(struct growing *g)
{
	const char *path;

	if (pw_side_text(g->d.how->record, "path", &path) < 0)
		return pw_fail_at("record.json: destination");
	json_t *is = path_value(g->path);
	const bool same = strcmp(path, json_string_value(is)) == 0;
	json_decref(is);
	if (!same)
		return pw_fail(PW_STATE, "%s: is %s now, and the pipeline has written %s",
			       g->d.name, g->path, path);
	g->d.fd = pw_io()->open(g->path, O_RDWR | O_APPEND, 0);
	if (g->d.fd < 0)
		return errno == ENOENT ? astray(g, "is gone") : pw_dest_fail(&g->d, "open");
	return find_length(g) < 0 ? -1 : compare_record(g);
}

static int growing_open(struct pw_dest *d)
{
	struct growing *g = (struct growing *)d;
	const struct pw_dest_how *how = d->how;

	g->path = pw_path_resolve(how->name);
	if (g->path == NULL)
		return pw_dest_fail(d, "open");
	if (how->record != NULL && resume(g) < 0)
		return -1;
	d->continues = how->record != NULL ? d->at > 0
					   : how->append && !how->anew && pw_dest_holds(how->name);
	return 0;
}

/* Before the very first byte: the file is what the first record is to say. */
static int growing_begin(struct pw_dest *d, pw_time below)
{
	struct growing *g = (struct growing *)d;

	(void)below;
	if (d->fd >= 0)
		return 0;
	d->fd = pw_io()->open(g->path, O_RDWR | O_CREAT | O_APPEND, 0666);
	if (d->fd < 0)
		return pw_dest_fail(d, "open");
	if (d->how->anew && pw_io()->ftruncate(d->fd, 0) < 0)
		return pw_dest_fail(d, "truncate");
	if (find_length(g) < 0)
		return -1;
	const int ended = pw_dest_end_line(d, d->fd, g->length);
	if (ended < 0)
		return -1;
	if (pw_io_sync_directory(g->path) < 0)
		return pw_dest_fail(d, "fsync of its directory");
	g->length += (uint64_t)ended;
	d->at = g->length;
	g->unsynced = true;
	return 0;
}

/* ---- adding ---- */

static void quote(struct pw_bytes *text, const char *data, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)data[i] < 0x20 || (unsigned char)data[i] >= 0x7f)
			pw_bytes_print(text, "\\x%02x", (unsigned char)data[i]);
		else
			pw_bytes_put(text, data[i]);
}

static int differs(const struct growing *g, const char *holds, const char *data, size_t n)
{
	struct pw_bytes text = {0};
	const size_t shown = n < SHOWN ? n : SHOWN;

	pw_bytes_print(&text, "byte %" PRIu64 ": holds '", g->d.at);
	quote(&text, holds, shown);
	pw_bytes_text(&text, "', and the pipeline writes '");
	quote(&text, data, shown);
	pw_bytes_put(&text, '\'');
	const int rc = astray(g, pw_bytes_string(&text));
	pw_bytes_release(&text);
	return rc;
}

/* Bytes that the file holds already must be these. */
static int compare(struct growing *g, const char *data, size_t n)
{
	char part[PART];

	while (n > 0) {
		const size_t m = n < PART ? n : PART;
		size_t same = 0;
		if (read_part(g, part, m, g->d.at) < 0)
			return -1;
		while (same < m && part[same] == data[same])
			same++;
		g->d.at += same;
		if (same < m)
			return differs(g, part + same, data + same, m - same);
		data += m;
		n -= m;
	}
	return 0;
}

/*
 * Otherwise the fsync of the next record would write all that has come since
 * the last one, and rows that come meanwhile, and journals of other stages on
 * the same disk, would wait for it.
 */
static void send(struct growing *g)
{
	if (g->length < g->sent + STEP)
		return;
	pw_io_write_behind(g->d.fd, g->sent, g->length - g->sent);
	g->sent = g->length;
}

static int growing_write(struct pw_dest *d, const void *data, size_t n)
{
	struct growing *g = (struct growing *)d;
	const uint64_t held = g->length - d->at;
	const size_t old = n < held ? n : (size_t)held;

	if (old > 0 && compare(g, data, old) < 0)
		return -1;
	if (n == old)
		return 0;
	if (pw_dest_put(d, (const char *)data + old, n - old) < 0)
		return -1;
	g->length = d->at += n - old;
	g->added += n - old;
	g->unsynced = true;
	send(g);
	return 0;
}

static int growing_sync(struct pw_dest *d, pw_time below, enum pw_dest_sync how)
{
	struct growing *g = (struct growing *)d;

	(void)below;
	if (how < PW_DEST_DURABLE || !g->unsynced)
		return 0;
	if (pw_io()->fsync(d->fd) < 0)
		return pw_dest_fail(d, "fsync");
	g->unsynced = false;
	return 0;
}

/* ---- the end ---- */

/* Where nothing is missing, the file holds no more than the pipeline has written. */
static int growing_finish(struct pw_dest *d, bool all, bool *changed)
{
	struct growing *g = (struct growing *)d;

	*changed = g->added > 0;
	if (d->fd < 0)
		return 0;
	const uint64_t more = g->length - d->at;
	if (all && more > 0)
		return pw_fail(PW_STATE,
			       "%s: holds %" PRIu64
			       " byte%s more than the pipeline has written: " REMEDY,
			       d->name, more, more == 1 ? "" : "s");
	if (all && growing_sync(d, 0, PW_DEST_DURABLE) < 0)
		return -1;
	return pw_dest_close(d, false);
}

static void growing_drop(struct pw_dest *d)
{
	if (d->fd >= 0)
		pw_io()->close(d->fd);
	free(((struct growing *)d)->path);
}

const struct pw_dest_kind pw_dest_growing = {
	.name = "file",
	.size = sizeof(struct growing),
	.is_file = true,
	.adds = true,
	.resumes = true,
	.by_commit = true,
	.open = growing_open,
	.begin = growing_begin,
	.write = growing_write,
	.sync = growing_sync,
	.describe = growing_describe,
	.finish = growing_finish,
	.drop = growing_drop,
};
