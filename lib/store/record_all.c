/* The records of a directory, taken together. */
#include "../base/io.h"
#include "record.h"
#include "store_run_internal.h"

#include <stdlib.h>

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

	if (strncmp(name, "pw-", 3) == 0 && (rc = pw_record_load(folder, name, &r, &value)) > 0) {
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

/* A record that was reset, and whose sink has not run since, is as good as none. */
static bool was_reset(const struct pw_record *r)
{
	return r->reset && r->run == 0;
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
		return pw_fail(PW_STATE,
			       "%s/record.json is of run %" PRIu64 ", but the last run was %" PRIu64
			       ": `run` is stale or missing",
			       stage, r->run, x->run);
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

struct upstream {
	const char *stage;
	bool found;
};

static int look_upstream(void *to, const char *sink, const struct pw_record *r, const json_t *value)
{
	struct upstream *x = to;
	json_t *words;
	size_t i;

	(void)sink;
	if (was_reset(r))
		return 0;
	json_array_foreach(json_object_get(value, "line"), i, words)
	{
		const char *name = json_string_value(json_array_get(words, 0));
		x->found |= name != NULL && strcmp(name, x->stage) == 0;
	}
	return 0;
}

int pw_record_knows(const char *directory, const char *stage)
{
	struct upstream x = {stage, false};

	return each_record(directory, look_upstream, &x) < 0 ? -1 : x.found;
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
	for (char **last = a->store->last_stages; last != NULL && *last != NULL; last++)
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
		    (r->time <= m->restart && add_mark(ours, "checkpoint", seen) < 0))
			return pw_fail_at("%s/record.json: %s", stage, name);
	}
	return 0;
}

int pw_record_marks(const char *directory, pw_time restart, json_t *marks)
{
	struct marks m = {restart, marks};

	return each_record(directory, add_marks, &m);
}
