/* Files, directories and patterns: which log has its turn, and what is told of it. */
#include "../base/io.h"
#include "files_internal.h"

#include <stdlib.h>

static int files_open(struct pw_connector *c)
{
	struct pw_files *f = (struct pw_files *)c;

	f->live = c->options->follow || c->options->resumable;
	f->watch.fd = -1;
	return 0;
}

static int files_seek(struct pw_connector *c, const struct pw_offsets *offsets)
{
	struct pw_files *f = (struct pw_files *)c;

	f->resumed = offsets->count > 0;
	for (size_t i = 0; i < offsets->count; i++) {
		struct pw_identity id;
		char *path, *place = NULL, *home = NULL;
		if (pw_identity_decode(&id, &path, &place, &home, offsets->items[i].value) < 0)
			return pw_fail_at("%s", offsets->items[i].key);
		struct pw_log *log = pw_files_log(f, path, NULL, offsets->items[i].key);
		log->id = id;
		pw_files_set_place(f, log, place, home);
		log->origin.offset = id.offset;
		log->origin.line = id.line;
		log->origin.modified = id.modified;
		log->seen = id.offset;
		log->known = true;
		pw_files_enter(f, PW_FILES_PATH, log);
		pw_files_enter(f, PW_FILES_INODE, log);
		free(path);
	}
	return 0;
}

static int start(struct pw_files *f)
{
	f->started = true;
	if (f->live) {
		pw_watch_open(&f->watch, f->c.options->poll || !f->c.options->follow);
		return 0;
	}
	for (size_t i = 0; i < f->c.options->source_count; i++)
		if (pw_paths_add(&f->paths, f->c.options->sources[i]) < 0)
			return -1;
	return 0;
}

/* ---- turns ---- */

/* Plain reading: a log of the next path. */
static void next_path(struct pw_files *f)
{
	if (f->path_at == f->paths.count)
		return;
	struct pw_log *log = pw_files_log(f, f->paths.items[f->path_at++], NULL, NULL);
	log->closing = true;
	log->until = UINT64_MAX;
	pw_files_enqueue(f, log);
}

/* Nothing is left of the log but the copy of its last bytes: the window gets those. */
static void load_rest(struct pw_files *f, struct pw_log *log)
{
	struct pw_files_window *w = &f->window;

	w->log = log;
	w->from = w->to = w->offered = 0;
	if (w->capacity < log->rest.length)
		w->data = pw_mem_grow(w->data, &w->capacity, log->rest.length, 1);
	if (log->rest.length > 0)
		memcpy(w->data, log->rest.data, log->rest.length);
	w->to = log->rest.length;
}

/* Does an open log hold anything new? 1, 0, -1; its bytes are in the window then. */
static int look_into(struct pw_files *f, struct pw_log *log)
{
	struct pw_files_window *w = &f->window;
	struct stat st;

	if (pw_io()->fstat(log->fd, &st) < 0)
		return pw_fail_system(log->origin.name);
	const uint64_t size = (uint64_t)st.st_size;
	if (!pw_files_touched(log, &st) && log->known && !log->closing && !log->renamed &&
	    (log->file != NULL || size == log->seen))
		return 0;
	if (log->file == NULL && (size < log->origin.offset || size < log->id.size))
		return pw_files_changed(f, log, &st);
	log->until = size;
	if (pw_files_load(f, log) < 0)
		return -1;
	const bool continues =
		log->origin.offset == 0 || pw_identity_continues(&log->id, w->data, w->from);
	const int same = continues ? pw_files_begins(log) : 0;
	if (same <= 0)
		return same < 0 ? -1 : pw_files_changed(f, log, &st);
	log->id.size = size;
	log->id.changed = pw_io_ns_of(&st.st_ctim);
	log->origin.modified = log->id.modified = pw_files_modified(&st);
	log->drained = false;
	/* Bytes that were offered and not used are offered again when there are more. */
	w->offered = log->seen > log->origin.offset ? (size_t)(log->seen - log->origin.offset) : 0;
	if (w->offered > w->to - w->from)
		w->offered = log->file != NULL ? w->to - w->from : 0;
	return 1;
}

/* 1: the log has something to say, and its turn begins; 0: it has not; -1 */
static int begin_turn(struct pw_files *f, struct pw_log *log)
{
	if (log->origin.ended)
		return 0;
	if (log->before != NULL) {
		const int rewritten = pw_files_is_rewritten(log);
		if (rewritten != 0)
			return rewritten < 0 ? -1 : 0;
	}
	if (log->fresh != PW_LOG_JUDGED || log->model != NULL) {
		const int copy = pw_files_is_copy(f, log);
		if (copy != 0)
			return copy < 0 ? -1 : 0;
	}
	if (log->truncated) {
		load_rest(f, log);
		return 1;
	}
	const int opened = pw_files_open(f, log);
	if (opened < 0)
		return -1;
	if (opened == 0)
		return pw_files_seek_lost(f, log);
	if (f->live)
		return look_into(f, log);
	return pw_files_load(f, log) < 0 ? -1 : 1;
}

/* 1: a log's turn has begun; 0: the queue is empty; -1 */
static int next_turn(struct pw_files *f)
{
	while (f->now == NULL) {
		if (!f->live)
			next_path(f);
		struct pw_log *log = f->first;
		if (log == NULL)
			return 0;
		f->first = log->next;
		if (f->first == NULL)
			f->last = NULL;
		log->queued = false;
		const int begun = begin_turn(f, log);
		if (begun < 0)
			return -1;
		f->now = begun ? log : NULL;
	}
	return 1;
}

/* Copies bytes that were offered and not used, if they are few: the file may be truncated meanwhile. */
static int end_turn(struct pw_files *f)
{
	enum { REST_MAX = 64 << 10 };
	struct pw_files_window *w = &f->window;
	struct pw_log *log = f->now;
	const size_t left = w->to - w->from;

	log->drained = left == 0;
	pw_bytes_clear(&log->rest);
	if (left <= REST_MAX)
		pw_bytes_add(&log->rest, w->data + w->from, left);
	f->now = NULL;
	return pw_files_seal(f, log);
}

static int say(struct pw_files *f, struct pw_piece *piece, enum pw_piece_kind kind)
{
	*piece = (struct pw_piece){.kind = kind, .origin = &f->now->origin};
	return 0;
}

static int say_begin(struct pw_files *f, struct pw_piece *piece)
{
	f->now->begun = f->now->known = true;
	f->now->renamed = false;
	return say(f, piece, PW_PIECE_BEGIN);
}

static int say_end(struct pw_files *f, struct pw_piece *piece)
{
	struct pw_log *log = f->now;

	say(f, piece, PW_PIECE_END);
	log->origin.ended = true;
	if (pw_files_seal(f, log) < 0)
		return -1;
	pw_files_leave(f, PW_FILES_PATH, log);
	pw_files_leave(f, PW_FILES_INODE, log);
	pw_files_shut(f, log);
	pw_bytes_release(&log->rest);
	f->now = NULL;
	return 0;
}

static int say_data(struct pw_files *f, struct pw_piece *piece, bool last)
{
	struct pw_files_window *w = &f->window;

	w->offered = w->to - w->from;
	f->now->seen = f->now->origin.offset + w->offered;
	*piece = (struct pw_piece){.kind = PW_PIECE_DATA,
				   .origin = &f->now->origin,
				   .offset = f->now->origin.offset,
				   .data = w->data + w->from,
				   .length = w->offered,
				   .last = last};
	return 0;
}

static int say_idle(struct pw_piece *piece, int fd, int64_t patience)
{
	*piece = (struct pw_piece){.kind = PW_PIECE_IDLE,
				   .fd = fd,
				   .timeout_ms = patience < 0 ? -1 : patience / 1000000 + 1};
	return 0;
}

/* The log whose turn it is has given all that it has now. */
static int finish_turn(struct pw_files *f, struct pw_piece *piece, bool *said)
{
	const struct pw_files_window *w = &f->window;
	struct pw_log *log = f->now;
	const struct pw_connector_options *o = f->c.options;
	/* The log is read but once, and a last line without its end is whole: with --finish, say. */
	const bool done = log->closing || (!o->follow && !o->hold_last);

	*said = true;
	if (done && w->to > w->from)
		return say_data(f, piece, true);
	if (log->closing || (done && !o->resumable))
		return say_end(f, piece);
	*said = false;
	return end_turn(f);
}

/* Goes on with the log whose turn it is. */
static int go_on(struct pw_files *f, struct pw_piece *piece, bool *said)
{
	const struct pw_files_window *w = &f->window;
	struct pw_log *log = f->now;

	*said = true;
	if (!log->begun || log->renamed)
		return say_begin(f, piece);
	if (w->offered < w->to - w->from)
		return say_data(f, piece, false);
	if (log->file != NULL && log->file->waits && !log->file->ended && !pw_file_ready(log->file))
		return say_idle(piece, log->fd, -1);
	const int more = pw_files_fill(f);
	if (more < 0)
		return -1;
	return more ? say_data(f, piece, false) : finish_turn(f, piece, said);
}

static int all_read(struct pw_files *f, struct pw_piece *piece)
{
	if (f->c.options->follow)
		return say_idle(piece, f->watch.fd, pw_files_patience(f));
	*piece = (struct pw_piece){.kind = PW_PIECE_FINISHED};
	return 0;
}

static int files_again(struct pw_files *f, struct pw_piece *piece);

static int files_read(struct pw_connector *c, struct pw_piece *piece)
{
	struct pw_files *f = (struct pw_files *)c;
	bool said = false;
	int result;

	if (!f->started && start(f) < 0)
		return -1;
	if (piece->key != NULL)
		return files_again(f, piece);
	f->again_log = NULL;
	for (;;) {
		if (f->now != NULL) {
			result = go_on(f, piece, &said);
			if (result < 0 || said)
				return result;
		}
		result = f->live ? pw_files_look(f) : 0;
		if (result < 0)
			return -1;
		result = next_turn(f);
		if (result <= 0)
			return result < 0 ? -1 : all_read(f, piece);
	}
}

/* The window no longer fits the log, which is looked into anew. */
static void break_turn(struct pw_files *f, struct pw_log *log)
{
	if (f->window.log == log)
		f->window.log = NULL;
	log->id.modified = INT64_MIN; /* it counts as touched */
	if (f->now != log)
		return;
	f->now = NULL;
	pw_files_enqueue(f, log);
}

/* Bytes that were read again are not in the window: the prints are made of them at once. */
static int consume_again(struct pw_files *f, struct pw_log *log, size_t n)
{
	break_turn(f, log);
	log->seen = log->origin.offset;
	if (log->file == NULL)
		return pw_files_seal(f, log);
	if (n > 0)
		pw_identity_set_tail(&log->id, f->again.data, n);
	log->id.offset = log->origin.offset;
	log->id.line = log->origin.line;
	return 0;
}

static int files_consume(struct pw_connector *c, struct pw_origin *origin, size_t n)
{
	struct pw_files *f = (struct pw_files *)c;
	struct pw_log *log = (struct pw_log *)origin;
	struct pw_files_window *w = &f->window;

	if (origin->offset + n > (f->again_log == log ? f->again_end : log->seen))
		pw_bug("%s: more consumed than there was", origin->name);
	origin->offset += n;
	if (f->again_log == log)
		return consume_again(f, log, n);
	if (f->now != log && log->rest.length >= n) {
		log->rest.length -= n;
		if (log->rest.length > 0)
			memmove(log->rest.data, log->rest.data + n, log->rest.length);
	}
	if (w->log == log) {
		w->from += n;
		w->offered = n > 0 ? 0 : w->offered;
	}
	return 0;
}

static int files_offset(struct pw_connector *c, const struct pw_origin *origin,
			struct pw_bytes *value)
{
	struct pw_log *log = (struct pw_log *)(uintptr_t)origin;

	if (pw_files_seal((struct pw_files *)c, log) < 0)
		return -1;
	struct pw_identity id = log->id;
	if (log->packed && !log->drained)
		id.size = 0; /* not all of it has been read */
	const char *home = strcmp(log->home, origin->name) != 0 ? log->home : NULL;
	pw_identity_encode(value, origin->name, log->place, home, &id);
	return 0;
}

static void files_close(struct pw_connector *c)
{
	struct pw_files *f = (struct pw_files *)c;

	for (size_t i = 0; i < f->count; i++) {
		pw_files_shut(f, f->logs[i]);
		pw_files_free(f->logs[i]);
	}
	for (size_t i = 0; i < f->fresh_count; i++)
		free(f->fresh[i].path);
	for (int t = 0; t < PW_FILES_TABLES; t++)
		free(f->buckets[t]);
	free(f->logs);
	free(f->folder);
	free(f->folder_place);
	free(f->lost);
	free(f->fresh);
	free(f->window.data);
	pw_bytes_release(&f->again);
	pw_paths_release(&f->paths);
	pw_watch_close(&f->watch);
}

/* ---- read again ---- */

/* Opens a log of an earlier run, which is found as it would be at its turn. 0 or -1 */
static int open_again(struct pw_files *f, struct pw_log *log)
{
	int opened = pw_files_open(f, log);

	if (opened == 0 && f->sweep == 0) {
		if (pw_files_look(f) < 0)
			return -1;
		opened = log->origin.ended ? 0 : pw_files_open(f, log);
	}
	if (opened == 0)
		return pw_fail(PW_STATE,
			       "%s: has vanished, and has to be read again: put it back, or begin"
			       " anew with --reset (--track reads files that go)",
			       log->origin.name);
	return opened < 0 ? -1 : 0;
}

/* A compressed file is read from its beginning, unless the bytes follow those that were asked for last. */
static ptrdiff_t unpack_again(struct pw_files *f, struct pw_log *log, uint64_t from, size_t n)
{
	size_t have = 0;

	break_turn(f, log);
	if (log->file_at > from) {
		pw_files_shut(f, log);
		if (open_again(f, log) < 0)
			return -1;
	}
	while (log->file_at < from + n) {
		const bool early = log->file_at < from;
		const uint64_t left = early ? from - log->file_at : n - have;
		const size_t part = left < n ? (size_t)left : n;
		const ptrdiff_t got =
			pw_file_read(log->file, f->again.data + (early ? 0 : have), part);
		if (got <= 0)
			return got < 0 ? -1 : (ptrdiff_t)have;
		log->file_at += (uint64_t)got;
		have += early ? 0 : (size_t)got;
	}
	return (ptrdiff_t)have;
}

static int files_again(struct pw_files *f, struct pw_piece *piece)
{
	enum { AGAIN_MAX = 1 << 20 };
	struct pw_log *log = pw_files_by_key(f, piece->key);
	const uint64_t from = piece->offset;
	const size_t n = piece->length < AGAIN_MAX ? piece->length : AGAIN_MAX;
	ptrdiff_t got;

	if (log == NULL)
		return pw_fail(PW_STATE, "%s: the journal names it, but no run has read it",
			       piece->key);
	if (open_again(f, log) < 0)
		return -1;
	if (f->now != NULL)
		f->window.offered = 0; /* bytes that were lent are offered anew */
	pw_bytes_clear(&f->again);
	pw_bytes_room(&f->again, n);
	if (log->file != NULL) {
		got = unpack_again(f, log, from, n);
	} else {
		got = pw_io_read_at(log->fd, f->again.data, n, from);
		if (got < 0)
			pw_fail_system(log->origin.name);
	}
	if (got < 0)
		return -1;
	if (got == 0 && n > 0)
		return pw_fail(
			PW_STATE,
			"%s: ends before byte %llu, which was read: put it back, or begin anew with"
			" --reset (--track reads files that change)",
			log->origin.name, (unsigned long long)from + 1);
	f->again_log = log;
	f->again_end = from + (uint64_t)got;
	*piece = (struct pw_piece){.kind = PW_PIECE_DATA,
				   .origin = &log->origin,
				   .offset = from,
				   .data = f->again.data,
				   .length = (size_t)got};
	return 0;
}

const struct pw_connector_kind pw_connector_files = {
	.size = sizeof(struct pw_files),
	.open = files_open,
	.seek = files_seek,
	.read = files_read,
	.consume = files_consume,
	.offset = files_offset,
	.close = files_close,
};
