#include "record.h"
#include "../base/hash.h"
#include "../base/io.h"
#include "cut.h"
#include "journal.h"
#include "store_run.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/* ---- what a record says ---- */

static int take_members(struct pw_record *r, const json_t *value)
{
	r->complete = json_is_true(json_object_get(value, "complete"));
	r->finished = json_is_true(json_object_get(value, "finished"));
	r->reset = json_is_true(json_object_get(value, "reset"));
	if (pw_side_whole(value, "run", &r->run) < 0 || pw_side_time(value, "time", &r->time) < 0)
		return -1;
	if (json_object_get(value, "marks") == NULL || json_object_get(value, "destination") == NULL)
		return pw_fail(PW_STATE, "it has no marks or no destination");
	r->destination = json_is_null(json_object_get(value, "destination"))
				 ? NULL
				 : json_incref(json_object_get(value, "destination"));
	return 0;
}

static int load(const char *folder, const char *stage, struct pw_record *r, json_t **value)
{
	char *path = pw_store_path(folder, "record.json");
	int rc = pw_side_load(path, stage, value);

	*r = (struct pw_record){.passed = -1};
	if (rc > 0 && take_members(r, *value) < 0)
		rc = pw_fail_at("%s", path);
	free(path);
	return rc;
}

/* Reset, and not in the line since: it is as new as one that was never there. */
static bool was_reset(const struct pw_record *r)
{
	return r->reset && r->run == 0;
}

/* ---- all records of a directory ---- */

struct each {
	const char *directory;
	int (*call)(void *to, const char *stage, const struct pw_record *r, const json_t *value);
	void *to;
};

static int one_record(void *to, const char *name)
{
	const struct each *e = to;
	char *folder = pw_store_path(e->directory, name);
	struct pw_record r;
	json_t *value;
	int rc = 0;

	if (strncmp(name, "pw-", 3) == 0 && (rc = load(folder, name, &r, &value)) > 0) {
		rc = e->call(e->to, name, &r, value);
		json_decref(r.destination);
	}
	if (strncmp(name, "pw-", 3) == 0)
		json_decref(value);
	free(folder);
	return rc < 0 ? -2 : 0;
}

static int each_record(const char *directory,
		       int (*call)(void *to, const char *stage, const struct pw_record *r,
				   const json_t *value),
		       void *to)
{
	struct each e = {directory, call, to};
	const int rc = pw_io_list(directory, one_record, &e);

	return rc == -1 ? pw_fail_system(directory) : rc < 0 ? -1 : 0;
}

struct restart {
	const char *directory;
	uint64_t run;
	pw_time restart, above, least;
	bool any, finished;
};

/* A record may have been renamed by a sink that was killed before it synced the folder. */
static int sync_record(const char *directory, const char *stage)
{
	char *path = pw_mem_print("%s/%s/record.json", directory, stage);
	const int rc = pw_io_sync_directory(path) < 0 ? pw_fail_system(path) : 0;

	free(path);
	return rc;
}

static int count_in(void *to, const char *stage, const struct pw_record *r, const json_t *value)
{
	struct restart *x = to;
	pw_time point = r->run != x->run ? x->restart : r->complete ? x->above : r->time;

	(void)value;
	if (r->run > x->run)
		return pw_fail(PW_STATE, "%s/record.json is of run %" PRIu64 ", but the last run was %" PRIu64
					 ": `run` is stale or missing", stage, r->run, x->run);
	if (was_reset(r))
		return 0;
	x->least = point < x->least ? point : x->least;
	x->any = true;
	x->finished |= r->finished && !r->reset;
	return x->directory != NULL ? sync_record(x->directory, stage) : 0;
}

static int count_time(void *to, const char *stage, const struct pw_record *r, const json_t *value)
{
	pw_time *time = to;

	(void)stage;
	(void)value;
	if (!r->reset && r->time > *time)
		*time = r->time;
	return 0;
}

int pw_record_greatest(const char *directory, pw_time *time)
{
	*time = 0;
	return each_record(directory, count_time, time);
}

int pw_record_restart(const char *directory, uint64_t run, pw_time restart, pw_time above,
		      bool durable, pw_time *least, bool *finished)
{
	struct restart x = {.directory = durable ? directory : NULL,
			    .run = run,
			    .restart = restart,
			    .above = above,
			    .least = PW_TIME_END};

	if (each_record(directory, count_in, &x) < 0)
		return -1;
	*least = x.any ? x.least : 0;
	*finished = x.finished;
	return 0;
}

struct absent {
	const struct pw_store *store;
	struct pw_bytes *names;
};

static int add_absent(void *to, const char *stage, const struct pw_record *r, const json_t *value)
{
	struct absent *a = to;
	bool took_part = r->run + 1 >= a->store->run || was_reset(r);

	(void)value;
	for (char **last = a->store->last; last != NULL && *last != NULL; last++)
		took_part |= strcmp(*last, stage) == 0;
	if (!took_part)
		pw_bytes_print(a->names, "%s%s", a->names->length > 0 ? ", " : "", stage);
	return 0;
}

int pw_record_absent(const struct pw_store *s, struct pw_bytes *names)
{
	struct absent a = {s, names};

	return each_record(s->path, add_absent, &a);
}

struct marks {
	pw_time restart;
	json_t *all;
};

static int add_mark(json_t *ours, const char *what, const json_t *seen)
{
	pw_time is, has;

	if (json_object_get(seen, what) == NULL)
		return 0;
	if (pw_side_time(seen, what, &is) < 0)
		return -1;
	if (json_object_get(ours, what) == NULL || pw_side_time(ours, what, &has) < 0 || has < is)
		json_object_set_new(ours, what, pw_side_of_time(is));
	return 0;
}

static int add_marks(void *to, const char *stage, const struct pw_record *r, const json_t *value)
{
	struct marks *m = to;
	const char *name;
	json_t *seen;

	json_object_foreach(json_object_get(value, "marks"), name, seen)
	{
		if (json_object_get(m->all, name) == NULL)
			json_object_set_new(m->all, name, json_object());
		json_t *ours = json_object_get(m->all, name);
		if (add_mark(ours, "journal", seen) < 0 ||
		    (r->time <= m->restart && add_mark(ours, "cut", seen) < 0))
			return pw_fail_at("%s/record.json: %s", stage, name);
	}
	return 0;
}

int pw_record_marks(const char *directory, pw_time restart, json_t *marks)
{
	struct marks m = {restart, marks};

	return each_record(directory, add_marks, &m);
}

/* ---- a sink's own ---- */

/*
 * What this stage and every one before it has on disk below C. Others of the run have
 * not promised anything: what they have there may be gone after a power cut.
 */
static int find_marks(const struct pw_store *s, pw_time at, json_t *marks)
{
	char **stages = s->before;
	int rc = 0;

	for (size_t i = 0; stages[i] != NULL && rc == 0; i++) {
		char *folder = pw_store_path(s->path, stages[i]);
		json_t *mark = json_object();
		pw_time time;
		const int cut = pw_cut_peek(folder, at, &time);

		if (cut > 0)
			json_object_set_new(mark, "cut", pw_side_of_time(time));
		const int journal = cut < 0 ? -1 : pw_journal_peek(folder, at, &time);
		if (journal > 0)
			json_object_set_new(mark, "journal", pw_side_of_time(time));
		rc = journal < 0 ? -1 : 0;
		if (cut > 0 || journal > 0)
			json_object_set(marks, stages[i], mark);
		json_decref(mark);
		free(folder);
	}
	return rc;
}

static int save(struct pw_record *r, json_t *marks)
{
	char *path = pw_store_path(r->store->folder, "record.json");
	json_t *value = json_object();

	json_object_set_new(value, "time", pw_side_of_time(r->time));
	json_object_set_new(value, "complete", json_boolean(r->complete));
	json_object_set_new(value, "finished", json_boolean(r->finished));
	json_object_set(value, "destination", r->destination != NULL ? r->destination : json_null());
	json_object_set_new(value, "marks", marks);
	if (r->reset)
		json_object_set_new(value, "reset", json_true());
	const int rc = pw_side_save(path, r->store->name, r->store->run, value);
	free(path);
	return rc;
}

static int save_marked(struct pw_record *r, pw_time time)
{
	json_t *marks = json_object();

	r->run = r->store->run;
	r->time = time;
	if (find_marks(r->store, time, marks) < 0) {
		json_decref(marks);
		return -1;
	}
	return save(r, marks);
}

int pw_record_save(struct pw_record *r, pw_time time, bool complete, bool finished,
		   json_t *destination)
{
	if (destination != r->destination)
		json_decref(r->destination);
	r->destination = destination;
	r->complete = complete;
	r->finished = finished;
	r->reset &= destination == NULL;
	/* a run in which nothing came ends at a frontier below: what is in the destination stays there */
	return save_marked(r, time < r->time ? r->time : time);
}

/* The file of how far it has committed. */
static int open_passed(struct pw_record *r)
{
	char *path = pw_store_path(r->store->folder, "passed");

	r->passed = pw_io()->open(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0600);
	const int rc = r->passed < 0 ? pw_fail_system(path) : 0;
	free(path);
	return rc;
}

/*
 * A new sink is written down before anything else. Is it new in a line that
 * goes on, then what is below R has been missed: with the record at 0 the next
 * run begins at the start.
 */
static int write_down(struct pw_record *r)
{
	if (save_marked(r, 0) < 0)
		return -1;
	if (r->store->restart == 0)
		return 0;
	return pw_fail(PW_BUSY, "this is new in %s, whose line goes on from where it was: run it again, and it"
				" fills this from the start", r->store->path);
}

int pw_record_open(struct pw_record *r, struct pw_store *s)
{
	json_t *value;
	const int rc = load(s->folder, s->name, r, &value);

	json_decref(value);
	r->store = s;
	if (rc < 0)
		return -1;
	if (r->run > s->run)
		return pw_fail(PW_STATE, "%s/record.json is of run %" PRIu64 ", and this is run %" PRIu64,
			       s->folder, r->run, s->run);
	r->known = rc > 0 && !r->reset;
	if (!r->known && write_down(r) < 0)
		return -1;
	return open_passed(r);
}

void pw_record_close(struct pw_record *r)
{
	if (r->store != NULL && r->passed >= 0)
		pw_io()->close(r->passed);
	json_decref(r->destination);
	*r = (struct pw_record){.passed = -1};
}

/* ---- passed ---- */

enum { PASSED_BYTES = 25 };

static void passed_text(pw_time time, char text[PASSED_BYTES + 1])
{
	snprintf(text, 17, "%016" PRIx64, time);
	snprintf(text + 16, 10, "%08x\n", (unsigned)(pw_hash_checksum(text, 16) >> 32));
}

int pw_record_passed(struct pw_record *r, pw_time time)
{
	char text[PASSED_BYTES + 1];

	passed_text(time, text);
	if (pw_io()->lseek(r->passed, 0, SEEK_SET) < 0 ||
	    pw_io_write_full(r->passed, text, PASSED_BYTES) < 0)
		return pw_fail_system("passed");
	return 0;
}

/* What a sink says; false: nothing that could be read. */
static bool read_passed(const char *folder, pw_time *time)
{
	char *path = pw_store_path(folder, "passed"), text[PASSED_BYTES + 1] = {0}, is[PASSED_BYTES + 1];
	const int fd = pw_io()->open(path, O_RDONLY | O_NOFOLLOW, 0);
	ssize_t n = 0;

	if (fd >= 0) {
		n = pw_io_read_full(fd, text, PASSED_BYTES);
		pw_io()->close(fd);
	}
	free(path);
	if (n != PASSED_BYTES)
		return false;
	const char last = text[16];
	text[16] = '\0';
	*time = strtoull(text, NULL, 16);
	text[16] = last;
	passed_text(*time, is);
	return memcmp(is, text, PASSED_BYTES) == 0;
}

int pw_record_backlog(const struct pw_store *s, pw_time *least)
{
	char **stages = pw_store_stages(s);
	pw_time time;

	*least = PW_TIME_END;
	for (size_t i = 0; stages[i] != NULL; i++) {
		char *folder = pw_store_path(s->path, stages[i]);
		if (read_passed(folder, &time) && time < *least)
			*least = time;
		free(folder);
	}
	free(stages);
	return 0;
}

/* ---- forgetting ---- */

struct folder {
	const char *path;
	bool all;
};

static int empty_folder(const char *folder, bool all);

static int remove_folder(const char *path)
{
	if (empty_folder(path, true) < 0)
		return -1;
	return pw_io()->rmdir(path) < 0 ? pw_fail_system(path) : 0;
}

static int remove_one(void *to, const char *name)
{
	const struct folder *f = to;
	int rc = 0;

	if (!f->all && strcmp(name, "record.json") == 0)
		return 0;
	char *path = pw_store_path(f->path, name);
	if (pw_io()->unlink(path) < 0) /* tracked/ is a folder */
		rc = errno == EISDIR || errno == EPERM ? remove_folder(path) : pw_fail_system(path);
	free(path);
	return rc < 0 ? -2 : 0;
}

/* Removes what is in a folder, in folders too; its record only if all is to go. */
static int empty_folder(const char *folder, bool all)
{
	struct folder f = {folder, all};
	const int rc = pw_io_list(folder, remove_one, &f);

	return rc == -1 ? pw_fail_system(folder) : rc < 0 ? -1 : 0;
}

static int is_directory(const char *path)
{
	struct stat st;

	if (pw_io()->lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : pw_fail_system(path);
	return S_ISDIR(st.st_mode);
}

/* Of a sink its record stays, and says that its destination may be begun anew. */
static int reset_record(const char *folder, const char *name, const json_t *value)
{
	char *path = pw_store_path(folder, "record.json");
	json_t *again = json_copy((json_t *)value);

	json_object_del(again, "check");
	json_object_set_new(again, "run", json_integer(0));
	json_object_set_new(again, "time", json_integer(0));
	json_object_set_new(again, "complete", json_false());
	json_object_set_new(again, "finished", json_false());
	json_object_set_new(again, "reset", json_true());
	json_object_set_new(again, "marks", json_object());
	const int rc = pw_side_save(path, name, 0, again);
	free(path);
	return rc;
}

/* A record that can't be read goes with the rest. */
static int reset_stage(const char *folder, const char *name)
{
	struct pw_record r = {0};
	json_t *value = NULL;
	const bool sink = strncmp(name, "pw-", 3) == 0 && load(folder, name, &r, &value) > 0;
	const int rc = sink ? reset_record(folder, name, value) : 0;

	json_decref(r.destination);
	json_decref(value);
	if (rc < 0)
		return -1;
	return sink ? empty_folder(folder, false) : remove_folder(folder);
}

static int reset_one(void *to, const char *name)
{
	char *folder = pw_store_path(to, name);
	int rc = is_directory(folder);

	if (rc > 0)
		rc = reset_stage(folder, name);
	free(folder);
	return rc < 0 ? -2 : 0;
}

int pw_record_reset(const char *directory)
{
	const int rc = pw_io_list(directory, reset_one, (void *)directory);

	return rc == -1 ? pw_fail_system(directory) : rc < 0 ? -1 : 0;
}

int pw_record_forget(const char *directory, const char *sink)
{
	char *folder = pw_store_path(directory, sink), *path = pw_store_path(folder, "record.json");
	const int there = strchr(sink, '/') == NULL && strncmp(sink, "pw-", 3) == 0 ? is_directory(folder) : 0;
	int rc = there;

	if (there == 0)
		rc = pw_fail(PW_USAGE, "'%.120s' is no stage of %s", sink, directory);
	if (rc >= 0 && pw_io()->unlink(path) < 0)
		rc = errno == ENOENT ? pw_fail(PW_USAGE, "'%.120s' is no sink", sink) : pw_fail_system(path);
	if (rc >= 0 && pw_io_sync_directory(path) < 0)
		rc = pw_fail_system(path);
	if (rc >= 0)
		rc = remove_folder(folder);
	free(path);
	free(folder);
	return rc;
}
