/* A log that is not where its name leads: where has it gone? */
#include "../base/io.h"
#include "files_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

/* Is the log's file at path? The inode of a log that is open is not used again. */
static int is_it(const struct pw_log *log, const char *path)
{
	struct stat st;

	if (pw_io()->stat(path, &st) < 0 || !S_ISREG(st.st_mode) || st.st_ino != log->id.inode ||
	    st.st_dev != log->id.device)
		return 0;
	return log->fd >= 0 ? 1 : pw_files_holds_at(log, path, &st);
}

/* Looks for another name in a folder that leads to the log: 1, 0, -1. */
static int name_in(const struct pw_log *log, const char *folder, char **name)
{
	DIR *dir = pw_io()->opendir(folder[0] == '\0' ? "." : folder);
	struct dirent *e;
	int found = 0;

	while (dir != NULL && found == 0 && (e = pw_io()->readdir(dir)) != NULL) {
		if (e->d_ino != log->id.inode)
			continue;
		*name = pw_mem_print("%s%s", folder, e->d_name);
		found = is_it(log, *name);
		if (found <= 0)
			free(*name);
	}
	if (dir != NULL)
		pw_io()->closedir(dir);
	return found;
}

/* Another name of the log, in its folder, or where its file lay if its name led there by links: 1, 0, -1. */
static int other_name(const struct pw_log *log, char **name)
{
	char *folder = pw_files_folder(log->origin.name);
	int found = name_in(log, folder, name);

	free(folder);
	if (found != 0 || log->place == NULL)
		return found;
	folder = pw_files_folder(log->place);
	found = name_in(log, folder, name);
	free(folder);
	return found;
}

/*
 * The log's name, or the one that it had before, leads to another file now. A
 * writer that replaces a file to add to it leaves all bytes that were read; then
 * the log goes on in that file (1). Else 0 or -1.
 */
static int name_taken(struct pw_files *f, struct pw_log *log, const char *path)
{
	struct stat st;

	if (log->id.offset == 0 || log->packed || pw_io()->stat(path, &st) < 0 ||
	    !S_ISREG(st.st_mode))
		return 0;
	if (pw_files_is_other(f, log, path, &st))
		return 0; /* another log was renamed over it */
	const int holds = pw_files_holds_at(log, path, &st);
	if (holds <= 0)
		return holds;
	char *name = pw_mem_print("%s", path);
	pw_files_succeed(f, log, name, &st);
	free(name);
	return 1;
}

/* No file is the log any more; has another that has the name been the log? 0 or -1 */
static int check_name(struct pw_files *f, const struct pw_log *log, const char *path)
{
	struct stat st;

	if (pw_io()->stat(path, &st) < 0)
		return 0;
	return pw_files_is_other(f, log, path, &st) ? 0 : pw_files_check_replaced(log, path);
}

/* Editors rename a file, write it anew under its name, and delete the renamed one. */
static bool was_at_home(const struct pw_log *log)
{
	return strcmp(log->home, log->origin.name) != 0 &&
	       pw_paths_hidden(pw_paths_name(log->origin.name));
}

/* 1: the log goes on in a file that has one of its names, or in a copy; 0: in none; -1 */
static int seek_successor(struct pw_files *f, struct pw_log *log)
{
	const bool home = was_at_home(log);
	int found = name_taken(f, log, log->origin.name);

	if (found == 0 && home)
		found = name_taken(f, log, log->home);
	if (found == 0)
		found = pw_files_seek_copy(f, log);
	if (found == 0)
		found = check_name(f, log, log->origin.name);
	if (found == 0 && home)
		found = check_name(f, log, log->home);
	return found;
}

/* ---- logs that came and were renamed between two looks ---- */

struct siblings {
	struct pw_files *files;
	const char *folder, *name; /* the name is the one that the log had */
	int64_t modified;          /* when it was seen last */
};

/*
 * Is the file one that had the log's name after the log? It is called like the
 * log, and was written to later. Files that the sources stand for are found anyway.
 */
static int note_sibling(void *to, const char *name)
{
	const struct siblings *s = to;
	struct stat st;

	if (!pw_files_is_rotated(s->name, name))
		return 0;
	char *path = pw_mem_print("%s%s", s->folder, name);
	if (pw_io()->stat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 &&
	    pw_files_modified(&st) > s->modified && !pw_files_wanted(s->files, path) &&
	    pw_files_by_inode(s->files, st.st_dev, st.st_ino) == NULL) {
		/* The path may be that of a log which has been renamed as well. */
		struct pw_log *holder = pw_files_by_path(s->files, path);
		for (; holder != NULL; holder = pw_files_next_by_path(holder))
			pw_files_lose(s->files, holder);
		pw_files_note_fresh(s->files, path, &st);
	}
	free(path);
	return 0;
}

void pw_files_seek_siblings(struct pw_files *f, const struct pw_log *log, const char *was,
			    int64_t modified)
{
	char *folder = pw_files_folder(was);
	const char *name = pw_paths_name(log->origin.name);
	struct siblings s = {f, folder, pw_paths_name(was), modified};

	if (pw_files_related(s.name, name) || pw_paths_hidden(name))
		pw_io_list(folder[0] == '\0' ? "." : folder, note_sibling, &s);
	free(folder);
}

/* ---- no name leads to it ---- */

static int vanish(struct pw_files *f, struct pw_log *log)
{
	const uint64_t left = pw_files_unread(log);

	/* A file that came and went between two looks was never read. */
	if (left > 0 && log->known)
		return pw_files_fail_unread(log, "vanished", left);
	pw_files_end_truncated(f, log);
	return 0;
}

int pw_files_seek_lost(struct pw_files *f, struct pw_log *log)
{
	const bool named = pw_files_wanted(f, log->origin.name);
	/* A log that was rotated in an earlier run: others may have had its first name since. */
	const bool followed = named || strcmp(log->home, pw_files_where(log)) != 0;
	const int64_t modified = log->id.modified;
	char *name = NULL;

	if (log->orphan_since != 0 || log->origin.ended)
		return 0;
	char *was = pw_mem_print("%s", named ? pw_files_where(log) : log->home);
	int found = other_name(log, &name);
	if (found > 0) {
		pw_files_rename(f, log, name);
		pw_files_enqueue(f, log);
		free(name);
	} else if (found == 0) {
		found = seek_successor(f, log);
	}
	if (found > 0 && followed)
		pw_files_seek_siblings(f, log, was, modified);
	free(was);
	if (found != 0)
		return found < 0 ? -1 : 0;
	pw_files_leave(f, PW_FILES_PATH, log);
	if (log->fd < 0)
		return vanish(f, log);
	log->orphan_since = pw_files_clock();
	pw_files_enqueue(f, log);
	return 0;
}
