/* One file: found again by path, inode or key; opened; its bytes in the window. */
#include "../base/hash.h"
#include "../base/io.h"
#include "files_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

enum { READ_BYTES = 256 << 10, BEFORE = PW_IDENTITY_BYTES, OPEN_MAX_LOGS = 256 };

int64_t pw_files_clock(void)
{
	return pw_io_ns(CLOCK_MONOTONIC);
}

int64_t pw_files_modified(const struct stat *st)
{
	return pw_io_ns_of(&st->st_mtim);
}

bool pw_files_touched(const struct pw_log *log, const struct stat *st)
{
	const int64_t changed = pw_io_ns_of(&st->st_ctim);

	return (uint64_t)st->st_size != log->id.size || pw_files_modified(st) != log->id.modified ||
	       (log->id.changed != 0 && changed != log->id.changed);
}

/* ---- tables of logs, each with as many chains as there are logs ---- */

static uint64_t hash_text(const char *text)
{
	return pw_hash_bytes(text, strlen(text));
}

static uint64_t hash_inode(uint64_t device, uint64_t inode)
{
	return pw_hash_word(inode ^ device << 40);
}

static uint64_t hash_of(const struct pw_log *log, enum pw_files_table table)
{
	return table == PW_FILES_PATH    ? hash_text(log->origin.name)
	       : table == PW_FILES_INODE ? hash_inode(log->id.device, log->id.inode)
	       : table == PW_FILES_HOME  ? hash_text(log->home)
					 : hash_text(log->origin.key);
}

static struct pw_log *chain_of(const struct pw_files *f, enum pw_files_table table, uint64_t hash)
{
	return f->bucket_count == 0 ? NULL : f->buckets[table][hash & (f->bucket_count - 1)];
}

static void link_in(struct pw_files *f, enum pw_files_table table, struct pw_log *log)
{
	struct pw_log **head = &f->buckets[table][hash_of(log, table) & (f->bucket_count - 1)];

	log->chain[table] = *head;
	*head = log;
}

static void rehash(struct pw_files *f)
{
	f->bucket_count = f->bucket_count == 0 ? 64 : f->bucket_count * 2;
	for (int t = 0; t < PW_FILES_TABLES; t++) {
		free(f->buckets[t]);
		f->buckets[t] = pw_mem_zero(f->bucket_count, sizeof *f->buckets[t]);
		for (size_t i = 0; i < f->count; i++)
			if (f->logs[i]->in[t])
				link_in(f, (enum pw_files_table)t, f->logs[i]);
	}
}

void pw_files_enter(struct pw_files *f, enum pw_files_table table, struct pw_log *log)
{
	if (log->in[table])
		return;
	log->in[table] = true;
	link_in(f, table, log);
}

void pw_files_leave(struct pw_files *f, enum pw_files_table table, struct pw_log *log)
{
	if (!log->in[table])
		return;
	struct pw_log **p = &f->buckets[table][hash_of(log, table) & (f->bucket_count - 1)];
	while (*p != log)
		p = &(*p)->chain[table];
	*p = log->chain[table];
	log->in[table] = false;
}

struct pw_log *pw_files_by_path(const struct pw_files *f, const char *path)
{
	struct pw_log *log = chain_of(f, PW_FILES_PATH, hash_text(path));

	while (log != NULL && strcmp(log->origin.name, path) != 0)
		log = log->chain[PW_FILES_PATH];
	return log;
}

struct pw_log *pw_files_by_inode(const struct pw_files *f, uint64_t device, uint64_t inode)
{
	struct pw_log *log = chain_of(f, PW_FILES_INODE, hash_inode(device, inode));

	while (log != NULL && (log->id.device != device || log->id.inode != inode))
		log = log->chain[PW_FILES_INODE];
	return log;
}

struct pw_log *pw_files_next_by_inode(const struct pw_log *log)
{
	struct pw_log *next = log->chain[PW_FILES_INODE];

	while (next != NULL &&
	       (next->id.device != log->id.device || next->id.inode != log->id.inode))
		next = next->chain[PW_FILES_INODE];
	return next;
}

struct pw_log *pw_files_next_by_path(const struct pw_log *log)
{
	struct pw_log *next = log->chain[PW_FILES_PATH];

	while (next != NULL && strcmp(next->origin.name, log->origin.name) != 0)
		next = next->chain[PW_FILES_PATH];
	return next;
}

struct pw_log *pw_files_by_key(const struct pw_files *f, const char *key)
{
	struct pw_log *log = chain_of(f, PW_FILES_KEY, hash_text(key));

	while (log != NULL && strcmp(log->origin.key, key) != 0)
		log = log->chain[PW_FILES_KEY];
	return log;
}

struct pw_log *pw_files_by_home(const struct pw_files *f, const char *path,
				const struct pw_log *after)
{
	struct pw_log *log = after != NULL ? after->chain[PW_FILES_HOME]
					   : chain_of(f, PW_FILES_HOME, hash_text(path));

	while (log != NULL && strcmp(log->home, path) != 0)
		log = log->chain[PW_FILES_HOME];
	return log;
}

/* ---- a log ---- */

/* A key is the path, for the second file of that path followed by "#2", and so on. */
static char *new_key(const struct pw_files *f, const char *path)
{
	char *text = pw_identity_text(path), *key = pw_mem_print("%s", text);

	for (unsigned long n = 2; pw_files_by_key(f, key) != NULL; n++) {
		free(key);
		key = pw_mem_print("%s#%lu", text, n);
	}
	free(text);
	return key;
}

/* The path that a key was made of. */
static char *home_of(const char *key)
{
	char *path = pw_identity_path(key), *mark = strrchr(path, '#');

	if (mark != NULL && mark[1] != '\0' && mark[strspn(mark + 1, "0123456789") + 1] == '\0')
		*mark = '\0';
	return path;
}

struct pw_log *pw_files_log(struct pw_files *f, const char *path, const struct stat *st,
			    const char *key)
{
	struct pw_log *log = pw_mem_zero(1, sizeof *log);

	log->origin = (struct pw_origin){
		.key = key != NULL ? pw_mem_print("%s", key) : new_key(f, path),
		.name = pw_mem_print("%s", strcmp(path, "-") == 0 ? "stdin" : path),
		.modified = INT64_MIN,
		.line = 1,
	};
	log->fd = -1;
	log->packed = pw_codec_of_path(path) != NULL;
	log->sweep = f->sweep;
	log->id.line = 1;
	if (st != NULL) {
		log->id.device = st->st_dev;
		log->id.inode = st->st_ino;
		log->origin.modified = log->id.modified = pw_files_modified(st);
	}
	if (f->live && key == NULL)
		log->place = pw_files_place(f, path);
	log->home = key != NULL ? home_of(key) : pw_mem_print("%s", pw_files_where(log));
	f->logs = pw_mem_grow(f->logs, &f->capacity, f->count + 1, sizeof *f->logs);
	f->logs[f->count++] = log;
	if (f->count > f->bucket_count)
		rehash(f);
	pw_files_enter(f, PW_FILES_KEY, log);
	pw_files_enter(f, PW_FILES_HOME, log);
	return log;
}

void pw_files_set_place(struct pw_files *f, struct pw_log *log, char *place, char *home)
{
	log->place = place;
	if (home == NULL)
		return;
	pw_files_leave(f, PW_FILES_HOME, log);
	free(log->home);
	log->home = home;
	pw_files_enter(f, PW_FILES_HOME, log);
}

void pw_files_rename(struct pw_files *f, struct pw_log *log, const char *path)
{
	char *name = pw_mem_print("%s", path);
	struct pw_log *holder = pw_files_by_path(f, path);

	if (holder != NULL)
		pw_files_leave(f, PW_FILES_PATH, holder);
	pw_files_leave(f, PW_FILES_PATH, log);
	log->renamed = log->known && strcmp(log->origin.name, path) != 0;
	free(log->origin.name);
	free(log->place);
	log->place = pw_files_place(f, path);
	log->origin.name = name;
	log->packed = pw_codec_of_path(path) != NULL;
	log->orphan_since = 0;
	if (log->file != NULL)
		log->file->name = name;
	pw_files_enter(f, PW_FILES_PATH, log);
}

void pw_files_enqueue(struct pw_files *f, struct pw_log *log)
{
	if (log->queued || log->origin.ended)
		return;
	log->queued = true;
	log->next = NULL;
	if (f->last != NULL)
		f->last->next = log;
	else
		f->first = log;
	f->last = log;
}

void pw_files_free(struct pw_log *log)
{
	free(log->origin.key);
	free(log->origin.name);
	free(log->place);
	free(log->home);
	pw_bytes_release(&log->origin.header);
	pw_bytes_release(&log->rest);
	free(log);
}

/* ---- open logs, by last use ---- */

static void unlink_open(struct pw_files *f, struct pw_log *log)
{
	*(log->newer != NULL ? &log->newer->older : &f->newest) = log->older;
	*(log->older != NULL ? &log->older->newer : &f->oldest) = log->newer;
	log->newer = log->older = NULL;
	f->open_count--;
}

static void link_open(struct pw_files *f, struct pw_log *log)
{
	log->older = f->newest;
	log->newer = NULL;
	*(f->newest != NULL ? &f->newest->newer : &f->oldest) = log;
	f->newest = log;
	f->open_count++;
}

void pw_files_shut(struct pw_files *f, struct pw_log *log)
{
	if (log->fd < 0)
		return;
	unlink_open(f, log);
	if (log->file != NULL)
		pw_file_close(log->file);
	else
		pw_io()->close(log->fd);
	free(log->file);
	log->file = NULL;
	log->fd = -1;
}

/* An orphan can't be opened again, so it stays open. */
static bool shut_oldest(struct pw_files *f)
{
	for (struct pw_log *log = f->oldest; log != NULL; log = log->newer)
		if (log->orphan_since == 0 && log != f->now) {
			pw_files_shut(f, log);
			return true;
		}
	return false;
}

static int open_plain(struct pw_files *f, struct pw_log *log)
{
	do {
		log->fd = pw_io()->open(log->origin.name, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	} while (log->fd < 0 && (errno == EMFILE || errno == ENFILE) && shut_oldest(f));
	if (log->fd >= 0)
		return 1;
	return errno == ENOENT || errno == ENOTDIR ? 0 : pw_fail_system(log->origin.name);
}

static int open_file(struct pw_files *f, struct pw_log *log, const char *name)
{
	struct pw_file *file = pw_mem_zero(1, sizeof *file);

	if (pw_file_open(file, name) < 0) {
		const bool gone = f->live && (errno == ENOENT || errno == ENOTDIR);
		pw_file_close(file);
		free(file);
		return gone ? 0 : -1;
	}
	file->grows = f->live;
	log->file = file;
	log->fd = file->fd;
	log->file_at = 0;
	return 1;
}

int pw_files_open(struct pw_files *f, struct pw_log *log)
{
	const char *name = log->origin.name;
	struct stat st;
	int result;

	if (log->fd >= 0) {
		unlink_open(f, log);
		link_open(f, log);
		return 1;
	}
	if (f->open_count >= OPEN_MAX_LOGS)
		shut_oldest(f);
	if (!f->live)
		result = open_file(f, log, strcmp(log->origin.key, "-") == 0 ? "-" : name);
	else if (log->packed)
		result = open_file(f, log, name);
	else
		result = open_plain(f, log);
	if (result <= 0)
		return result;
	link_open(f, log);
	if (f->live && (pw_io()->fstat(log->fd, &st) < 0 || st.st_dev != log->id.device ||
			st.st_ino != log->id.inode)) {
		pw_files_shut(f, log);
		return 0;
	}
	if (!f->live)
		log->origin.modified = log->file->modified;
	return 1;
}

/* ---- the window ---- */

/* Makes room for a whole read; bytes before the offset stay as far as they are needed. */
static void make_room(struct pw_files_window *w)
{
	const size_t needed = w->from < BEFORE ? w->from : BEFORE;

	if (w->from > needed) {
		memmove(w->data, w->data + w->from - needed, w->to - w->from + needed);
		w->to -= w->from - needed;
		w->from = needed;
	}
	if (w->capacity - w->to < READ_BYTES)
		w->data = pw_mem_grow(w->data, &w->capacity, w->to + READ_BYTES + 2 * BEFORE, 1);
}

/* Reads the log's bytes from the window's end on: how many came, or -1. */
static ptrdiff_t read_on(struct pw_files *f, struct pw_log *log, size_t most)
{
	struct pw_files_window *w = &f->window;
	const uint64_t at = log->origin.offset + w->to - w->from;
	const size_t n = log->until - at < most ? (size_t)(log->until - at) : most;
	ptrdiff_t got;

	if (log->file != NULL) {
		got = pw_file_read(log->file, w->data + w->to, most);
		log->file_at += got > 0 ? (uint64_t)got : 0;
	} else {
		got = at >= log->until ? 0 : pw_io_read_at(log->fd, w->data + w->to, n, at);
		if (got < 0)
			pw_fail_system(log->origin.name);
	}
	if (got > 0)
		w->to += (size_t)got;
	return got;
}

/* The plain text of a compressed file is read up to `start` and dropped. 0 or -1 */
static int skip(struct pw_files *f, struct pw_log *log, uint64_t start)
{
	struct pw_files_window *w = &f->window;

	if (log->file_at > start) {
		pw_files_shut(f, log);
		if (pw_files_open(f, log) <= 0)
			return pw_fail(PW_STATE, "%s: vanished while it was read",
				       log->origin.name);
	}
	while (log->file_at < start) {
		const uint64_t left = start - log->file_at;
		const ptrdiff_t got = pw_file_read(log->file, w->data,
						   left < READ_BYTES ? (size_t)left : READ_BYTES);
		if (got <= 0)
			return got < 0 ? -1 : 0;
		log->file_at += (uint64_t)got;
	}
	return 0;
}

int pw_files_load(struct pw_files *f, struct pw_log *log)
{
	struct pw_files_window *w = &f->window;
	const uint64_t offset = log->origin.offset;
	const size_t before = offset < BEFORE ? (size_t)offset : BEFORE;
	ptrdiff_t got;

	if (log->file != NULL && w->log == log)
		return 0;
	w->log = log;
	w->from = w->to = w->offered = 0;
	make_room(w);
	if (log->file == NULL) {
		const uint64_t n = log->until - (offset - before);
		got = pw_io_read_at(log->fd, w->data, n < READ_BYTES ? (size_t)n : READ_BYTES,
				    offset - before);
		if (got < 0)
			return pw_fail_system(log->origin.name);
		w->to = (size_t)got;
	} else {
		if (skip(f, log, offset - before) < 0)
			return -1;
		while (w->to < before &&
		       (got = pw_file_read(log->file, w->data + w->to, before - w->to)) != 0) {
			if (got < 0)
				return -1;
			w->to += (size_t)got;
			log->file_at += (uint64_t)got;
		}
	}
	w->from = w->to < before ? w->to : before;
	return 0;
}

/* If the window begins where the file does, the head can be seen in it. */
static void see_head(struct pw_files *f, struct pw_log *log)
{
	const struct pw_files_window *w = &f->window;

	if (f->live && log->id.head_length < BEFORE && log->origin.offset == w->from &&
	    w->to > log->id.head_length)
		pw_identity_set_head(&log->id, w->data, w->to);
}

int pw_files_fill(struct pw_files *f)
{
	struct pw_files_window *w = &f->window;
	struct pw_log *log = w->log;

	if (log->truncated)
		return 0;
	see_head(f, log);
	make_room(w);
	const ptrdiff_t got = read_on(f, log, READ_BYTES);
	see_head(f, log);
	return got < 0 ? -1 : got > 0;
}

int pw_files_seal(struct pw_files *f, struct pw_log *log)
{
	const struct pw_files_window *w = &f->window;
	const uint64_t offset = log->origin.offset;
	const size_t before = offset < BEFORE ? (size_t)offset : BEFORE;
	char bytes[BEFORE];

	log->id.line = log->origin.line;
	if (log->origin.header.length > 0) /* else it is not read again yet */
		log->id.header = log->origin.header.length;
	if (log->id.offset == offset || log->truncated) {
		log->id.offset = offset;
		return 0;
	}
	log->id.offset = offset;
	if (w->log == log && w->from >= before) {
		pw_identity_set_tail(&log->id, w->data + w->from - before, before);
		return 0;
	}
	/* The window has another log's bytes by now. */
	if (log->file != NULL || log->fd < 0) {
		log->id.tail_length = 0;
		return 0;
	}
	const ssize_t got = pw_io_read_at(log->fd, bytes, before, offset - before);
	if (got < 0)
		return pw_fail_system(log->origin.name);
	pw_identity_set_tail(&log->id, bytes, (size_t)got == before ? before : 0);
	return 0;
}
