#include "tables.h"
#include "../base/io.h"
#include "file.h"
#include "identity.h"
#include "tracked.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>

#define MS INT64_C(1000000)

enum {
	READ_BYTES = 256 << 10,
	REST_MS = PW_TRACKED_REST_MS,
	LOOK_MS = PW_TRACKED_LOOK_MS,
	PATIENCE_MS = 10000
};

enum step { OPENING, BEGINNING, READING, ENDING };

struct tables {
	struct pw_connector c;
	struct pw_tracked tracked;
	bool started;
	bool swept;      /* all files that were there at first have been handed out */
	int64_t waiting; /* since when only files that are not at rest are left; 0: others are */

	struct pw_tracked_file *now; /* the file whose block is handed out */
	bool going;                  /* its block says that it has gone */
	enum step step;
	struct pw_file file;
	bool open, confirmed;
	struct pw_tracked_look opened;
	int64_t opened_at;
	char *data;
	size_t from, to, room;
	bool offered; /* all bytes in data have been, and if ended as the last ones */
	bool ended;
};

/* ---- what earlier runs have read ---- */

static int tables_open(struct pw_connector *c)
{
	struct tables *t = (struct tables *)c;

	t->tracked.options = c->options;
	t->tracked.watch.fd = -1;
	t->file.fd = -1;
	return 0;
}

static int tables_seek(struct pw_connector *c, const struct pw_offsets *offsets)
{
	struct tables *t = (struct tables *)c;

	for (size_t i = 0; i < offsets->count; i++) {
		json_int_t device, inode, size, modified, changed;
		json_t *v = json_loads(offsets->items[i].value, 0, NULL);
		const int rc = v == NULL ? -1
					 : json_unpack(v, "{s:I,s:I,s:I,s:I,s:I}", "device",
						       &device, "inode", &inode, "size", &size,
						       "modified", &modified, "changed", &changed);
		json_decref(v);
		if (rc < 0)
			return pw_fail(PW_STATE,
				       "%s: the offset is '%.100s', and not that of a tracked"
				       " file",
				       offsets->items[i].key, offsets->items[i].value);
		char *path = pw_identity_path(offsets->items[i].key);
		struct pw_tracked_file *table = pw_tracked_add(&t->tracked, path);
		free(path);
		table->read = (struct pw_tracked_look){(uint64_t)device, (uint64_t)inode,
						       (uint64_t)size, modified, changed};
		table->live = true;
	}
	return 0;
}

/*
 * A file that was read within a tick of its last change may change once more and
 * look the same: so that a later run reads it again, its time is not told.
 */
static int tables_offset(struct pw_connector *c, const struct pw_origin *origin,
			 struct pw_bytes *value)
{
	const struct pw_tracked_file *table = (const struct pw_tracked_file *)origin;
	const struct pw_tracked_look *l = &table->read;

	(void)c;
	pw_bytes_print(
		value,
		"{\"device\":%llu,\"inode\":%llu,\"size\":%llu,\"modified\":%lld,\"changed\":%lld}",
		(unsigned long long)l->device, (unsigned long long)l->inode,
		(unsigned long long)l->size, (long long)l->modified,
		table->hasty ? 0 : (long long)l->changed);
	return 0;
}

/* ---- whose turn it is ---- */

static bool at_rest(const struct pw_tracked_file *table, int64_t now)
{
	return table->closed || now - table->since >= table->rest;
}

/* Does it differ from what the reader has? Vanished, new, or changed. */
static bool differs(const struct pw_tracked_file *table)
{
	if (table->since == 0)
		return table->live;
	return !table->live || table->closed || !pw_tracked_same(&table->seen, &table->read);
}

/* A table that has something to tell, those that have gone first; NULL: there is none. */
static struct pw_tracked_file *choose(struct tables *t)
{
	const int64_t now = pw_io_ns(CLOCK_MONOTONIC);
	struct pw_tracked_file *chosen = NULL;

	for (size_t i = 0; i < t->tracked.count; i++) {
		struct pw_tracked_file *table = t->tracked.files[i];
		table->changing = differs(table) && table->since != 0 && !at_rest(table, now);
		if (!differs(table) || table->changing)
			continue;
		if (table->since == 0)
			return table;
		chosen = chosen == NULL ? table : chosen;
	}
	return chosen;
}

/* ---- pieces ---- */

static int say(struct tables *t, struct pw_piece *piece, enum pw_piece_kind kind)
{
	*piece = (struct pw_piece){.kind = kind, .origin = &t->now->origin, .fd = -1};
	return 0;
}

static void close_file(struct tables *t)
{
	if (t->open)
		pw_file_close(&t->file);
	t->open = false;
	t->from = t->to = 0;
}

/* 1: open; 0: it has gone since the last look; -1 */
static int open_file(struct tables *t)
{
	struct pw_tracked_file *table = t->now;
	struct stat st;

	if (pw_file_open(&t->file, table->origin.name) < 0) {
		if (errno != ENOENT && errno != ENOTDIR)
			return -1;
		pw_fail_clear();
		table->since = 0;
		return 0;
	}
	t->open = true;
	t->ended = t->offered = t->confirmed = false;
	t->from = t->to = 0;
	t->opened_at = pw_io_ns(CLOCK_MONOTONIC);
	if (pw_io()->fstat(t->file.fd, &st) < 0)
		return pw_fail_system(table->origin.name);
	t->opened = pw_tracked_look_of(&st);
	table->closed = false;
	table->origin.modified = t->opened.modified;
	table->origin.offset = 0;
	table->origin.line = 1;
	table->origin.ended = false;
	pw_bytes_clear(&table->origin.header);
	return 1;
}

static void make_room(struct tables *t)
{
	if (t->from > 0 && t->to > t->from)
		memmove(t->data, t->data + t->from, t->to - t->from);
	t->to -= t->from;
	t->from = 0;
	if (t->room - t->to < READ_BYTES)
		t->data = pw_mem_grow(t->data, &t->room, t->to + READ_BYTES, 1);
}

static int say_data(struct tables *t, struct pw_piece *piece)
{
	while (t->offered && !t->ended) {
		make_room(t);
		const ptrdiff_t got = pw_file_read(&t->file, t->data + t->to, t->room - t->to);
		if (got < 0)
			return -1;
		t->to += (size_t)got;
		t->ended = got == 0;
		t->offered = false;
	}
	if (t->offered) {
		t->step = ENDING;
		return say(t, piece, PW_PIECE_BLOCK_END);
	}
	t->offered = true;
	say(t, piece, PW_PIECE_DATA);
	piece->offset = t->now->origin.offset;
	piece->data = t->data + t->from;
	piece->length = t->to - t->from;
	piece->last = t->ended;
	return 0;
}

static void confirm(struct tables *t)
{
	t->confirmed = true;
	t->now->read = t->opened;
	t->now->hasty = pw_io_ns(CLOCK_REALTIME) - t->opened.changed < REST_MS * MS / 2;
	t->now->live = true;
}

/* The block is over, and its rows count. */
static void end_block(struct tables *t)
{
	struct pw_tracked_file *table = t->now;

	if (!t->going && !t->confirmed)
		confirm(t);
	t->now = NULL;
	if (t->going) {
		table->live = false;
		table->origin.ended = true;
		return;
	}
	const int64_t took = 10 * (pw_io_ns(CLOCK_MONOTONIC) - t->opened_at);
	table->rest = took > REST_MS * MS ? took : REST_MS * MS;
	close_file(t);
}

static int go_on(struct tables *t, struct pw_piece *piece)
{
	if (t->step == OPENING) {
		t->step = t->going ? ENDING : BEGINNING;
		return say(t, piece, t->going ? PW_PIECE_END : PW_PIECE_BEGIN);
	}
	if (t->step == ENDING && t->going) {
		t->step = READING;
		return say(t, piece, PW_PIECE_BLOCK_END);
	}
	if (t->step == BEGINNING) {
		t->step = READING;
		t->offered = true; /* no bytes are there yet */
	}
	if (t->step == READING && !t->going)
		return say_data(t, piece);
	end_block(t);
	return 0;
}

static bool any_changing(const struct tables *t, const struct pw_tracked_file **which)
{
	for (size_t i = 0; i < t->tracked.count; i++)
		if (t->tracked.files[i]->changing) {
			*which = t->tracked.files[i];
			return true;
		}
	return false;
}

/* Nothing can be read now: files are waited for, or all have been read. */
static int rest(struct tables *t, struct pw_piece *piece)
{
	const struct pw_tracked_file *which = NULL;
	const bool waits = any_changing(t, &which), follow = t->c.options->follow;
	const int64_t now = pw_io_ns(CLOCK_MONOTONIC);
	int64_t next = t->tracked.due ? t->tracked.sweep_least : t->tracked.sweep_next;

	pw_tracked_forget(&t->tracked);
	t->waiting = !waits ? 0 : t->waiting == 0 ? now : t->waiting;
	if (!waits && !follow) {
		*piece = (struct pw_piece){.kind = PW_PIECE_FINISHED, .fd = -1};
		return 0;
	}
	if (!follow && now - t->waiting > PATIENCE_MS * MS)
		return pw_fail(PW_BUSY, "%s: is being written: run again when it is whole",
			       which->origin.name);
	if (waits && (!follow || next > now + REST_MS * MS / 4))
		next = now + REST_MS * MS / 4;
	t->swept |= !waits || now - t->waiting > LOOK_MS * MS;
	*piece = (struct pw_piece){.kind = PW_PIECE_IDLE,
				   .fd = t->tracked.watch.fd,
				   .timeout_ms = next > now ? (next - now) / MS + 1 : 0,
				   .commit = t->swept ? PW_COMMIT_MAY : PW_COMMIT_MUST_NOT};
	return 0;
}

static int begin_block(struct tables *t, struct pw_piece *piece, bool *said)
{
	t->going = t->now->since == 0;
	if (!t->going) {
		const int opened = open_file(t);
		if (opened <= 0) {
			t->now = NULL;
			return opened;
		}
	}
	t->step = OPENING;
	*said = true;
	return say(t, piece, PW_PIECE_BLOCK_BEGIN);
}

static int tables_read(struct pw_connector *c, struct pw_piece *piece)
{
	struct tables *t = (struct tables *)c;
	bool said = false;

	if (piece->key != NULL)
		pw_bug("a tracked file is read again");
	if (!t->started)
		pw_tracked_open(&t->tracked);
	t->started = true;
	while (!said) {
		if (t->now != NULL) {
			if (go_on(t, piece) < 0)
				return -1;
			if (t->now != NULL)
				return 0;
		}
		if (pw_tracked_look(&t->tracked) < 0)
			return -1;
		t->now = choose(t);
		if (t->now == NULL)
			return rest(t, piece);
		if (begin_block(t, piece, &said) < 0)
			return -1;
	}
	return 0;
}

static int tables_consume(struct pw_connector *c, struct pw_origin *origin, size_t n)
{
	struct tables *t = (struct tables *)c;

	if (n > t->to - t->from)
		pw_bug("%s: %zu of %zu bytes consumed", origin->name, n, t->to - t->from);
	t->from += n;
	origin->offset += n;
	t->offered = n == 0 || t->from == t->to;
	return 0;
}

bool pw_tables_torn(struct pw_connector *c)
{
	struct tables *t = (struct tables *)c;
	struct pw_tracked_file *table = t->now;
	struct stat st;

	if (table == NULL || t->going || !t->open)
		return false;
	const bool stands = pw_io()->fstat(t->file.fd, &st) == 0;
	const struct pw_tracked_look now = stands ? pw_tracked_look_of(&st) : t->opened;
	if (stands && pw_tracked_same(&now, &t->opened)) {
		confirm(t);
		return false;
	}
	table->since = pw_io_ns(CLOCK_MONOTONIC);
	table->seen = now;
	close_file(t);
	t->now = NULL;
	return true;
}

static void tables_close(struct pw_connector *c)
{
	struct tables *t = (struct tables *)c;

	close_file(t);
	free(t->data);
	pw_tracked_release(&t->tracked);
}

const struct pw_connector_kind pw_connector_tables = {
	.size = sizeof(struct tables),
	.open = tables_open,
	.seek = tables_seek,
	.read = tables_read,
	.consume = tables_consume,
	.offset = tables_offset,
	.close = tables_close,
};
