/* Which files there are, and which names have changed: by notification, and by looking at all. */
#include "../base/io.h"
#include "files_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <glob.h>
#include <stdlib.h>

enum { DEPTH_MAX = 64 };

/* ---- does a path belong to what the user named? ---- */

/* Is none of the names in a path one that directories leave out? */
static bool all_visible(const char *path)
{
	char name[256];

	while (*path != '\0') {
		const size_t n = strcspn(path, "/");
		if (n > 0 && n < sizeof name) {
			memcpy(name, path, n);
			name[n] = '\0';
			if (pw_paths_hidden(name))
				return false;
		}
		path += n + (path[n] == '/');
	}
	return true;
}

/* Does the pattern match the path, or a directory above it, name by name? */
static bool matches(const char *pattern, const char *path)
{
	const char *rest = path;
	size_t slashes = 0;

	for (const char *p = pattern; *p != '\0'; p++)
		slashes += *p == '/';
	for (; slashes > 0 && (rest = strchr(rest, '/')) != NULL; slashes--)
		rest++;
	if (rest == NULL)
		return false;
	const size_t head = (size_t)(rest - path) + strcspn(rest, "/");
	char *matched = pw_mem_copy(path, head);
	const bool yes = fnmatch(pattern, matched, FNM_PATHNAME | FNM_PERIOD) == 0 &&
			 !pw_paths_hidden(pw_paths_name(matched)) && all_visible(path + head);
	free(matched);
	return yes;
}

bool pw_files_wanted(const struct pw_files *f, const char *path)
{
	for (size_t i = 0; i < f->c.options->source_count; i++) {
		const char *source = f->c.options->sources[i], *rest = pw_paths_below(path, source);
		if (strcmp(path, source) == 0 || (rest != NULL && all_visible(rest)) ||
		    (pw_paths_magic(source, strlen(source)) && matches(source, path)))
			return true;
	}
	return false;
}

/* ---- a path that holds a file ---- */

static bool same_inode(const struct pw_log *log, const struct stat *st)
{
	return log->id.device == st->st_dev && log->id.inode == st->st_ino;
}

void pw_files_lose(struct pw_files *f, struct pw_log *log)
{
	if (log->lost)
		return;
	log->lost = true;
	f->lost = pw_mem_grow(f->lost, &f->lost_capacity, f->lost_count + 1, sizeof *f->lost);
	f->lost[f->lost_count++] = log;
}

static bool still_there(const struct pw_log *log)
{
	struct stat st;

	return pw_io()->stat(log->origin.name, &st) == 0 && same_inode(log, &st);
}

static void look_again(struct pw_files *f, struct pw_log *log, const struct stat *st)
{
	log->sweep = f->sweep;
	if (pw_files_touched(log, st) ||
	    (!log->packed && log->id.size != log->seen && log->rest.length == 0) || !log->known)
		pw_files_enqueue(f, log);
}

/* Is a file that has a known inode that log, under a new name? 1, 0, -1 */
static int is_renamed(const struct pw_log *log, const char *path, const struct stat *st)
{
	int fd, result;

	if (log->fd >= 0)
		return 1;
	fd = pw_io()->open(path, O_RDONLY | O_NONBLOCK, 0);
	if (fd < 0)
		return errno == ENOENT ? 0 : pw_fail_system(path);
	result = pw_files_holds(log, fd, (uint64_t)st->st_size);
	pw_io()->close(fd);
	return result;
}

void pw_files_note_fresh(struct pw_files *f, const char *path, const struct stat *st)
{
	f->fresh = pw_mem_grow(f->fresh, &f->fresh_capacity, f->fresh_count + 1, sizeof *f->fresh);
	f->fresh[f->fresh_count++] = (struct pw_files_fresh){pw_mem_print("%s", path), *st};
}

/* Logs that are said to be at path: is the file there one of them? The others are to be found again. */
static bool is_at(struct pw_files *f, const char *path, const struct stat *st)
{
	bool found = false;

	for (struct pw_log *log = pw_files_by_path(f, path); log != NULL;
	     log = pw_files_next_by_path(log))
		if (same_inode(log, st)) { /* of several, their bytes say which one it is */
			look_again(f, log, st);
			found = true;
		} else {
			pw_files_lose(f, log);
		}
	return found;
}

/* Is the file known under another name? 1; 0: it is not, and logs that had its inode are to be found again; -1 */
static int is_known(struct pw_files *f, const char *path, const struct stat *st)
{
	struct pw_log *log = pw_files_by_inode(f, st->st_dev, st->st_ino), *next;

	for (; log != NULL; log = next) {
		next = pw_files_next_by_inode(log);
		if (still_there(log))
			return 1;
		const int renamed = is_renamed(log, path, st);
		if (renamed < 0)
			return -1;
		if (renamed) {
			pw_files_rename(f, log, path);
			log->sweep = f->sweep;
			pw_files_enqueue(f, log);
			return 1;
		}
		pw_files_lose(f, log);
	}
	return 0;
}

/* 0, or -1 */
static int look_at(struct pw_files *f, const char *path, const struct stat *st)
{
	if (is_at(f, path, st))
		return 0;
	const int known = is_known(f, path, st);
	if (known == 0 && pw_files_wanted(f, path))
		pw_files_note_fresh(f, path, st);
	return known < 0 ? -1 : 0;
}

/* Something has happened to the file of that name: 0 or -1. */
static int touched(struct pw_files *f, const char *path)
{
	struct pw_log *holder = pw_files_by_path(f, path);
	struct stat st;

	if (pw_io()->stat(path, &st) == 0)
		return S_ISREG(st.st_mode) ? look_at(f, path, &st) : 0;
	if (errno != ENOENT && errno != ENOTDIR && errno != ELOOP)
		return holder == NULL ? 0 : pw_fail_system(path);
	if (holder != NULL)
		pw_files_lose(f, holder);
	return 0;
}

/* A link's file lies elsewhere: its directory is not watched. */
static void watch_link(struct pw_files *f, const char *path)
{
	struct stat st;

	if (f->watch.fd >= 0 && pw_io()->lstat(path, &st) == 0 && S_ISLNK(st.st_mode))
		pw_watch_add(&f->watch, path);
}

static int adopt(struct pw_files *f, const struct pw_files_fresh *fresh)
{
	struct pw_log *known = pw_files_by_inode(f, fresh->st.st_dev, fresh->st.st_ino);

	if (pw_files_by_path(f, fresh->path) != NULL || (known != NULL && still_there(known)))
		return 0;
	struct pw_log *log = pw_files_log(f, fresh->path, &fresh->st, NULL);
	pw_files_enter(f, PW_FILES_PATH, log);
	pw_files_enter(f, PW_FILES_INODE, log);
	if ((f->resumed || f->swept) && pw_files_may_be_copy(f, log))
		log->fresh = PW_LOG_FRESH;
	watch_link(f, fresh->path);
	pw_files_enqueue(f, log);
	return 0;
}

/* What was written first comes first. */
static int by_time(const void *a, const void *b)
{
	const struct pw_files_fresh *x = a, *y = b;
	const int64_t p = pw_files_modified(&x->st), q = pw_files_modified(&y->st);

	return p != q ? (p < q ? -1 : 1) : strcmp(x->path, y->path);
}

/*
 * Logs that have lost their names are found again before new files take the names.
 * If there are lost ones, the new files may be what came after them. 0 or -1
 */
static int name_logs(struct pw_files *f)
{
	const bool rotated = f->lost_count > 0;
	int result = 0;

	for (size_t i = 0; i < f->lost_count; i++) {
		f->lost[i]->lost = false;
		if (result == 0 && !still_there(f->lost[i]))
			result = pw_files_seek_lost(f, f->lost[i]) < 0 ? -1 : 0;
	}
	f->lost_count = 0;
	if (rotated && f->fresh_count > 1)
		qsort(f->fresh, f->fresh_count, sizeof *f->fresh, by_time);
	for (size_t i = 0; i < f->fresh_count; i++) {
		if (result == 0)
			result = adopt(f, &f->fresh[i]);
		free(f->fresh[i].path);
	}
	f->fresh_count = 0;
	return result;
}

/* ---- looking at all ---- */

static int walk_file(struct pw_files *f, const char *path, int depth);

struct place {
	struct pw_files *files;
	const char *path; /* which ends with a slash */
	int depth;
};

static int walk_name(void *to, const char *name)
{
	const struct place *p = to;

	if (pw_paths_hidden(name))
		return 0;
	char *path = pw_mem_print("%s%s", p->path, name);
	const int result = walk_file(p->files, path, p->depth);
	free(path);
	return result < 0 ? -2 : 0;
}

static int walk(struct pw_files *f, const char *path, int depth)
{
	struct place place = {f, path, depth};

	pw_watch_add(&f->watch,
		     path); /* first, so that names that come after the listing are told */
	const int result = pw_io_list(path[0] == '\0' ? "." : path, walk_name, &place);
	if (result == -1) /* it has gone since it was seen, or we may not read it */
		return errno == ENOENT || errno == ENOTDIR ? 0 : pw_fail_system(path);
	return result < 0 ? -1 : 0;
}

static char *place_of(const char *directory)
{
	const size_t n = strlen(directory);

	return pw_mem_print("%s%s", directory, n > 0 && directory[n - 1] == '/' ? "" : "/");
}

static int walk_file(struct pw_files *f, const char *path, int depth)
{
	struct stat st;

	/* If it has gone since it was listed, that has been told, or will be seen. */
	if (pw_io()->stat(path, &st) < 0)
		return pw_paths_unseen(path, f->c.options->follow) < 0 ? -1 : 0;
	if (S_ISREG(st.st_mode))
		return look_at(f, path, &st);
	if (!S_ISDIR(st.st_mode))
		return 0;
	if (depth > DEPTH_MAX)
		return pw_fail(PW_SYSTEM, "%s: directories more than %d deep", path, DEPTH_MAX);
	char *place = place_of(path);
	const int result = walk(f, place, depth + 1);
	free(place);
	return result;
}

static void watch_parent(struct pw_files *f, const char *path)
{
	char *place = pw_mem_copy(path, (size_t)(pw_paths_name(path) - path));

	pw_watch_add(&f->watch, place);
	free(place);
}

/* The directories in which new names may match. */
static void watch_pattern(struct pw_files *f, const char *pattern)
{
	for (const char *p = pattern; (p = strchr(p, '/')) != NULL; p++) {
		const size_t n = (size_t)(p - pattern);
		char *head = pw_mem_copy(pattern, n);
		glob_t found;
		if (!pw_paths_magic(p + 1, strcspn(p + 1, "/"))) {
			free(head);
			continue;
		}
		if (glob(n == 0 ? "/" : head, 0, NULL, &found) == 0) {
			for (size_t i = 0; i < found.gl_pathc; i++) {
				char *place = place_of(found.gl_pathv[i]);
				pw_watch_add(&f->watch, place);
				free(place);
			}
			globfree(&found);
		}
		free(head);
	}
	if (pw_paths_magic(pattern, strcspn(pattern, "/")) && pattern[0] != '/')
		pw_watch_add(&f->watch, "");
}

static int walk_pattern(struct pw_files *f, const char *pattern)
{
	glob_t found;
	int result = 0;

	watch_pattern(f, pattern);
	const int status = glob(pattern, GLOB_NOSORT, NULL, &found);

	if (status == GLOB_NOSPACE)
		pw_mem_exhausted(); /* not: no file matches */
	if (status != 0)
		return 0;
	pw_paths_sort(found.gl_pathv, found.gl_pathc);
	for (size_t i = 0; i < found.gl_pathc && result == 0; i++)
		if (!pw_paths_hidden(pw_paths_name(found.gl_pathv[i])))
			result = walk_file(f, found.gl_pathv[i], 0);
	globfree(&found);
	return result;
}

static int walk_source(struct pw_files *f, const char *source, bool first)
{
	struct stat st;

	if (pw_io()->stat(source, &st) < 0) {
		if (errno == ENOENT && pw_paths_magic(source, strlen(source)))
			return walk_pattern(f, source);
		if (first)
			return pw_fail_system(source);
		watch_parent(f, source);
		return touched(f, source);
	}
	if (S_ISDIR(st.st_mode))
		return walk_file(f, source, 0);
	if (!S_ISREG(st.st_mode))
		return pw_fail(PW_USAGE,
			       "%s: is no regular file, and only those are followed or resumed "
			       "by name (write '-' and redirect standard input)",
			       source);
	watch_parent(f, source);
	return look_at(f, source, &st);
}

/* Logs to which no source has led: renamed ones, orphans, and vanished ones. */
static int walk_others(struct pw_files *f)
{
	int64_t now = pw_files_clock();
	struct stat st;

	for (size_t i = 0; i < f->count; i++) {
		struct pw_log *log = f->logs[i];
		if (log->sweep == f->sweep || log->origin.ended || log->queued || log == f->now)
			continue;
		if (log->orphan_since == 0) {
			if (!log->in[PW_FILES_PATH])
				pw_files_lose(f, log);
			else if (touched(f, log->origin.name) < 0)
				return -1;
			continue;
		}
		if (pw_io()->fstat(log->fd, &st) < 0)
			return pw_fail_system(log->origin.name);
		if ((uint64_t)st.st_size != log->id.size)
			log->orphan_since = now;
		else if (now - log->orphan_since > 500 * 1000000LL)
			log->closing = true;
		look_again(f, log, &st);
		if (log->closing)
			pw_files_enqueue(f, log);
	}
	return 0;
}

/*
 * The next sweep comes so late that all sweeps take less than 0.4 % of a
 * processor; earlier if the kernel does not tell of changes.
 */
static void plan(struct pw_files *f, int64_t began)
{
	const int64_t now = pw_files_clock(), took = now - began;
	const int64_t least = f->watch.blind ? 20 * 1000000LL : 1000 * 1000000LL;

	f->sweep_next = now + (took * 250 > least ? took * 250 : least);
}

/* The place of files that an earlier run has read must be there, even if the files have gone. */
static int check_root(const struct pw_files *f, const char *source)
{
	char *root = pw_paths_root(source);
	int result = 0;

	for (size_t i = 0; i < f->count; i++)
		if (pw_paths_below(f->logs[i]->origin.name, root) != NULL) {
			result = pw_paths_rooted(root, f->logs[i]->origin.name,
						 f->logs[i]->id.device);
			break;
		}
	free(root);
	return result;
}

static int sweep(struct pw_files *f)
{
	const int64_t began = pw_files_clock();
	const bool begins = f->sweep++ == 0, first = begins && f->count == 0;
	int result = 0;

	for (size_t i = 0; i < f->c.options->source_count && result == 0 && begins; i++)
		result = check_root(f, f->c.options->sources[i]);
	for (size_t i = 0; i < f->c.options->source_count && result == 0; i++)
		result = walk_source(f, f->c.options->sources[i], first);
	if (result == 0)
		result = name_logs(f);
	if (result == 0)
		result = walk_others(f);
	if (result == 0)
		result = name_logs(f);
	f->swept = true;
	plan(f, began);
	return result;
}

/* ---- events of the kernel ---- */

static int told(struct pw_files *f, const struct pw_watch_event *event, bool *all)
{
	char *path;
	int result = 0;

	if (event->place == NULL || event->is_directory) {
		*all = true;
		return 0;
	}
	path = pw_mem_print("%s%s", event->place, event->name == NULL ? "" : event->name);
	struct pw_log *log = pw_files_by_path(f, path);
	if (event->name == NULL && log == NULL)
		*all = true; /* the directory itself */
	else if (event->grown && log != NULL)
		pw_files_enqueue(f, log);
	else if (log != NULL || pw_files_wanted(f, path) || f->count > 0)
		result = touched(f, path);
	free(path);
	return result;
}

int pw_files_look(struct pw_files *f)
{
	struct pw_watch_event event;
	bool all = f->sweep == 0;
	int result = 0;

	free(f->folder); /* a link may lead elsewhere by now */
	f->folder = NULL;
	while (result == 0 && pw_watch_next(&f->watch, &event))
		result = told(f, &event, &all);
	if (result == 0)
		result = name_logs(f);
	if (result == 0 && (all || (f->c.options->follow && pw_files_patience(f) == 0)))
		result = sweep(f);
	return result < 0 ? -1 : f->first != NULL;
}

int64_t pw_files_patience(const struct pw_files *f)
{
	const int64_t left = f->sweep_next - pw_files_clock();

	return left < 0 ? 0 : left;
}
