/* Is it still the log that it was, and where has it gone? */
#include "../base/io.h"
#include "files_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

enum { BEFORE = PW_IDENTITY_BYTES };

/* How many bytes that the log had when it was last seen have not been handed out. */
static uint64_t unread(const struct pw_log *log)
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

/* ---- a log that is not where its name leads ---- */

static int holds_at(const struct pw_log *log, const char *path, const struct stat *st)
{
	const int fd = pw_io()->open(path, O_RDONLY | O_NONBLOCK, 0);

	if (fd < 0)
		return errno == ENOENT ? 0 : pw_fail_system(path);
	const int result = pw_files_holds(log, fd, (uint64_t)st->st_size);
	pw_io()->close(fd);
	return result;
}

/* Is the log's file at path? The inode of a log that is open is not used again. */
static int is_it(const struct pw_log *log, const char *path)
{
	struct stat st;

	if (pw_io()->stat(path, &st) < 0 || !S_ISREG(st.st_mode) || st.st_ino != log->id.inode ||
	    st.st_dev != log->id.device)
		return 0;
	return log->fd >= 0 ? 1 : holds_at(log, path, &st);
}

/* Looks for another name in the log's directory that leads to it: 1, 0, -1. */
static int other_name(const struct pw_log *log, char **name)
{
	const char *slash = strrchr(log->origin.name, '/');
	char *place = pw_mem_copy(log->origin.name,
				  slash == NULL ? 0 : (size_t)(slash + 1 - log->origin.name));
	DIR *dir = pw_io()->opendir(place[0] == '\0' ? "." : place);
	struct dirent *e;
	int found = 0;

	while (dir != NULL && found == 0 && (e = pw_io()->readdir(dir)) != NULL) {
		if (e->d_ino != log->id.inode)
			continue;
		*name = pw_mem_print("%s%s", place, e->d_name);
		found = is_it(log, *name);
		if (found <= 0)
			free(*name);
	}
	if (dir != NULL)
		pw_io()->closedir(dir);
	free(place);
	return found;
}

static int fail_changed(const struct pw_log *log, const char *how)
{
	return pw_fail(PW_STATE,
		       "%s: %s before byte %llu, up to which it was read (a file that is followed"
		       " or resumed may only grow; --track reads files that change)",
		       log->origin.name, how, (unsigned long long)log->id.offset);
}

/*
 * The log's name leads to another file now. A writer that replaces a file to add
 * to it leaves all bytes that were read; then the log goes on in that file (1).
 * A file that does not even begin alike is a new log (0). Else -1.
 */
static int name_taken(struct pw_files *f, struct pw_log *log)
{
	char bytes[BEFORE];
	struct stat st;

	if (log->id.offset == 0 || log->packed || pw_io()->stat(log->origin.name, &st) < 0 ||
	    !S_ISREG(st.st_mode))
		return 0;
	const struct pw_log *there = pw_files_by_inode(f, st.st_dev, st.st_ino);
	if (there != NULL && there != log && (there->begun || there->origin.offset > 0))
		return 0; /* another log was renamed over it */
	const int holds = holds_at(log, log->origin.name, &st);
	if (holds < 0)
		return -1;
	if (holds) {
		char *name = pw_mem_print("%s", log->origin.name);
		pw_files_succeed(f, log, name, &st);
		free(name);
		return 1;
	}
	const int fd = pw_io()->open(log->origin.name, O_RDONLY | O_NONBLOCK, 0);
	const ssize_t got = fd < 0 ? 0 : pw_io_read_at(fd, bytes, sizeof bytes, 0);
	if (fd >= 0)
		pw_io()->close(fd);
	if (got > 0 && pw_identity_resembles(&log->id, bytes, (size_t)got))
		return fail_changed(log, "was replaced, and has changed");
	return 0;
}

static int fail_unread(const struct pw_log *log, const char *how, uint64_t left)
{
	return pw_fail(
		PW_STATE,
		"%s: %s with %llu byte%s unread (a file that is followed or resumed may only "
		"grow; --track reads files that change)",
		log->origin.name, how, (unsigned long long)left, left == 1 ? "" : "s");
}

/* Nothing more will come of the log but its rest. */
static void end_truncated(struct pw_files *f, struct pw_log *log)
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

static int vanish(struct pw_files *f, struct pw_log *log)
{
	const uint64_t left = unread(log);

	/* A file that came and went between two looks was never read. */
	if (left > 0 && log->known)
		return fail_unread(log, "vanished", left);
	end_truncated(f, log);
	return 0;
}

int pw_files_seek_lost(struct pw_files *f, struct pw_log *log)
{
	char *name = NULL;
	int found;

	if (log->orphan_since != 0 || log->origin.ended)
		return 0;
	found = other_name(log, &name);
	if (found < 0)
		return -1;
	if (found) {
		pw_files_rename(f, log, name);
		pw_files_enqueue(f, log);
		free(name);
		return 0;
	}
	found = name_taken(f, log);
	if (found == 0)
		found = pw_files_seek_copy(f, log);
	if (found != 0)
		return found < 0 ? -1 : 0;
	pw_files_leave(f, PW_FILES_PATH, log);
	if (log->fd < 0)
		return vanish(f, log);
	log->orphan_since = pw_files_clock();
	pw_files_enqueue(f, log);
	return 0;
}

/* ---- a log whose bytes have changed ---- */

/* The file at path becomes a log of its own. */
static void begin_anew(struct pw_files *f, const char *path, const struct stat *st)
{
	struct pw_log *log = pw_files_log(f, path, st, NULL);

	pw_files_enter(f, PW_FILES_PATH, log);
	pw_files_enter(f, PW_FILES_INODE, log);
	pw_files_enqueue(f, log);
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
	else if (pw_identity_resembles(&log->id, bytes, (size_t)got))
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
	const uint64_t left = unread(log);
	char *path = pw_mem_print("%s", log->origin.name);
	const bool orphan = log->orphan_since != 0;
	int found = orphan ? 0 : pw_files_seek_copy(f, log);
	if (found == 0 && (how == ALIKE || !shrank))
		found = fail_changed(log, shrank ? "shrank" : "changed");
	else if (found == 0 && left > 0)
		found = fail_unread(log, "was truncated", left);
	if (found == 0)
		end_truncated(f, log);
	if (found >= 0 && !orphan)
		begin_anew(f, path, st);
	free(path);
	return found < 0 ? -1 : 0;
}
