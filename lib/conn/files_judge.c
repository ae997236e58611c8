/* Is it still the log that it was, and where has it gone? */
#include "../base/io.h"
#include "files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

enum { BEFORE = PW_IDENTITY_BYTES };

/* How much of it, as was seen last, has not been handed out. */
static uint64_t unread(const struct pw_log *log)
{
	/* Sizes of compressed files are not those of their text: all or nothing. */
	if (log->file != NULL || pw_codec_of_path(log->origin.name) != NULL)
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

	if (pw_codec_of_path(log->origin.name) != NULL)
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

/* ---- a log without a name ---- */

/* A name in its directory that leads to its inode; NULL: none. */
static char *other_name(const struct pw_log *log)
{
	const char *slash = strrchr(log->origin.name, '/');
	char *place = pw_mem_copy(log->origin.name,
				  slash == NULL ? 0 : (size_t)(slash + 1 - log->origin.name));
	DIR *dir = opendir(place[0] == '\0' ? "." : place);
	char *found = NULL;
	struct dirent *e;

	while (dir != NULL && found == NULL && (e = readdir(dir)) != NULL) {
		struct stat st;
		if (e->d_ino != log->id.inode)
			continue;
		found = pw_mem_print("%s%s", place, e->d_name);
		if (stat(found, &st) < 0 || !S_ISREG(st.st_mode) || st.st_ino != log->id.inode ||
		    st.st_dev != log->id.device) {
			free(found);
			found = NULL;
		}
	}
	if (dir != NULL)
		closedir(dir);
	free(place);
	return found;
}

/* Nothing more will come of it, and it can't be opened: it ends if it was read. */
static int vanish(struct pw_files *f, struct pw_log *log)
{
	const uint64_t left = unread(log);

	if (left > 0)
		return pw_fail(PW_STATE,
			       "%s: vanished with %llu bytes unread (a file that is followed or "
			       "resumed may only grow; --track reads files that change)",
			       log->origin.name, (unsigned long long)left);
	pw_files_leave(f, PW_FILES_INODE, log);
	log->cut = log->closing = true;
	if (log->begun)
		pw_files_enqueue(f, log);
	else
		log->origin.ended = true; /* of an earlier run; nobody waits for its end */
	return 0;
}

int pw_files_seek_lost(struct pw_files *f, struct pw_log *log)
{
	char *name = other_name(log);

	if (name != NULL) {
		pw_files_rename(f, log, name);
		pw_files_enqueue(f, log);
		free(name);
		return 0;
	}
	pw_files_leave(f, PW_FILES_PATH, log);
	if (log->fd < 0)
		return vanish(f, log);
	log->orphan_since = pw_files_clock();
	pw_files_enqueue(f, log);
	return 0;
}

/* ---- a log whose bytes have changed ---- */

int pw_files_changed(struct pw_files *f, struct pw_log *log, const struct stat *st)
{
	(void)f;
	return pw_fail(PW_STATE, "%s: shrank or changed before byte %llu of %llu", log->origin.name,
		       (unsigned long long)log->origin.offset, (unsigned long long)st->st_size);
}
