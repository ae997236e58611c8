#include "journal.h"
#include "../base/io.h"
#include "line.h"
#include "store_run_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/*
 * A journal is written anew when what has been passed by all sinks takes
 * MERGE_BYTES at the start of a run, or when it has grown by GROWTH_BYTES and
 * sinks have passed something: all of it is read for that, 45 ms a MB, and rows
 * wait. Where they have not it is looked at again after as much.
 */
enum { MERGE_BYTES = 256 << 10, GROWTH_BYTES = 512 << 10, PEEK_BYTES = 64 << 10 };
#define JOURNAL_MAX ((size_t)4 << 30)
#define PREFIX      "journal-"

/* ---- which file ---- */

struct newest {
	bool any;
	uint64_t run;
};

/* The number in the name of a journal; false: it is none. */
static bool journal_run(const char *name, uint64_t *run)
{
	char *end;

	if (strncmp(name, PREFIX, strlen(PREFIX)) != 0 || name[strlen(PREFIX)] < '0' ||
	    name[strlen(PREFIX)] > '9')
		return false;
	*run = strtoull(name + strlen(PREFIX), &end, 10);
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

/* The journal in a folder: 1, its path is the caller's; 0: none; -1 */
static int find(const char *folder, char **path, uint64_t *run)
{
	struct newest n = {0};

	*path = NULL;
	if (pw_io_list(folder, look_for_newest, &n) < 0)
		return errno == ENOENT ? 0 : pw_fail_system(folder);
	if (!n.any)
		return 0;
	*run = n.run;
	*path = pw_mem_print("%s/" PREFIX "%" PRIu64, folder, n.run);
	return 1;
}

struct others {
	const struct pw_journal *j;
	const char *name; /* that stays */
};

static int remove_other(void *to, const char *name)
{
	const struct others *o = to;
	char *path;
	int rc = 0;

	if (strncmp(name, PREFIX, strlen(PREFIX)) != 0 || strcmp(name, o->name) == 0)
		return 0;
	path = pw_store_path(o->j->store->folder, name);
	if (pw_io()->unlink(path) < 0 && errno != ENOENT) {
		pw_fail_system(path);
		rc = -2;
	}
	free(path);
	return rc;
}

/* What was replaced by the journal, or was on its way to do so when a run died. */
static int remove_others(const struct pw_journal *j)
{
	const struct others o = {j, strrchr(j->path, '/') + 1};
	const int rc = pw_io_list(j->store->folder, remove_other, (void *)&o);

	return rc == -1 ? pw_fail_system(j->store->folder) : rc < 0 ? -1 : 0;
}

/* ---- lines ---- */

static int take_header(struct pw_journal *j, json_t *value)
{
	const char *stage;
	uint64_t version, run;

	if (pw_side_whole(value, "version", &version) < 0 ||
	    pw_side_whole(value, "run", &run) < 0 || pw_side_text(value, "stage", &stage) < 0)
		return -1;
	if (version != PW_SIDE_VERSION)
		return pw_fail(PW_STATE,
			       "its version is %" PRIu64
			       ", this program knows %d: use the programs that"
			       " wrote it, or begin anew with --reset",
			       version, PW_SIDE_VERSION);
	if (json_object_get(value, "lines") != NULL && pw_side_whole(value, "lines", &j->lines) < 0)
		return -1;
	if (j->store == NULL) /* only to be verified */
		return 0;
	if (strcmp(stage, j->store->name) != 0)
		return pw_fail(PW_STATE, "it is of stage %.64s, expected %s", stage,
			       j->store->name);
	if (run > j->store->run)
		return pw_fail(PW_STATE,
			       "it is of run %" PRIu64 ", and this is run %" PRIu64
			       ": `run` is stale",
			       run, j->store->run);
	j->header = json_incref(json_object_get(value, "header"));
	return json_is_object(j->header) ? 0 : pw_fail(PW_STATE, "it has no header");
}

/* The last value of each key. */
static int merge(struct pw_journal *j, const json_t *entry)
{
	const json_t *offsets = json_object_get(entry, "offsets");
	const char *key;
	json_t *value;

	if (offsets != NULL && !json_is_object(offsets))
		return pw_fail(PW_STATE, "its offsets are no object");
	json_object_foreach((json_t *)offsets, key, value)
	{
		j->merged_gone |= json_is_null(value);
		if (json_is_null(value))
			json_object_del(j->offsets, key);
		else
			json_object_set(j->offsets, key, value);
	}
	return 0;
}

static int take_entry(struct pw_journal *j, const json_t *entry, const struct pw_line *line,
		      pw_time below)
{
	pw_time time;

	if (pw_side_time(entry, "time", &time) < 0)
		return -1;
	if (j->has_last && time <= j->last)
		return pw_fail(PW_STATE,
			       "its time %" PRIu64 " is not above %" PRIu64 ", of the line before",
			       time, j->last);
	j->has_last = true;
	j->last = time;
	j->ended = json_is_true(json_object_get(entry, "ended"));
	if (time < below || json_is_true(json_object_get(entry, "merged"))) {
		j->has_merged = true;
		j->merged = time;
		j->merged_ended = j->ended;
		j->merged_gone |= json_is_true(json_object_get(entry, "gone"));
		return merge(j, entry);
	}
	pw_bytes_add(&j->kept, line->json.data, line->json.length);
	pw_bytes_put(&j->kept, '\n');
	return 0;
}

static int take_line(struct pw_journal *j, const struct pw_line *line, pw_time below)
{
	json_error_t error;
	json_t *value =
		json_loadb(line->json.data, line->json.length, JSON_REJECT_DUPLICATES, &error);
	int rc;

	if (value == NULL)
		rc = pw_fail(PW_STATE, "byte %d: %s", error.position, error.text);
	else if (line->from == 0)
		rc = take_header(j, value);
	else
		rc = take_entry(j, value, line, below);
	json_decref(value);
	return rc;
}

/*
 * Behind the damaged line at from, does a line vouch for it? A line is sound if
 * it is chained to what stands before it, whether that is sound itself or not.
 */
static bool vouched_for(struct pw_slice text, size_t from)
{
	struct pw_line_chain chain = {""};
	struct pw_line line;

	for (size_t at = from; at < text.length;) {
		const char *end = memchr(text.data + at, '\n', text.length - at);
		if (end == NULL)
			return false;
		if (pw_line_next(text, &at, &chain, &line) > 0 && line.durable > from)
			return true;
		at = (size_t)(end - text.data) + 1;
	}
	return false;
}

/* Takes all sound lines; *at is where they end. 0 or -1 */
static int take_lines(struct pw_journal *j, struct pw_slice text, pw_time below, size_t *at)
{
	struct pw_line_chain chain = {""};
	struct pw_line line;
	size_t number = 0;
	int rc;

	for (;;) {
		struct pw_line_chain before = chain;
		rc = pw_line_next(text, at, &chain, &line);
		if (rc <= 0) {
			j->chain = before;
			break;
		}
		number++;
		if (take_line(j, &line, below) < 0)
			return pw_fail_at("line %zu", number);
	}
	if (rc == 0 && number == 0)
		return pw_fail(PW_STATE, "it is empty");
	if (rc == 0)
		return 0;
	if (number == 0 || number < j->lines || vouched_for(text, *at))
		return pw_fail_at("line %zu", number + 1);
	pw_fail_clear(); /* torn: it had not been synced when the program or the machine died */
	return 0;
}

/* Has a sink committed what this journal does not have? */
static int check_marks(const struct pw_journal *j)
{
	pw_time mark;

	if (!pw_store_mark(j->store, "journal", &mark) || (j->has_last && j->last >= mark))
		return 0;
	return pw_fail(PW_STATE,
		       "it ends before time %" PRIu64
		       ", which a sink has recorded: it is damaged or"
		       " stale: " PW_SIDE_REMEDY,
		       mark);
}

/* ---- writing it anew ---- */

static json_t *header_line(struct pw_journal *j)
{
	json_t *line = json_object();

	j->lines = 1 + j->has_merged;
	for (size_t i = 0; i < j->kept.length; i++)
		j->lines += j->kept.data[i] == '\n';
	json_object_set_new(line, "version", json_integer(PW_SIDE_VERSION));
	json_object_set_new(line, "stage", json_string(j->store->name));
	json_object_set_new(line, "run", json_integer((json_int_t)j->store->run));
	json_object_set_new(line, "lines", json_integer((json_int_t)j->lines));
	json_object_set(line, "header", j->header);
	return line;
}

static json_t *merged_line(const struct pw_journal *j)
{
	json_t *line = json_object();

	json_object_set_new(line, "time", pw_side_of_time(j->merged));
	json_object_set_new(line, "merged", json_true());
	if (j->merged_ended)
		json_object_set_new(line, "ended", json_true());
	if (j->merged_gone)
		json_object_set_new(line, "gone", json_true());
	json_object_set(line, "offsets", j->offsets);
	return line;
}

/* Header, what is merged, what is kept: in one step. */
static int write_anew(struct pw_journal *j)
{
	char *path = pw_mem_print("%s/" PREFIX "%" PRIu64, j->store->folder, j->store->run);
	struct pw_line_chain chain = {""};
	struct pw_bytes text = {0};
	json_t *line = header_line(j);

	pw_line_add(&text, &chain, line, 0);
	json_decref(line);
	if (j->has_merged) {
		line = merged_line(j);
		pw_line_add(&text, &chain, line, 0);
		json_decref(line);
	}
	for (size_t at = 0; at < j->kept.length;) {
		const char *from = j->kept.data + at,
			   *end = memchr(from, '\n', j->kept.length - at);
		pw_line_add_text(&text, &chain, (struct pw_slice){from, (size_t)(end - from)}, 0);
		at += (size_t)(end - from) + 1;
	}
	const int rc = pw_side_replace(path, text.data, text.length);
	if (rc == 0) {
		j->chain = chain;
		j->length = j->durable = text.length;
		free(j->path);
		j->path = path;
	} else {
		free(path);
	}
	pw_bytes_release(&text);
	return rc;
}

static int open_to_append(struct pw_journal *j)
{
	if (j->fd >= 0)
		pw_io()->close(j->fd);
	j->fd = pw_io()->open(j->path, O_WRONLY | O_APPEND | O_NOFOLLOW, 0);
	j->compact_at = j->length + (j->length > GROWTH_BYTES ? j->length : GROWTH_BYTES);
	return j->fd < 0 ? pw_fail_system(j->path) : 0;
}

/* ---- opening ---- */

/* What follows the sound lines goes; what was never synced is, before anybody relies on it. */
static int mend(struct pw_journal *j, size_t length, size_t sound)
{
	if (sound < length && pw_io()->ftruncate(j->fd, (off_t)sound) < 0)
		return pw_fail_system(j->path);
	j->length = sound;
	j->durable = 0;
	return sound < length || j->kept.length > 0 ? pw_journal_sync(j) : 0;
}

static int load(struct pw_journal *j, uint64_t run)
{
	struct pw_bytes text = {0};
	size_t at = 0;
	int rc = pw_io_load(j->path, JOURNAL_MAX, &text);

	if (rc < 0)
		return -1;
	rc = take_lines(j, (struct pw_slice){text.data, text.length}, j->store->restart, &at);
	if (rc == 0)
		rc = check_marks(j);
	if (rc < 0)
		pw_fail_at("%s", j->path);
	j->length = at;
	if (rc == 0)
		rc = open_to_append(j);
	if (rc == 0)
		rc = mend(j, text.length, at);
	if (rc == 0 && run < j->store->run && at > MERGE_BYTES && j->kept.length < at / 2) {
		rc = write_anew(j);
		if (rc == 0)
			rc = open_to_append(j);
	}
	pw_bytes_release(&text);
	return rc < 0 ? -1 : remove_others(j);
}

int pw_journal_open(struct pw_journal *j, struct pw_store *s)
{
	uint64_t run;

	*j = (struct pw_journal){.store = s, .fd = -1, .offsets = json_object()};
	const int rc = find(s->folder, &j->path, &run);
	if (rc > 0)
		return load(j, run);
	if (rc == 0 && check_marks(j) < 0)
		return pw_fail_at("%s/" PREFIX "*", s->folder);
	return rc;
}

int pw_journal_begin(struct pw_journal *j, json_t *header)
{
	if (j->header != NULL)
		pw_bug("a journal is begun twice");
	j->header = header;
	if (write_anew(j) < 0 || remove_others(j) < 0)
		return -1;
	return open_to_append(j);
}

void pw_journal_close(struct pw_journal *j)
{
	if (j->offsets == NULL)
		return;
	if (j->fd >= 0)
		pw_io()->close(j->fd);
	json_decref(j->header);
	json_decref(j->offsets);
	json_decref(j->entry);
	pw_bytes_release(&j->kept);
	free(j->path);
	*j = (struct pw_journal){.fd = -1};
}

/* The kept entry at a place, which moves behind it; whoever asks releases it. */
static json_t *kept_at(const struct pw_journal *j, size_t *at)
{
	const char *from = j->kept.data + *at, *end = memchr(from, '\n', j->kept.length - *at);

	*at += (size_t)(end - from) + 1;
	return json_loadb(from, (size_t)(end - from), 0, NULL);
}

int pw_journal_next(struct pw_journal *j, const json_t **entry)
{
	json_decref(j->entry);
	j->entry = NULL;
	if (j->at == j->kept.length) {
		pw_bytes_release(&j->kept);
		j->at = 0;
		return 0;
	}
	*entry = j->entry = kept_at(j, &j->at);
	return 1;
}

int pw_journal_scan(const struct pw_journal *j, int (*each)(void *to, const json_t *entry),
		    void *to)
{
	size_t at = j->at;
	int rc = 0;

	while (rc >= 0 && at < j->kept.length) {
		json_t *entry = kept_at(j, &at);
		rc = each(to, entry);
		json_decref(entry);
	}
	return rc < 0 ? -1 : 0;
}

/* ---- appending ---- */

/* Merges again, with what R would be now. */
static int compact(struct pw_journal *j)
{
	struct pw_bytes text = {0};
	size_t at = 0;
	pw_time least;

	if (pw_store_least(j->store, &least) < 0)
		return -1;
	if (least <= j->compacted) {
		j->compact_at = j->length + GROWTH_BYTES;
		return 0;
	}
	j->compacted = least;
	if (pw_journal_sync(j) < 0 || pw_io_load(j->path, JOURNAL_MAX, &text) < 0)
		return -1;
	json_decref(j->header);
	j->header = NULL;
	json_object_clear(j->offsets);
	pw_bytes_clear(&j->kept);
	j->has_last = j->has_merged = j->merged_gone = false;
	int rc = take_lines(j, (struct pw_slice){text.data, text.length}, least, &at);
	if (rc < 0)
		pw_fail_at("%s", j->path);
	else if ((rc = write_anew(j)) == 0 && (rc = open_to_append(j)) == 0)
		rc = remove_others(j);
	pw_bytes_release(&text);
	pw_bytes_release(&j->kept);
	return rc;
}

int pw_journal_append(struct pw_journal *j, json_t *entry)
{
	struct pw_bytes text = {0};
	pw_time time;

	if (j->fd < 0 || j->kept.length > 0 || pw_side_time(entry, "time", &time) < 0 ||
	    (j->has_last && time <= j->last))
		pw_bug("a journal's entry is out of order");
	j->ended = json_is_true(json_object_get(entry, "ended"));
	pw_line_add(&text, &j->chain, entry, j->durable);
	json_decref(entry);
	int rc = pw_io_write_full(j->fd, text.data, text.length);
	if (rc < 0)
		rc = pw_fail_system(j->path);
	j->length += text.length;
	j->has_last = true;
	j->last = time;
	pw_bytes_release(&text);
	if (rc == 0 && j->length > j->compact_at)
		rc = compact(j);
	return rc;
}

int pw_journal_sync(struct pw_journal *j)
{
	if (j->durable == j->length)
		return 0;
	/* the first time of a run: its name too, for the run that wrote it anew may have been killed */
	if (pw_io_sync(j->fd) < 0 || (j->durable == 0 && pw_io_sync_directory(j->path) < 0))
		return pw_fail_system(j->path);
	j->durable = j->length;
	return 0;
}

/* ---- from outside ---- */

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
		if (pw_io_load_from(fd, path, JOURNAL_MAX, &text) < 0) {
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
		int rc = find(folder, &path, &run), fd = -1;
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

/* Takes all of a file; *torn: of its last line something is missing. */
static int look_at(struct pw_journal *j, const char *path, bool *torn)
{
	struct pw_bytes text = {0};
	size_t at = 0;
	int rc = pw_io_load(path, JOURNAL_MAX, &text);

	if (rc == 0 &&
	    take_lines(j, (struct pw_slice){text.data, text.length}, PW_TIME_END, &at) < 0)
		rc = pw_fail_at("%s", path);
	j->length = text.length;
	*torn = at < text.length;
	pw_bytes_release(&text);
	return rc;
}

int pw_journal_verify(const char *path, bool alive)
{
	struct pw_journal j = {.fd = -1, .offsets = json_object()};
	bool torn = false;
	int rc = look_at(&j, path, &torn);

	if (rc == 0 && torn && !alive)
		rc = pw_fail(PW_STATE, "%s: the last line is torn", path);
	pw_bytes_release(&j.kept);
	json_decref(j.offsets);
	return rc;
}

int pw_journal_look(struct pw_journal *j, const char *folder)
{
	uint64_t run;
	bool torn;

	*j = (struct pw_journal){.fd = -1, .offsets = json_object()};
	const int rc = find(folder, &j->path, &run);
	return rc <= 0 ? rc : look_at(j, j->path, &torn) < 0 ? -1 : 1;
}
