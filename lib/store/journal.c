#include "../base/io.h"
#include "journal_internal.h"
#include "store_run_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/*
 * A journal is written anew at the start of a run, when entries that all sinks
 * have passed take MERGE_BYTES; and during a run, when it has grown by
 * GROWTH_BYTES and sinks have passed more since the last time. For that the
 * whole journal is read, 45 ms a MB, while rows wait.
 */
enum { MERGE_BYTES = 256 << 10, GROWTH_BYTES = 512 << 10 };

/* ---- writing it anew ---- */

struct others {
	const struct pw_journal *j;
	const char *name; /* of the file that stays */
};

static int remove_other(void *to, const char *name)
{
	const struct others *o = to;
	char *path;
	int rc = 0;

	if (strncmp(name, PW_JOURNAL_PREFIX, strlen(PW_JOURNAL_PREFIX)) != 0 ||
	    strcmp(name, o->name) == 0)
		return 0;
	path = pw_store_path(o->j->store->folder, name);
	if (pw_io()->unlink(path) < 0 && errno != ENOENT) {
		pw_fail_system(path);
		rc = -2;
	}
	free(path);
	return rc;
}

/* Removes journals that this one replaces, and unfinished ones of runs that died. */
static int remove_others(const struct pw_journal *j)
{
	const struct others o = {j, strrchr(j->path, '/') + 1};
	const int rc = pw_io_list(j->store->folder, remove_other, (void *)&o);

	return rc == -1 ? pw_fail_system(j->store->folder) : rc < 0 ? -1 : 0;
}

static json_t *header_line(struct pw_journal *j)
{
	json_t *line = json_object();

	j->lines = 1 + j->has_merged;
	for (size_t i = 0; i < j->entries.length; i++)
		j->lines += j->entries.data[i] == '\n';
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
	pw_time time;

	json_object_set_new(line, "time", pw_side_of_time(j->merged));
	json_object_set_new(line, "merged", json_true());
	if (j->merged_gone)
		json_object_set_new(line, "gone", json_true());
	json_object_set(line, "offsets", j->offsets);
	if (json_object_size(j->kinds) > 0)
		json_object_set(line, "kinds", j->kinds);
	if (pw_journal_replayed(j, &time) && time <= j->merged)
		json_object_set(line, "replayed", j->replayed);
	return line;
}

/*
 * Writes header, merged entry and the entries from R on, in one step. Ends of
 * earlier runs are left out: what follows from them is in `run`.
 */
static int write_anew(struct pw_journal *j)
{
	char *path =
		pw_mem_print("%s/" PW_JOURNAL_PREFIX "%" PRIu64, j->store->folder, j->store->run);
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
	for (size_t at = 0; at < j->entries.length;) {
		const char *from = j->entries.data + at,
			   *end = memchr(from, '\n', j->entries.length - at);
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

/* Fails if a sink has committed what this journal does not have. */
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

/* Cuts off what follows the sound lines, and syncs those that may not have been synced. */
static int mend(struct pw_journal *j, size_t length, size_t sound)
{
	if (sound < length && pw_io()->ftruncate(j->fd, (off_t)sound) < 0)
		return pw_fail_system(j->path);
	j->length = sound;
	j->durable = 0;
	return sound < length || j->entries.length > 0 ? pw_journal_sync(j) : 0;
}

static int load(struct pw_journal *j, uint64_t run)
{
	struct pw_bytes text = {0};
	size_t at = 0;
	int rc = pw_io_load(j->path, PW_JOURNAL_MAX, &text);

	if (rc < 0)
		return -1;
	rc = pw_journal_take(j, (struct pw_slice){text.data, text.length}, j->store->restart, &at);
	if (rc == 0)
		rc = check_marks(j);
	if (rc < 0)
		pw_fail_at("%s", j->path);
	j->length = at;
	if (rc == 0)
		rc = open_to_append(j);
	if (rc == 0)
		rc = mend(j, text.length, at);
	if (rc == 0 && run < j->store->run && at > MERGE_BYTES && j->entries.length < at / 2) {
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

	*j = (struct pw_journal){
		.store = s, .fd = -1, .offsets = json_object(), .kinds = json_object()};
	const int rc = pw_journal_find(s->folder, &j->path, &run);
	if (rc > 0)
		return load(j, run);
	if (rc == 0 && check_marks(j) < 0)
		return pw_fail_at("%s/" PW_JOURNAL_PREFIX "*", s->folder);
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
	json_decref(j->kinds);
	json_decref(j->replayed);
	json_decref(j->entry);
	pw_bytes_release(&j->entries);
	free(j->path);
	*j = (struct pw_journal){.fd = -1};
}

bool pw_journal_replayed(const struct pw_journal *j, pw_time *time)
{
	return j->replayed != NULL && pw_side_time(j->replayed, "time", time) >= 0;
}

/* The entry at *at, which moves to the next one; the caller releases the entry. */
static json_t *entry_at(const struct pw_journal *j, size_t *at)
{
	const char *from = j->entries.data + *at,
		   *end = memchr(from, '\n', j->entries.length - *at);

	*at += (size_t)(end - from) + 1;
	return json_loadb(from, (size_t)(end - from), 0, NULL);
}

int pw_journal_next(struct pw_journal *j, const json_t **entry)
{
	json_decref(j->entry);
	j->entry = NULL;
	if (j->at == j->entries.length) {
		pw_bytes_release(&j->entries);
		j->at = 0;
		return 0;
	}
	*entry = j->entry = entry_at(j, &j->at);
	return 1;
}

int pw_journal_scan(const struct pw_journal *j, int (*each)(void *to, const json_t *entry),
		    void *to)
{
	size_t at = j->at;
	int rc = 0;

	while (rc >= 0 && at < j->entries.length) {
		json_t *entry = entry_at(j, &at);
		rc = each(to, entry);
		json_decref(entry);
	}
	return rc < 0 ? -1 : 0;
}

/* ---- appending ---- */

/* Merges entries below what R would be if the run ended now. */
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
	if (pw_journal_sync(j) < 0 || pw_io_load(j->path, PW_JOURNAL_MAX, &text) < 0)
		return -1;
	json_decref(j->header);
	j->header = NULL;
	json_object_clear(j->offsets);
	json_object_clear(j->kinds);
	json_decref(j->replayed);
	j->replayed = NULL;
	pw_bytes_clear(&j->entries);
	j->has_last = j->has_merged = j->merged_gone = false;
	int rc = pw_journal_take(j, (struct pw_slice){text.data, text.length}, least, &at);
	if (rc < 0)
		pw_fail_at("%s", j->path);
	else if ((rc = write_anew(j)) == 0 && (rc = open_to_append(j)) == 0)
		rc = remove_others(j);
	pw_bytes_release(&text);
	pw_bytes_release(&j->entries);
	return rc;
}

/* value is taken. */
static int append_line(struct pw_journal *j, json_t *value)
{
	struct pw_bytes text = {0};

	pw_line_add(&text, &j->chain, value, j->durable);
	json_decref(value);
	const int rc = pw_io_write_full(j->fd, text.data, text.length);
	j->length += text.length;
	pw_bytes_release(&text);
	return rc < 0 ? pw_fail_system(j->path) : 0;
}

int pw_journal_append(struct pw_journal *j, json_t *entry)
{
	pw_time time;

	if (j->fd < 0 || j->entries.length > 0 || pw_side_time(entry, "time", &time) < 0 ||
	    (j->has_last && time <= j->last))
		pw_bug("a journal's entry is out of order");
	json_t *replayed = json_incref(json_object_get(entry, "replayed"));
	int rc = append_line(j, entry);
	if (replayed != NULL) {
		json_decref(j->replayed);
		j->replayed = replayed;
	}
	j->has_last = true;
	j->last = time;
	if (rc == 0 && j->length > j->compact_at)
		rc = compact(j);
	return rc;
}

int pw_journal_end(struct pw_journal *j)
{
	if (j->fd < 0 || j->entries.length > 0)
		pw_bug("a journal ends before it has been played");
	/* entries first: nobody may find the end, and miss what was before */
	if (pw_journal_sync(j) < 0 ||
	    append_line(j, json_pack("{s:I}", "ended", (json_int_t)j->store->run)) < 0)
		return -1;
	return pw_journal_sync(j);
}

int pw_journal_sync(struct pw_journal *j)
{
	if (j->durable == j->length)
		return 0;
	/* The first sync of a run is of its name, too: the run that wrote it anew may have been killed. */
	if (pw_io_sync(j->fd) < 0 || (j->durable == 0 && pw_io_sync_directory(j->path) < 0))
		return pw_fail_system(j->path);
	j->durable = j->length;
	return 0;
}
