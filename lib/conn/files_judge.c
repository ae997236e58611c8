/* Is it still the log that it was? */
#include "../base/io.h"
#include "files_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

enum { BEFORE = PW_IDENTITY_BYTES };

uint64_t pw_files_unread(const struct pw_log *log)
{
	/* Sizes of compressed files are not those of their text: all or nothing. */
	if (log->packed)
		return log->begun || log->origin.offset > 0 ? 0 : log->id.size;
	const uint64_t had = log->origin.offset + log->rest.length;
	return log->id.size > had ? log->id.size - had : 0;
}

int pw_files_holds(const struct pw_log *log, int fd, uint64_t size)
{
	const uint64_t offset = log->id.offset;
	const size_t before = offset < BEFORE ? (size_t)offset : BEFORE;
	char bytes[BEFORE];
	ssize_t got;

	if (log->packed)
		return size >= log->id.size;
	if (size < offset)
		return 0;
	got = pw_io_read_at(fd, bytes, sizeof bytes, 0);
	if (got < 0)
		return pw_fail_system(log->origin.name);
	if (pw_identity_begins(&log->id, bytes, (size_t)got) == PW_IDENTITY_OTHER)
		return 0;
	got = pw_io_read_at(fd, bytes, before, offset - before);
	if (got < 0)
		return pw_fail_system(log->origin.name);
	return pw_identity_continues(&log->id, bytes, (size_t)got);
}

int pw_files_holds_at(const struct pw_log *log, const char *path, const struct stat *st)
{
	const int fd = pw_io()->open(path, O_RDONLY | O_NONBLOCK, 0);

	if (fd < 0)
		return errno == ENOENT ? 0 : pw_fail_system(path);
	const int result = pw_files_holds(log, fd, (uint64_t)st->st_size);
	pw_io()->close(fd);
	return result;
}

bool pw_files_is_other(const struct pw_files *f, const struct pw_log *log, const char *path,
		       const struct stat *st)
{
	const struct pw_log *there = pw_files_by_inode(f, st->st_dev, st->st_ino);

	if (there == NULL || there == log || !(there->begun || there->origin.offset > 0))
		return false;
	const int holds = there->fd >= 0 ? 1 : pw_files_holds_at(there, path, st);
	pw_fail_clear();
	return holds != 0;
}

static int fail_changed(const struct pw_log *log, const char *how)
{
	return pw_fail(PW_STATE,
		       "%s: %s before byte %llu, up to which it was read (a file that is followed"
		       " or resumed may only grow; --track reads files that change)",
		       log->origin.name, how, (unsigned long long)log->id.offset);
}

int pw_files_fail_unread(const struct pw_log *log, const char *how, uint64_t left)
{
	return pw_fail(
		PW_STATE,
		"%s: %s with %llu byte%s unread (a file that is followed or resumed may only "
		"grow; --track reads files that change)",
		log->origin.name, how, (unsigned long long)left, left == 1 ? "" : "s");
}

void pw_files_end_truncated(struct pw_files *f, struct pw_log *log)
{
	pw_files_leave(f, PW_FILES_PATH, log);
	pw_files_leave(f, PW_FILES_INODE, log);
	pw_files_shut(f, log);
	log->truncated = log->closing = true;
	if (log->known)
		pw_files_enqueue(f, log);
	else
		log->origin.ended = true; /* it was never read: nobody waits for its end */
}

/* Has a file that begins with these bytes been the log, and been edited or cut? */
static bool resembles(const struct pw_log *log, const char *bytes, size_t n)
{
	return n > 0 && (pw_identity_resembles(&log->id, bytes, n) ||
			 pw_identity_shortened(&log->id, bytes, n));
}

/* ---- a log whose beginning was cut off: tail -n 50 log >x; cat x >log ---- */

/* Lines that are looked through: data[from] is the first byte of the file after its header. */
struct lines {
	char data[BEFORE + (64 << 10)];
	size_t to;
	uint64_t passed; /* bytes of the file that were dropped in front of data */
};

/*
 * Does a line end in data[at..to) so that all bytes of the file before, or the last
 * 4 KB of them, are the last that were read?
 */
static bool ends_among(const struct pw_log *log, const struct lines *l, size_t at)
{
	const char *end = l->data + l->to, *p = l->data + at;

	while ((p = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		p++;
		if (pw_identity_ends(&log->id, l->data, (size_t)(p - l->data)))
			return true;
	}
	return false;
}

/* 1: the file holds the last lines that were read of log, and nothing in front of them but the header; 0; -1 */
static int is_trimmed(const struct pw_log *log, int fd)
{
	const uint64_t header = log->id.header;
	struct lines *l = pw_mem_alloc(1, sizeof *l);
	uint64_t at = 0;
	ssize_t got;
	int result = 0;

	l->to = 0;
	if (header > 0 && header <= log->id.first_length && header <= sizeof l->data) {
		got = pw_io_read_at(fd, l->data, header, 0);
		if (got == (ssize_t)header && memcmp(l->data, log->id.first, header) == 0)
			at = header;
	}
	while (result == 0 &&
	       (got = pw_io_read_at(fd, l->data + l->to, sizeof l->data - l->to, at)) > 0) {
		const size_t from = l->to;
		l->to += (size_t)got;
		at += (uint64_t)got;
		result = ends_among(log, l, from);
		if (l->to > BEFORE) {
			memmove(l->data, l->data + l->to - BEFORE, BEFORE);
			l->to = BEFORE;
		}
	}
	free(l);
	return got < 0 ? pw_fail_system(log->origin.name) : result;
}

/* Does an open file that has become another hold lines that were read? 0 or -1 */
static int check_trimmed(const struct pw_log *log, int fd)
{
	const int trimmed = log->packed || log->id.last_length == 0 ? 0 : is_trimmed(log, fd);

	return trimmed > 0 ? fail_changed(log, "was trimmed, and holds lines that stood") : trimmed;
}

int pw_files_check_replaced(const struct pw_log *log, const char *path)
{
	char bytes[BEFORE];
	struct stat st;

	if (log->id.offset == 0 || log->packed || pw_io()->stat(path, &st) < 0 ||
	    !S_ISREG(st.st_mode))
		return 0;
	const int fd = pw_io()->open(path, O_RDONLY | O_NONBLOCK, 0);
	if (fd < 0)
		return errno == ENOENT ? 0 : pw_fail_system(log->origin.name);
	const ssize_t got = pw_io_read_at(fd, bytes, sizeof bytes, 0);
	int result = got < 0 ? pw_fail_system(log->origin.name) : 0;
	if (got > 0 && resembles(log, bytes, (size_t)got))
		result = fail_changed(log, "was replaced, and has changed");
	else if (got > 0)
		result = check_trimmed(log, fd);
	pw_io()->close(fd);
	return result;
}

int pw_files_is_rewritten(struct pw_log *log)
{
	enum { REST_MS = 500 }; /* a writer that writes a file anew pauses less than that */
	const struct pw_log *before = log->before;
	struct stat st;
	int result;

	if (pw_io()->stat(log->origin.name, &st) < 0 || st.st_size == 0)
		return 0;
	const uint64_t size = (uint64_t)st.st_size;
	const int fd = pw_io()->open(log->origin.name, O_RDONLY | O_NONBLOCK, 0);
	if (fd < 0)
		return errno == ENOENT ? 0 : pw_fail_system(log->origin.name);
	result = pw_files_holds(before, fd, size);
	pw_io()->close(fd);
	if (result == 0) {
		const int64_t age = pw_io_ns(CLOCK_REALTIME) - pw_files_modified(&st);
		result = pw_files_check_replaced(before, log->origin.name);
		if (result < 0 && size < before->id.offset && age >= 0 &&
		    age < REST_MS * 1000000LL) {
			pw_fail_clear();
			return 1;
		}
	} else if (result > 0) {
		result = pw_files_begin_at(log, before, before->id.offset, before->id.line);
	}
	log->before = NULL;
	return result;
}

/* ---- a log whose bytes have changed ---- */

/* The file at path becomes a log of its own. */
static void begin_anew(struct pw_files *f, const char *path, const struct stat *st,
		       const struct pw_log *before)
{
	struct pw_log *log = pw_files_log(f, path, st, NULL);

	log->before =
		st->st_size == 0 && before->truncated && !before->packed && before->id.offset > 0
			? before
			: NULL;
	pw_files_enter(f, PW_FILES_PATH, log);
	pw_files_enter(f, PW_FILES_INODE, log);
	pw_files_enqueue(f, log);
}

/* Is there another log that has gone on in that file? */
static bool is_taken(const struct pw_files *f, const char *path, const struct stat *st)
{
	const struct pw_log *log = pw_files_by_path(f, path);

	while (log != NULL && (log->id.device != st->st_dev || log->id.inode != st->st_ino))
		log = pw_files_next_by_path(log);
	return log != NULL;
}

/* How the log's open file begins, compared with the bytes that were read. */
enum likeness { OTHERWISE, ALIKE, AS_BEFORE };

static int begins(const struct pw_log *log, uint64_t size, enum likeness *how)
{
	char bytes[BEFORE];

	*how = OTHERWISE;
	if (size == 0)
		return 0;
	const ssize_t got = log->file != NULL ? 0 : pw_io_read_at(log->fd, bytes, sizeof bytes, 0);
	if (got < 0)
		return pw_fail_system(log->origin.name);
	if (log->file != NULL || /* a compressed file that is other text was not truncated */
	    ((size_t)got >= log->id.head_length &&
	     pw_identity_begins(&log->id, bytes, (size_t)got) == PW_IDENTITY_SAME))
		*how = AS_BEFORE;
	else if (resembles(log, bytes, (size_t)got))
		*how = ALIKE;
	return 0;
}

int pw_files_begins(const struct pw_log *log)
{
	const uint64_t offset = log->id.offset;
	char bytes[BEFORE];

	if (log->file != NULL || offset <= BEFORE || log->id.head_length < BEFORE)
		return 1;
	const ssize_t got = pw_io_read_at(log->fd, bytes, sizeof bytes, 0);
	if (got < 0)
		return pw_fail_system(log->origin.name);
	return pw_identity_begins(&log->id, bytes, (size_t)got) != PW_IDENTITY_OTHER;
}

/*
 * A log of which there is a copy has been rotated by copytruncate. A log without
 * a copy has been truncated if it has become shorter and begins otherwise: then
 * bytes that were unread are lost, and that is an error. A log that is no shorter
 * has been written over, for all that we can tell, and a log that begins alike
 * has been edited: such files are no logs.
 */
int pw_files_changed(struct pw_files *f, struct pw_log *log, const struct stat *st)
{
	const uint64_t size = (uint64_t)st->st_size;
	const bool shrank = size < log->id.size;
	enum likeness how;

	if (begins(log, size, &how) < 0)
		return -1;
	if (how == AS_BEFORE)
		return fail_changed(log, shrank ? "shrank" : "changed");
	const uint64_t left = pw_files_unread(log);
	char *path = pw_mem_print("%s", log->origin.name);
	const bool orphan = log->orphan_since != 0;
	const int64_t modified = log->id.modified;
	int found = orphan ? 0 : pw_files_seek_copy(f, log);
	if (found > 0)
		pw_files_seek_siblings(f, log, path, modified);
	if (found == 0 && (how == ALIKE || !shrank))
		found = fail_changed(log, shrank ? "shrank" : "changed");
	else if (found == 0 && left > 0)
		found = pw_files_fail_unread(log, "was truncated", left);
	if (found == 0 && size > 0 && log->file == NULL)
		found = check_trimmed(log, log->fd);
	if (found == 0)
		pw_files_end_truncated(f, log);
	if (found >= 0 && !orphan && !is_taken(f, path, st))
		begin_anew(f, path, st, log);
	free(path);
	return found < 0 ? -1 : 0;
}
