/* A journal as others see it: which file it is, its last times, and whether it is sound. */
#include "../base/io.h"
#include "journal_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

enum { PEEK_BYTES = 64 << 10 };

struct newest {
	bool any;
	uint64_t run;
};

/* The number in the name of a journal; false: it is none. */
static bool journal_run(const char *name, uint64_t *run)
{
	char *end;

	if (strncmp(name, PW_JOURNAL_PREFIX, strlen(PW_JOURNAL_PREFIX)) != 0 ||
	    name[strlen(PW_JOURNAL_PREFIX)] < '0' || name[strlen(PW_JOURNAL_PREFIX)] > '9')
		return false;
	*run = strtoull(name + strlen(PW_JOURNAL_PREFIX), &end, 10);
	return *end == '\0';
}

static int look_for_newest(void *to, const char *name)
{
	struct newest *n = to;
	uint64_t run;

	if (journal_run(name, &run) && (!n->any || run > n->run)) {
		n->any = true;
		n->run = run;
	}
	return 0;
}

int pw_journal_find(const char *folder, char **path, uint64_t *run)
{
	struct newest n = {0};

	*path = NULL;
	if (pw_io_list(folder, look_for_newest, &n) < 0)
		return errno == ENOENT ? 0 : pw_fail_system(folder);
	if (!n.any)
		return 0;
	*run = n.run;
	*path = pw_mem_print("%s/" PW_JOURNAL_PREFIX "%" PRIu64, folder, n.run);
	return 1;
}

/* The last time below `below` in sound lines of the text, the first of which may be torn. */
static bool last_below(struct pw_slice text, pw_time below, pw_time *time)
{
	bool any = false;

	for (const char *p = text.data, *end = text.data + text.length, *stop; p < end;
	     p = stop + 1) {
		stop = memchr(p, '\n', (size_t)(end - p));
		if (stop == NULL)
			break;
		json_t *value = json_loadb(p, (size_t)(stop - p), JSON_DISABLE_EOF_CHECK, NULL);
		pw_time t;
		if (value != NULL && json_object_get(value, "time") != NULL &&
		    pw_side_time(value, "time", &t) == 0 && t < below) {
			*time = t;
			any = true;
		}
		json_decref(value);
	}
	return any;
}

static int peek(int fd, const char *path, pw_time below, pw_time *time)
{
	struct pw_bytes text = {0};
	struct stat st;
	bool any = false;

	if (pw_io()->fstat(fd, &st) < 0)
		return pw_fail_system(path);
	for (uint64_t window = PEEK_BYTES; !any; window *= 16) {
		const uint64_t from =
			(uint64_t)st.st_size > window ? (uint64_t)st.st_size - window : 0;
		pw_bytes_clear(&text);
		if (pw_io()->lseek(fd, (off_t)from, SEEK_SET) < 0)
			return pw_fail_system(path);
		if (pw_io_load_from(fd, path, PW_JOURNAL_MAX, &text) < 0) {
			pw_bytes_release(&text);
			return -1;
		}
		any = last_below((struct pw_slice){text.data, text.length}, below, time);
		if (from == 0)
			break;
	}
	pw_bytes_release(&text);
	return any;
}

int pw_journal_peek(const char *folder, pw_time below, pw_time *time)
{
	enum { TRIES = 5 }; /* its reader may just be writing it anew */

	for (int i = 0;; i++) {
		char *path;
		uint64_t run;
		int rc = pw_journal_find(folder, &path, &run), fd = -1;
		if (rc > 0) {
			fd = pw_io()->open(path, O_RDONLY | O_NOFOLLOW, 0);
			if (fd < 0 && errno == ENOENT && i < TRIES) {
				free(path);
				continue;
			}
			rc = fd < 0 ? pw_fail_system(path) : peek(fd, path, below, time);
		}
		if (fd >= 0)
			pw_io()->close(fd);
		free(path);
		return rc;
	}
}

/* The run of an end that is the last whole line of the text, which is sound if the line before is. */
static bool end_at_last(struct pw_slice text, uint64_t *run)
{
	struct pw_line_chain chain = {""};
	struct pw_line line;
	size_t from, at;
	bool is_end = false;

	while (text.length > 0 && text.data[text.length - 1] != '\n')
		text.length--;
	for (from = text.length; from > 0 && (from == text.length || text.data[from - 1] != '\n');)
		from--;
	if (from < sizeof chain.digits)
		return false;
	memcpy(chain.digits, text.data + from - sizeof chain.digits, sizeof chain.digits - 1);
	at = from;
	if (pw_line_next(text, &at, &chain, &line) <= 0) {
		pw_fail_clear();
		return false;
	}
	json_t *value = json_loadb(line.json.data, line.json.length, 0, NULL);
	if (value != NULL && json_object_get(value, "time") == NULL &&
	    json_object_get(value, "ended") != NULL)
		is_end = pw_side_whole(value, "ended", run) == 0;
	json_decref(value);
	return is_end;
}

int pw_journal_peek_end(const char *folder, uint64_t *run)
{
	enum { END_BYTES = 512 }; /* an end is shorter, with the check of the line before it */
	struct pw_bytes text = {0};
	struct stat st;
	char *path;
	uint64_t number;
	int rc = pw_journal_find(folder, &path, &number);

	if (rc <= 0)
		return rc;
	const int fd = pw_io()->open(path, O_RDONLY | O_NOFOLLOW, 0);
	if (fd < 0 || pw_io()->fstat(fd, &st) < 0 ||
	    pw_io()->lseek(fd, st.st_size > END_BYTES ? st.st_size - END_BYTES : 0, SEEK_SET) < 0)
		rc = pw_fail_system(path);
	else if ((rc = pw_io_load_from(fd, path, PW_JOURNAL_MAX, &text)) == 0)
		rc = end_at_last((struct pw_slice){text.data, text.length}, run);
	if (fd >= 0)
		pw_io()->close(fd);
	pw_bytes_release(&text);
	free(path);
	return rc;
}

/* Takes all of a file; *torn: of its last line something is missing. */
static int look_at(struct pw_journal *j, const char *path, bool *torn)
{
	struct pw_bytes text = {0};
	size_t at = 0;
	int rc = pw_io_load(path, PW_JOURNAL_MAX, &text);

	if (rc == 0 &&
	    pw_journal_take(j, (struct pw_slice){text.data, text.length}, PW_TIME_END, &at) < 0)
		rc = pw_fail_at("%s", path);
	j->length = text.length;
	*torn = at < text.length;
	pw_bytes_release(&text);
	return rc;
}

int pw_journal_verify(const char *path, bool alive)
{
	struct pw_journal j = {.fd = -1, .offsets = json_object(), .kinds = json_object()};
	bool torn = false;
	int rc = look_at(&j, path, &torn);

	if (rc == 0 && torn && !alive)
		rc = pw_fail(PW_STATE, "%s: the last line is torn", path);
	pw_bytes_release(&j.entries);
	json_decref(j.offsets);
	json_decref(j.kinds);
	return rc;
}

int pw_journal_look(struct pw_journal *j, const char *folder)
{
	uint64_t run;
	bool torn;

	*j = (struct pw_journal){.fd = -1, .offsets = json_object(), .kinds = json_object()};
	const int rc = pw_journal_find(folder, &j->path, &run);
	return rc <= 0 ? rc : look_at(j, j->path, &torn) < 0 ? -1 : 1;
}
