#include "tables.h"
#include "../base/io.h"
#include "file.h"
#include "identity.h"
#include "paths.h"
#include "watch.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>

#define MS INT64_C(1000000)

enum { READ_BYTES = 256 << 10, REST_MS = 100, LOOK_MS = 1000, PATIENCE_MS = 10000 };

/* What a file was like at a look. */
struct look {
	uint64_t device, inode, size;
	int64_t modified, changed; /* ns: of the bytes; of anything */
};

struct table {
	struct pw_origin origin; /* first */
	struct look read;        /* when it was read last */
	bool live;               /* ... and it was: the reader has its rows */
	struct look seen;        /* at the last look */
	int64_t since;           /* ns of the monotonic clock: since when it looks like that; 0: it was not there */
	int64_t rest;            /* ns for which it must look the same to be read */
	bool closed;             /* its writer has closed it since it was read */
	bool unsettled;          /* it has changed, and is not at rest */
	bool hasty;              /* it was read within a tick of its last change */
	uint64_t sweep;
};

enum step { OPENING, BEGINNING, READING, ENDING };

struct tables {
	struct pw_connector c;
	struct table **items; /* ascending by path */
	size_t count, capacity;
	struct pw_watch watch;
	bool started, swept; /* all has been handed out that was there at first */
	uint64_t sweep;
	int64_t sweep_next, sweep_least; /* when all is to be looked at again; when it may be */
	bool due;                        /* ... and it should */
	struct pw_paths whole;           /* new names that hold whole files */
	int64_t waiting;                 /* since when nothing but files that are not at rest is left; 0 */

	struct table *now; /* whose block it is */
	bool going;        /* ... because it has gone */
	enum step step;
	struct pw_file file;
	bool open, confirmed;
	struct look opened;
	int64_t opened_at;
	char *data;
	size_t from, to, room;
	bool offered; /* all that is in data; and if ended, as the last */
	bool ended;
};

static struct look look_of(const struct stat *st)
{
	return (struct look){.device = st->st_dev,
			     .inode = st->st_ino,
			     .size = (uint64_t)st->st_size,
			     .modified = pw_io_ns_of(&st->st_mtim),
			     .changed = pw_io_ns_of(&st->st_ctim)};
}

static bool same(const struct look *a, const struct look *b)
{
	return a->device == b->device && a->inode == b->inode && a->size == b->size &&
	       a->modified == b->modified && a->changed == b->changed;
}

/* ---- the tables ---- */

/* Where the table of a path is, or belongs. */
static size_t place_of(const struct tables *t, const char *path)
{
	size_t low = 0, high = t->count;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;
		if (strcmp(t->items[middle]->origin.name, path) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct table *find(const struct tables *t, const char *path)
{
	const size_t at = place_of(t, path);

	return at < t->count && strcmp(t->items[at]->origin.name, path) == 0 ? t->items[at] : NULL;
}

static struct table *find_or_add(struct tables *t, const char *path)
{
	const size_t at = place_of(t, path);

	if (at < t->count && strcmp(t->items[at]->origin.name, path) == 0)
		return t->items[at];
	struct table *table = pw_mem_zero(1, sizeof *table);
	table->origin = (struct pw_origin){.key = pw_identity_text(path),
					   .name = pw_mem_copy(path, strlen(path)),
					   .modified = INT64_MIN,
					   .line = 1};
	table->rest = REST_MS * MS;
	t->items = pw_mem_grow(t->items, &t->capacity, t->count + 1, sizeof(struct table *));
	memmove(t->items + at + 1, t->items + at, (t->count - at) * sizeof(struct table *));
	t->items[at] = table;
	t->count++;
	return table;
}

static void free_table(struct table *table)
{
	free(table->origin.key);
	free(table->origin.name);
	pw_bytes_release(&table->origin.header);
	free(table);
}

/* ---- what earlier runs have read ---- */

static int tables_open(struct pw_connector *c)
{
	struct tables *t = (struct tables *)c;

	t->watch.fd = -1;
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
					 : json_unpack(v, "{s:I,s:I,s:I,s:I,s:I}", "device", &device,
						       "inode", &inode, "size", &size, "modified",
						       &modified, "changed", &changed);
		json_decref(v);
		if (rc < 0)
			return pw_fail(PW_STATE, "%s: the offset is '%.100s', and not that of a tracked"
						 " file", offsets->items[i].key, offsets->items[i].value);
		char *path = pw_identity_path(offsets->items[i].key);
		struct table *table = find_or_add(t, path);
		free(path);
		table->read = (struct look){(uint64_t)device, (uint64_t)inode, (uint64_t)size, modified,
					    changed};
		table->live = true;
	}
	return 0;
}

/*
 * A file that was changed within the last tick of its clock before it was
 * read may change once more without looking it: a later run reads it again.
 */
static int tables_offset(struct pw_connector *c, const struct pw_origin *origin,
			 struct pw_bytes *value)
{
	const struct table *table = (const struct table *)origin;
	const struct look *l = &table->read;

	(void)c;
	pw_bytes_print(value,
		       "{\"device\":%llu,\"inode\":%llu,\"size\":%llu,\"modified\":%lld,\"changed\":%lld}",
		       (unsigned long long)l->device, (unsigned long long)l->inode,
		       (unsigned long long)l->size, (long long)l->modified,
		       table->hasty ? 0 : (long long)l->changed);
	return 0;
}

/* ---- looking ---- */

/*
 * The file at a table's path looks like this now: for as long as its times
 * say, if the clocks are not at odds.
 */
static void note(struct table *table, const struct look *l, bool closed)
{
	const int64_t changed = l->changed > l->modified ? l->changed : l->modified;
	const int64_t now = pw_io_ns(CLOCK_MONOTONIC), age = pw_io_ns(CLOCK_REALTIME) - changed;

	if (table->since == 0 || !same(&table->seen, l)) {
		table->since = age < 0 ? now : age < now ? now - age : 1;
		table->seen = *l;
		table->closed = false;
	}
	table->closed |= closed;
}

static int look_at(struct tables *t, const char *path, bool named, bool closed)
{
	struct table *table = find(t, path);
	struct stat st;

	if (pw_io()->stat(path, &st) < 0) {
		if (errno != ENOENT && errno != ENOTDIR && errno != ELOOP)
			return pw_fail_system(path);
		if (table != NULL)
			table->since = 0;
		return 0;
	}
	if (!S_ISREG(st.st_mode))
		return !named ? 0
			      : pw_fail(PW_USAGE, "%s: is no regular file, and only those are tracked", path);
	const struct look l = look_of(&st);
	table = find_or_add(t, path);
	table->sweep = t->sweep;
	note(table, &l, closed);
	return 0;
}

static char *directory_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return pw_mem_copy(path, slash == NULL ? 0 : (size_t)(slash + 1 - path));
}

static void watch_place(struct tables *t, const char *directory)
{
	const size_t n = strlen(directory);
	char *place = pw_mem_print("%s%s", directory, n > 0 && directory[n - 1] == '/' ? "" : "/");

	pw_watch_add(&t->watch, place);
	free(place);
}

/* The directories in which names are to be seen. */
static void watch_names(struct tables *t, const char *source, const struct pw_paths *found)
{
	char *last = directory_of(source);

	pw_watch_add(&t->watch, last);
	for (size_t i = 0; i < found->count; i++) {
		char *place = directory_of(found->items[i]);
		if (strcmp(place, last) != 0)
			pw_watch_add(&t->watch, place);
		free(last);
		last = place;
	}
	free(last);
}

/* Before anything has been read: a source that is not there, or not what it was. */
static int fail_missing(const struct tables *t, const char *source)
{
	struct stat st;
	char *root = pw_paths_root(source);
	int result = 1;

	for (size_t i = 0; i < t->count && result > 0; i++)
		if (t->items[i]->live && pw_paths_below(t->items[i]->origin.name, root) != NULL)
			result = pw_paths_rooted(root, t->items[i]->origin.name, t->items[i]->read.device);
	free(root);
	if (result <= 0 || strpbrk(source, "*?[") != NULL || find(t, source) != NULL ||
	    pw_io()->stat(source, &st) == 0 || errno != ENOENT)
		return result < 0 ? -1 : 0;
	return pw_fail_system(source);
}

static int sweep_source(struct tables *t, const char *source)
{
	struct pw_paths places = {0};
	struct pw_paths found = {.live = true, .follow = t->c.options->follow, .places = &places};
	struct stat st;
	int rc = 0;

	if (t->sweep == 1 && fail_missing(t, source) < 0)
		return -1;
	const bool there = pw_io()->stat(source, &st) == 0, directory = there && S_ISDIR(st.st_mode);
	const bool named = there && !directory;
	if (directory)
		watch_place(t, source); /* first: what comes after the listing is told */
	rc = pw_paths_add(&found, source);
	for (size_t i = 0; i < places.count; i++)
		watch_place(t, places.items[i]);
	if (!directory)
		watch_names(t, source, &found);
	for (size_t i = 0; i < found.count && rc == 0; i++)
		rc = look_at(t, found.items[i], named, false);
	pw_paths_release(&places);
	pw_paths_release(&found);
	return rc;
}

/*
 * Looks at all; the next time so late that looking takes no more than a tenth
 * of the time.
 */
static int sweep(struct tables *t)
{
	const int64_t began = pw_io_ns(CLOCK_MONOTONIC);

	t->sweep++;
	t->due = false;
	for (size_t i = 0; i < t->c.options->source_count; i++)
		if (sweep_source(t, t->c.options->sources[i]) < 0)
			return -1;
	for (size_t i = 0; i < t->count; i++)
		if (t->items[i]->sweep != t->sweep)
			t->items[i]->since = 0;
	for (size_t i = 0; i < t->whole.count; i++) {
		struct table *table = find(t, t->whole.items[i]);
		if (table != NULL)
			table->closed = true;
	}
	pw_paths_release(&t->whole);
	const int64_t now = pw_io_ns(CLOCK_MONOTONIC), took = now - began;
	t->sweep_least = now + took * 10;
	t->sweep_next = now + (t->watch.blind ? REST_MS * MS : LOOK_MS * MS);
	if (t->sweep_next < t->sweep_least)
		t->sweep_next = t->sweep_least;
	return 0;
}

/* A name that is not known: the next sweep is to find it, whole if it is. */
static void note_new(struct tables *t, const char *path, const struct pw_watch_event *e)
{
	if (e->grown || pw_paths_hidden(e->name))
		return;
	t->due = true;
	if (!e->closed)
		return;
	t->whole.items = pw_mem_grow(t->whole.items, &t->whole.capacity, t->whole.count + 1, sizeof(char *));
	t->whole.items[t->whole.count++] = pw_mem_copy(path, strlen(path));
}

/* What the kernel tells. */
static int take_events(struct tables *t)
{
	struct pw_watch_event e;
	int rc = 0;

	while (rc == 0 && t->watch.fd >= 0 && pw_watch_next(&t->watch, &e)) {
		if (e.place == NULL || e.name == NULL || e.is_directory) {
			t->due = true;
			continue;
		}
		char *path = pw_mem_print("%s%s", e.place, e.name);
		if (find(t, path) != NULL)
			rc = look_at(t, path, false, e.closed);
		else
			note_new(t, path, &e);
		free(path);
	}
	return rc;
}

static int look(struct tables *t)
{
	const int64_t now = pw_io_ns(CLOCK_MONOTONIC);

	if (take_events(t) < 0)
		return -1;
	for (size_t i = 0; i < t->count; i++)
		if (t->items[i]->unsettled && look_at(t, t->items[i]->origin.name, false, false) < 0)
			return -1;
	if (t->sweep == 0 || (t->due && now >= t->sweep_least) ||
	    (t->c.options->follow && now >= t->sweep_next))
		return sweep(t);
	return 0;
}

static int start(struct tables *t)
{
	t->started = true;
	pw_watch_open(&t->watch, t->c.options->poll || !t->c.options->follow);
	t->watch.closes = true;
	return 0;
}

/* ---- whose turn it is ---- */

static bool at_rest(const struct table *table, int64_t now)
{
	return table->closed || now - table->since >= table->rest;
}

/* Does it differ from what the reader has? Vanished, new, or changed. */
static bool differs(const struct table *table)
{
	if (table->since == 0)
		return table->live;
	return !table->live || table->closed || !same(&table->seen, &table->read);
}

/* A table that has something to say, those that have gone first. */
static struct table *choose(struct tables *t)
{
	const int64_t now = pw_io_ns(CLOCK_MONOTONIC);
	struct table *chosen = NULL;

	for (size_t i = 0; i < t->count; i++) {
		struct table *table = t->items[i];
		table->unsettled = differs(table) && table->since != 0 && !at_rest(table, now);
		if (!differs(table) || table->unsettled)
			continue;
		if (table->since == 0)
			return table;
		chosen = chosen == NULL ? table : chosen;
	}
	return chosen;
}

/* Of those that have gone and have been said to be nothing is kept. */
static void forget(struct tables *t)
{
	size_t n = 0;

	for (size_t i = 0; i < t->count; i++)
		if (t->items[i]->since == 0 && !t->items[i]->live && t->items[i]->origin.ended)
			free_table(t->items[i]);
		else
			t->items[n++] = t->items[i];
	t->count = n;
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
	struct table *table = t->now;
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
	t->opened = look_of(&st);
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

/* The block is over, and what it held counts. */
static void settle(struct tables *t)
{
	struct table *table = t->now;

	t->now = NULL;
	if (t->going) {
		table->live = false;
		table->origin.ended = true;
		return;
	}
	if (!t->confirmed)
		confirm(t);
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
		t->offered = true; /* nothing is there yet */
	}
	if (t->step == READING && !t->going)
		return say_data(t, piece);
	settle(t);
	return 0;
}

static bool any_unsettled(const struct tables *t, const struct table **which)
{
	for (size_t i = 0; i < t->count; i++)
		if (t->items[i]->unsettled) {
			*which = t->items[i];
			return true;
		}
	return false;
}

/* Nothing can be read now: wait for it, or all has been. */
static int rest(struct tables *t, struct pw_piece *piece)
{
	const struct table *which = NULL;
	const bool waits = any_unsettled(t, &which), follow = t->c.options->follow;
	const int64_t now = pw_io_ns(CLOCK_MONOTONIC);
	int64_t next = t->due ? t->sweep_least : t->sweep_next;

	forget(t);
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
				   .fd = t->watch.fd,
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
	if (!t->started && start(t) < 0)
		return -1;
	while (!said) {
		if (t->now != NULL) {
			if (go_on(t, piece) < 0)
				return -1;
			if (t->now != NULL)
				return 0;
		}
		if (look(t) < 0)
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
	struct table *table = t->now;
	struct stat st;

	if (table == NULL || t->going || !t->open)
		return false;
	const bool stands = pw_io()->fstat(t->file.fd, &st) == 0;
	const struct look now = stands ? look_of(&st) : t->opened;
	if (stands && same(&now, &t->opened)) {
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
	for (size_t i = 0; i < t->count; i++)
		free_table(t->items[i]);
	free(t->items);
	free(t->data);
	pw_paths_release(&t->whole);
	pw_watch_close(&t->watch);
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
