/*
 * Copies of logs. A program that rotates by copytruncate copies app.log to
 * app.log.1 and truncates app.log; one that compresses writes app.log.1.gz and
 * removes app.log.1. So a new file that is called like a log, and holds the same
 * bytes, is not read as a log of its own: it waits until the log is truncated or
 * gone, which then goes on in it. Thus rows that were written just before the
 * log was truncated are not lost, and none comes twice.
 */
#include "../base/io.h"
#include "files_internal.h"

#include <stdlib.h>

enum { BEFORE = PW_IDENTITY_BYTES, PART_BYTES = 64 << 10 };

/* ---- names: app.log and app.log.1, app.log-20260501, app-20260501.log, each with .gz ---- */

/* The length of a path without the suffix of a compressed file. */
static size_t plain_length(const char *path)
{
	return pw_packing_stem(path);
}

bool pw_files_related(const char *log, const char *copy)
{
	const char *dot = strrchr(log, '.');
	const size_t n = strlen(log), m = plain_length(copy);
	const size_t stem = dot == NULL || dot == log ? n : (size_t)(dot - log);

	if (strcmp(log, copy) == 0)
		return false;
	if (strncmp(copy, log, n) == 0 && (copy[n] == '\0' || strchr(".-_", copy[n]) != NULL))
		return true;
	return dot != NULL && m > n && strncmp(copy, log, stem) == 0 &&
	       strchr(".-_", copy[stem]) != NULL &&
	       strncmp(copy + m - (n - stem), dot, n - stem) == 0;
}

bool pw_files_is_rotated(const char *log, const char *copy)
{
	const size_t n = strlen(log), m = plain_length(copy);
	size_t at = 0, rest;

	if (!pw_files_related(log, copy) || pw_paths_hidden(copy))
		return false;
	while (at < n && at < m && log[at] == copy[at])
		at++;
	rest = n - at; /* the log's suffix, which the copy's name ends with or not at all */
	const size_t end =
		rest <= m - at && memcmp(copy + m - rest, log + at, rest) == 0 ? m - rest : m;
	for (size_t i = at; i < end; i++)
		if (strchr("0123456789.-_T:Z", copy[i]) == NULL)
			return false;
	return true;
}

/* The log that a file at path may be a copy of; NULL: none. A log that is or may be a copy itself is no model. */
static struct pw_log *model_of(const struct pw_files *f, const char *path)
{
	const size_t whole = plain_length(path), directory = (size_t)(pw_paths_name(path) - path);
	const char *dot = strrchr(pw_paths_name(path), '.');
	const size_t end = dot == NULL ? whole : (size_t)(dot - path);
	struct pw_log *found = NULL;

	for (size_t n = whole; n > directory && found == NULL; n--) {
		if (path[n] != '\0' && strchr(".-_", path[n]) == NULL)
			continue;
		char *name = pw_mem_copy(path, n);
		char *with = pw_mem_print("%s%.*s", name, (int)(whole > end ? whole - end : 0),
					  path + end);
		found = strcmp(name, path) == 0 ? NULL : pw_files_by_path(f, name);
		if (found == NULL && strcmp(with, path) != 0)
			found = pw_files_by_path(f, with);
		free(name);
		free(with);
		if (found != NULL && (found->fresh != PW_LOG_JUDGED || found->model != NULL))
			found = NULL;
	}
	return found;
}

/* Calls each of the names that a file at path, a rotated one perhaps, may have had: until `each` answers other than 0. */
static int each_name(const char *path, int (*each)(void *to, const char *name), void *to)
{
	const size_t whole = plain_length(path), folder = (size_t)(pw_paths_name(path) - path);
	const char *dot = strrchr(pw_paths_name(path), '.');
	const size_t end = dot == NULL ? whole : (size_t)(dot - path);
	int result = each(to, path);

	for (size_t n = whole; n > folder && result == 0; n--) {
		if (path[n] != '\0' && strchr(".-_", path[n]) == NULL)
			continue;
		char *name = pw_mem_copy(path, n);
		char *with = pw_mem_print("%s%.*s", name, (int)(whole > end ? whole - end : 0),
					  path + end);
		if (strcmp(name, path) != 0)
			result = each(to, name);
		if (result == 0 && strcmp(with, path) != 0)
			result = each(to, with);
		free(name);
		free(with);
	}
	return result;
}

struct homes { /* whose logs are looked for */
	struct pw_files *files;
	struct pw_log *log;
	uint64_t size;
};

static int is_home(void *to, const char *name)
{
	return pw_files_by_home(to, name, NULL) != NULL;
}

static bool has_former(const struct pw_files *f, const char *path)
{
	return each_name(path, is_home, (void *)(uintptr_t)f) > 0;
}

/*
 * May a file of `size` bytes at path, from where the log was renamed away, be known
 * as the log by what is in it? A new log may begin as the last one did, so that a
 * few bytes are no sign, nor are lines that are all alike; but an editor does not
 * rotate.
 */
static bool was_there(const struct pw_log *log, const char *path, uint64_t size)
{
	enum { SIGN_BYTES = 64 };
	const uint64_t offset = log->id.offset, header = log->id.header;

	if (log->packed || log->origin.ended || strcmp(log->origin.name, path) == 0 ||
	    offset <= header)
		return false;
	return pw_paths_hidden(pw_paths_name(log->origin.name)) ||
	       ((size < offset ? size : offset) >= header + SIGN_BYTES &&
		!pw_identity_repeats(&log->id));
}

bool pw_files_may_be_copy(const struct pw_files *f, const struct pw_log *log)
{
	return has_former(f, pw_files_where(log)) || model_of(f, log->origin.name) != NULL;
}

/* ---- contents ---- */

/* Reads up to n bytes of a file's plain text from an offset on: how many, or -1. */
static ptrdiff_t read_at(const char *path, uint64_t from, char *data, size_t n)
{
	char part[PART_BYTES];
	struct pw_file file;
	ptrdiff_t got = 1;
	size_t have = 0;

	if (pw_file_open(&file, path) < 0)
		return -1;
	if (file.codec == NULL) {
		got = pw_io_read_at(file.fd, data, n, from);
		have = got > 0 ? (size_t)got : 0;
		from = n = 0;
	}
	file.grows = true; /* the file may be half written */
	while (from > 0 && got > 0) {
		got = pw_file_read(&file, part, from < sizeof part ? (size_t)from : sizeof part);
		from -= got > 0 ? (uint64_t)got : 0;
	}
	while (have < n && got > 0) {
		got = pw_file_read(&file, data + have, n - have);
		have += got > 0 ? (size_t)got : 0;
	}
	pw_file_close(&file);
	return got < 0 ? -1 : (ptrdiff_t)have;
}

enum likeness { UNLIKE, LIKE_SO_FAR, HOLDS_ALL };

/* Does a file hold the bytes that were read of log? A damaged or vanished one does not. */
static enum likeness compare(const struct pw_log *log, const char *path)
{
	const uint64_t offset = log->id.offset;
	const size_t before = offset < BEFORE ? (size_t)offset : BEFORE;
	enum likeness like = UNLIKE;
	char bytes[BEFORE];
	ptrdiff_t got = read_at(path, 0, bytes, BEFORE);

	if (got >= 0 && pw_identity_begins(&log->id, bytes, (size_t)got) != PW_IDENTITY_OTHER) {
		like = LIKE_SO_FAR;
		got = read_at(path, offset - before, bytes, before);
		if (got == (ptrdiff_t)before)
			like = pw_identity_continues(&log->id, bytes, before) ? HOLDS_ALL : UNLIKE;
	}
	pw_fail_clear();
	return like;
}

/* Do a log that was empty when it was read last and a file at path begin with the same bytes, as far as both go? */
static bool begin_alike(const struct pw_log *log, const char *path)
{
	char a[BEFORE], b[BEFORE];
	const ptrdiff_t n = read_at(log->origin.name, 0, a, BEFORE),
			m = read_at(path, 0, b, BEFORE);

	pw_fail_clear();
	return n > 0 && m >= 0 && memcmp(a, b, (size_t)(n < m ? n : m)) == 0;
}

/*
 * Finds the model of a fresh log among those that may have copies. 1: nothing has
 * been read of the model, but could be now, so that it has its turn first; 0
 */
static int find_model(struct pw_files *f, struct pw_log *log)
{
	struct pw_log *model = model_of(f, log->origin.name);
	const bool waits = log->fresh == PW_LOG_FRESH && model != NULL &&
			   model->id.head_length == 0 && begin_alike(model, log->origin.name);

	log->fresh = waits ? PW_LOG_SECOND : PW_LOG_JUDGED;
	if (waits) {
		pw_files_enqueue(f, model);
		pw_files_enqueue(f, log);
	} else if (model != NULL && model->id.head_length > 0) {
		log->model = model;
	}
	return waits;
}

/* Was the log renamed from where other is by an editor, which writes the file anew there? */
static bool is_edited(const struct pw_log *log, const struct pw_log *other)
{
	return strcmp(log->home, pw_files_where(other)) == 0 &&
	       pw_paths_hidden(pw_paths_name(log->origin.name));
}

/*
 * A log was renamed, and a file that is called as it was begins with all that was
 * read of it. Is that a copy, or a new log that begins as all logs of its writer do?
 * Only many bytes tell, and an editor does not rotate. 0: it is a copy; -1: unknown
 */
static int check_doubt(const struct pw_log *former, const struct pw_log *log, enum pw_files_kin kin,
		       uint64_t size, uint64_t from)
{
	const bool all =
		kin == PW_FILES_FORK || (kin == PW_FILES_PART && size >= former->id.offset);

	if (!all || from >= former->id.header + BEFORE ||
	    strcmp(former->home, pw_files_where(former)) == 0 ||
	    pw_paths_hidden(pw_paths_name(former->origin.name)))
		return 0;
	return pw_fail(PW_STATE,
		       "%s: begins with all that was read of '%s', which had its name, and may be "
		       "a copy or a new log: if it is a copy, move '%s' away (--track reads "
		       "files anew)",
		       log->origin.name, former->origin.name, former->origin.name);
}

/* 1: a log that was at home there has the lines of the fresh one; 0; -1 */
static int try_home(void *to, const char *home)
{
	const struct homes *h = to;
	struct pw_log *former = NULL;
	enum pw_files_kin kin;
	uint64_t from, line;

	while ((former = pw_files_by_home(h->files, home, former)) != NULL) {
		if (former == h->log || former->fresh != PW_LOG_JUDGED || former->model != NULL ||
		    !was_there(former, h->log->origin.name, h->size))
			continue;
		if (pw_files_seal(h->files, former) < 0 ||
		    pw_files_kin(former, h->log->origin.name, &kin, &from, &line) < 0)
			return -1;
		if (kin == PW_FILES_UNKNOWN ||
		    (kin == PW_FILES_STRANGER && !is_edited(former, h->log)))
			continue;
		if (check_doubt(former, h->log, kin, h->size, from) < 0)
			return -1;
		h->log->model = former;
		h->log->fresh = PW_LOG_JUDGED;
		return 1;
	}
	return 0;
}

/* Finds a log that was where a fresh log is, or is called to have been, and has its lines. 0 or -1 */
static int find_former(struct pw_files *f, struct pw_log *log, uint64_t size)
{
	struct homes h = {f, log, size};

	return log->packed || each_name(pw_files_where(log), try_home, &h) >= 0 ? 0 : -1;
}

/* The copy has lines of its own. Those of an edited file are the log's own; else the two go on side by side. 0 or -1 */
static int fork(struct pw_files *f, struct pw_log *log, struct pw_log *model, uint64_t from,
		uint64_t line)
{
	struct stat st;

	log->model = NULL;
	if (!is_edited(model, log))
		return pw_files_begin_at(log, model, from, line);
	if (pw_io()->stat(log->origin.name, &st) < 0)
		return 0;
	char *path = pw_mem_print("%s", log->origin.name);
	pw_files_succeed(f, model, path, &st);
	free(path);
	return 0;
}

/* A log whose model is there: 1: it is a copy still; 0: it has lines of its own; -1 */
static int judge_copy(struct pw_files *f, struct pw_log *log, struct pw_log *model)
{
	enum pw_files_kin kin;
	uint64_t from, line;

	if (log->packed || model->packed || model->id.offset == 0)
		return compare(model, log->origin.name) != UNLIKE;
	if (pw_files_kin(model, log->origin.name, &kin, &from, &line) < 0)
		return -1;
	if (kin == PW_FILES_UNKNOWN)
		return compare(model, log->origin.name) != UNLIKE;
	if (kin == PW_FILES_FORK && check_doubt(model, log, kin, 0, from) < 0)
		return -1;
	if (kin == PW_FILES_PART)
		return 1;
	if (kin == PW_FILES_FORK)
		return fork(f, log, model, from, line) < 0 ? -1 : log->origin.ended;
	if (is_edited(model, log))
		return pw_files_check_replaced(model, log->origin.name);
	return 0;
}

int pw_files_is_copy(struct pw_files *f, struct pw_log *log)
{
	if (log->fresh == PW_LOG_FRESH) {
		struct stat st;
		if (pw_io()->stat(log->origin.name, &st) < 0 || st.st_size == 0)
			return 1; /* nothing can be said of it, and nothing is to be read */
		if (find_former(f, log, (uint64_t)st.st_size) < 0)
			return -1;
	}
	if (log->fresh != PW_LOG_JUDGED && find_model(f, log))
		return 1;

	struct pw_log *model = log->model;

	if (model == NULL)
		return 0;
	if (pw_files_seal(f, model) < 0)
		return -1;
	if (!model->origin.ended && model != log) {
		const int copy = judge_copy(f, log, model);
		if (copy != 0)
			return copy;
	}
	log->model = NULL;
	return 0;
}

/* ---- going on in a copy ---- */

void pw_files_succeed(struct pw_files *f, struct pw_log *log, const char *path,
		      const struct stat *st)
{
	struct pw_log *holder = pw_files_by_inode(f, st->st_dev, st->st_ino);

	if (holder != NULL && holder != log) {
		pw_files_leave(f, PW_FILES_INODE, holder);
		pw_files_leave(f, PW_FILES_PATH, holder);
		pw_files_shut(f, holder);
		/* If it was begun the inode is used again, and it is found elsewhere, or not at all. */
		if (!holder->begun && holder->origin.offset == 0)
			holder->origin.ended = true; /* nobody waits for its end */
	}
	if (f->window.log == log)
		f->window.log = NULL;
	pw_files_leave(f, PW_FILES_INODE, log);
	pw_files_shut(f, log);
	log->id.device = st->st_dev;
	log->id.inode = st->st_ino;
	log->id.size = 0;
	log->id.modified = INT64_MIN; /* it is to be looked into */
	pw_files_enter(f, PW_FILES_INODE, log);
	pw_files_rename(f, log, path);
	pw_files_enqueue(f, log);
}

/* 1: the log goes on in the file at path; 0 */
static int try_copy(struct pw_files *f, struct pw_log *log, const char *path)
{
	struct stat st;

	if (pw_io()->stat(path, &st) < 0 || !S_ISREG(st.st_mode) ||
	    pw_files_is_other(f, log, path, &st) || compare(log, path) != HOLDS_ALL)
		return 0;
	/* If nothing was used of a log before it was truncated, only its size is known. */
	if (log->id.offset == 0 && (uint64_t)st.st_size < log->id.size)
		return 0;
	pw_files_succeed(f, log, path, &st);
	return 1;
}

struct search {
	struct pw_files *files;
	struct pw_log *log;
	const char *place, *name;
};

/* -2: found; -3: failed */
static int try_name(void *to, const char *name)
{
	const struct search *s = to;

	if (!pw_files_related(s->name, name))
		return 0;
	char *path = pw_mem_print("%s%s", s->place, name);
	const int found = try_copy(s->files, s->log, path);
	free(path);
	return found == 0 ? 0 : found > 0 ? -2 : -3;
}

/* Looks for a copy beside path: 1, 0, -1 */
static int seek_beside(struct pw_files *f, struct pw_log *log, const char *path)
{
	char *folder = pw_files_folder(path);
	char *name =
		pw_mem_print("%s", pw_paths_name(path)); /* path may be the log's, and change */
	struct search search = {f, log, folder, name};
	const int rc = pw_io_list(folder[0] == '\0' ? "." : folder, try_name, &search);

	free(folder);
	free(name);
	return rc == -2 ? 1 : rc == -3 ? -1 : 0;
}

/* The same by the log's name without the number or date that a rotation has given it. */
static int seek_beside_base(struct pw_files *f, struct pw_log *log)
{
	const char *path = pw_files_where(log);
	const size_t folder = (size_t)(pw_paths_name(path) - path);
	size_t n = plain_length(path);
	const size_t whole = n;

	while (n > folder && strchr("0123456789-._", path[n - 1]) != NULL)
		n--;
	if (n == folder || n == whole)
		return 0;
	char *base = pw_mem_copy(path, n);
	const int found = seek_beside(f, log, base);
	free(base);
	return found;
}

int pw_files_seek_copy(struct pw_files *f, struct pw_log *log)
{
	int found = pw_files_seal(f, log);

	if (found != 0 || (log->id.offset == 0 && log->id.size == 0))
		return found;
	found = seek_beside(f, log, log->origin.name);
	if (found == 0 && log->place != NULL)
		found = seek_beside(f, log, log->place);
	/* log.1 may have become log.2.gz: both are called after log. */
	if (found == 0 && strcmp(log->home, log->origin.name) != 0)
		found = seek_beside(f, log, log->home);
	return found == 0 ? seek_beside_base(f, log) : found;
}
