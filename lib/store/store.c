#include "store.h"
#include "../base/io.h"
#include "../base/pipes.h"
#include "../time/clock.h"
#include "record.h"
#include "store_place_internal.h"
#include "store_run_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/file.h>

void pw_store_close(struct pw_store *s)
{
	if (s->path == NULL)
		return;
	if (s->gate >= 0)
		pw_io()->close(s->gate);
	if (s->lock >= 0)
		pw_io()->close(s->lock);
	free(s->path);
	free(s->upstream);
	free(s->last_stages);
	json_decref(s->marks);
	json_decref(s->floors);
	json_decref(s->pipeline);
	free(s->name);
	free(s->folder);
	*s = (struct pw_store){0};
}

int pw_store_busy(const char *directory, const char *reader)
{
	if (reader == NULL)
		return pw_fail(PW_BUSY, "%s: is in use by another run", directory);
	return pw_fail(PW_BUSY,
		       "%s: is in use by another run, or by a second reader called %s (give one"
		       " of them --name)",
		       directory, reader);
}

static int over(const struct pw_store *s, uint64_t run)
{
	return pw_fail(PW_BUSY, "%s: run %" PRIu64 ", which this stream is of, is over", s->path,
		       run);
}

/* ---- a run begins ---- */

/*
 * Marks say what sinks have seen of what is below R, now or when an earlier run
 * began. When R has gone back, marks of checkpoints above it say nothing any more.
 */
static int choose_marks(struct pw_store *s)
{
	const char *name;
	json_t *mark;
	pw_time checkpoint;

	if (s->marks == NULL)
		s->marks = json_object();
	json_object_foreach(s->marks, name,
			    mark) if (json_object_get(mark, "checkpoint") != NULL &&
				      (pw_side_time(mark, "checkpoint", &checkpoint) < 0 ||
				       checkpoint > s->restart))
		json_object_del(mark, "checkpoint");
	return pw_record_marks(s->path, s->restart, s->marks);
}

/* A reader without a wish wishes for the default: so the order of readers makes no difference. */
static uint64_t grid_of(uint64_t wish)
{
	return wish == 0 ? PW_STORE_INTERVAL : (wish + 1) & ~UINT64_C(1);
}

/* The next run's number, S and R. The gate is held, and nobody is alive. */
static int choose(struct pw_store *s, uint64_t interval)
{
	char boot_id[64];
	pw_time clock, least;
	const int known = pw_store_run_load(s, boot_id);

	if (known < 0 || pw_store_clock_load(s->path, &clock) < 0)
		return -1;
	const pw_time bound = known > 0 && s->start > clock ? s->start : clock;
	s->start = pw_clock_even(pw_io_ns(CLOCK_REALTIME));
	if (known > 0 && s->start <= bound)
		s->start = (bound | 1) + 1;
	if (pw_store_above(s->path, clock, &least) < 0)
		return -1;
	if (least > s->above)
		s->above = least;
	if (s->start < s->above)
		s->start = (s->above + 1) & ~(pw_time)1;
	if (s->start >= PW_TIME_END - PW_STORE_AHEAD * 2)
		return pw_fail(PW_STATE, "%s: the clock has come to its end", s->path);
	if (pw_record_restart(s->path, known > 0 ? s->run : 0, s->restart, s->above, true, &least,
			      &s->finished) < 0)
		return -1;
	s->restart = least;
	if (choose_marks(s) < 0 || pw_store_choose_floors(s) < 0)
		return -1;
	s->run++;
	s->boot = pw_clock_boot();
	s->interval = grid_of(interval);
	s->bound = s->start;
	return 0;
}

/* The names of the last run's stages, as far as they can be read. */
static void note_last(struct pw_store *s)
{
	const struct pw_store last = {.path = s->path, .run = s->run - 1};

	s->last_stages = pw_store_stages(&last);
}

static int begin_run(struct pw_store *s, const struct pw_stage *stage, uint64_t interval)
{
	if (choose(s, interval) < 0)
		return -1;
	note_last(s);
	if (pw_store_run_save(s) < 0 || pw_store_list_begin(s) < 0 ||
	    pw_store_list_add(s, stage) < 0)
		return -1;
	s->started = true;
	/* between unlocking and locking nobody can enter: that takes the gate */
	return pw_store_lock_file(s->lock, LOCK_SH, "lock: flock");
}

/* ---- or is joined ---- */

/* The number of a process that has ended may be another's now. */
static bool is_alive(const struct pw_store_listed *item)
{
	return pw_pipes_started(item->process) == item->started;
}

/* Every run has a stage that is alive: without one it is what is left of a killed run. */
static bool is_left(const struct pw_store_list *l)
{
	for (size_t i = 0; i < l->count; i++)
		if (is_alive(&l->items[i]))
			return false;
	return true;
}

/*
 * The run whose lock is held, and whether a stage of our name is in it: 1, 0 or -1.
 * *left, if not NULL: it is no more than what is left of a killed run.
 */
static int look_at_run(struct pw_store *s, bool *left)
{
	struct pw_store_list list = {0};
	char boot_id[64], ours[64];
	int rc = pw_store_run_load(s, boot_id);

	if (rc == 0)
		return pw_fail(PW_STATE, "%s/run: is not there, but its lock is held", s->path);
	if (rc < 0)
		return -1;
	pw_store_boot_id(ours);
	if (strcmp(ours, boot_id) != 0)
		return pw_fail(PW_STATE, "%s: run %" PRIu64 " is alive on another machine", s->path,
			       s->run);
	rc = pw_store_list_load(&list, s->path, s->run, true);
	if (rc == 0)
		rc = pw_store_list_has(&list, s->name);
	if (left != NULL)
		*left = is_left(&list);
	pw_store_list_release(&list);
	s->bound = s->start;
	return rc;
}

static int join_run(struct pw_store *s, const struct pw_stage *stage)
{
	const int rc = pw_store_list_add(s, stage);

	return rc < 0 ? -1 : pw_store_lock_file(s->lock, LOCK_SH, "lock: flock");
}

static int join_as_reader(struct pw_store *s, const struct pw_stage *stage, uint64_t interval)
{
	bool left = false;
	const int listed = look_at_run(s, &left);
	bool finished;
	pw_time least;

	if (listed != 0 || left)
		return listed < 0 ? -1 : PW_STORE_WAIT;
	if (grid_of(interval) != s->interval)
		return pw_fail(PW_USAGE,
			       "the checkpoint interval is %" PRIu64 " ms here, and %" PRIu64
			       " ms in another reader of this pipeline: give all the same"
			       " --checkpoint-interval",
			       grid_of(interval), s->interval);
	if (pw_record_restart(s->path, s->run, s->restart, s->above, false, &least, &finished) < 0)
		return -1;
	s->finished = finished;
	return join_run(s, stage);
}

/* ---- entering ---- */

/* Appends the names of all stages upstream of this one. */
static int add_upstream(struct pw_bytes *names, const struct pw_stage *stage)
{
	for (size_t i = 0; i < stage->input_count; i++) {
		char *name = pw_store_name(&stage->inputs[i]);
		if (name == NULL)
			return -1;
		pw_bytes_add(names, name, strlen(name) + 1);
		free(name);
		if (add_upstream(names, &stage->inputs[i]) < 0)
			return -1;
	}
	return 0;
}

/* Names, each with its NUL, as a list in one piece that NULL ends. */
static char **list_of(const struct pw_bytes *names)
{
	size_t count = 0;

	for (size_t i = 0; i < names->length; i++)
		count += names->data[i] == '\0';
	char **list = pw_mem_zero(1, (count + 1) * sizeof *list + names->length);
	char *at = memcpy(list + count + 1, names->length > 0 ? names->data : "", names->length);
	for (size_t i = 0; i < count; i++, at += strlen(at) + 1)
		list[i] = at;
	return list;
}

static int name_upstream(struct pw_store *s, const struct pw_stage *stage)
{
	struct pw_bytes names = {0};
	int rc;

	pw_bytes_add(&names, s->name, strlen(s->name) + 1);
	rc = add_upstream(&names, stage);
	s->upstream = list_of(&names);
	pw_bytes_release(&names);
	return rc;
}

static json_t *text_of(const char *bytes)
{
	json_t *text = json_string(bytes);

	return text != NULL ? text : json_string("(no UTF-8)");
}

/*
 * The stage and all upstream, each with its options. A reader that has a name
 * of its own checks its options itself; of this stage only options count, as
 * its record says where it writes to.
 */
static void describe(json_t *pipeline, const struct pw_stage *stage)
{
	const bool ours = json_array_size(pipeline) == 0,
		   named_reader = stage->input_count == 0 && stage->name != NULL;
	char *name = pw_store_name(stage);
	json_t *words = json_array();

	json_array_append_new(words, text_of(name != NULL ? name : ""));
	for (size_t i = 0; i < stage->option_count && !named_reader; i++)
		if (!ours || strncmp(stage->options[i], "--", 2) == 0)
			json_array_append_new(words, text_of(stage->options[i]));
	json_array_append_new(pipeline, words);
	for (size_t i = 0; i < stage->input_count; i++)
		describe(pipeline, &stage->inputs[i]);
	free(name);
}

static int place_of(struct pw_store *s, const char *directory, const struct pw_stage *stage,
		    bool make)
{
	if (s->path != NULL)
		return 0; /* asked again */
	*s = (struct pw_store){.gate = -1, .lock = -1};
	if (pw_store_open_place(s, directory, make) < 0)
		return -1;
	s->name = pw_store_name(stage);
	if (s->name == NULL)
		return -1;
	s->folder = pw_store_path(s->path, s->name);
	s->pipeline = json_array();
	describe(s->pipeline, stage);
	return name_upstream(s, stage);
}

int pw_store_start(struct pw_store *s, const char *directory, const struct pw_stage *stage,
		   uint64_t interval)
{
	int rc = place_of(s, directory, stage, true);

	if (rc == 0)
		rc = pw_store_enter_gate(s);
	if (rc == 1) {
		rc = pw_store_lock_file(s->lock, LOCK_EX, "lock: flock");
		if (rc == 1)
			rc = begin_run(s, stage, interval);
		else if (rc == PW_STORE_WAIT)
			rc = join_as_reader(s, stage, interval);
		pw_store_leave_gate(s);
	}
	if (rc < 0)
		pw_store_close(s);
	return rc;
}

/* Is everybody gone? 1, 0 or -1 */
static int deserted(struct pw_store *s)
{
	const int rc = pw_store_lock_file(s->lock, LOCK_EX, "lock: flock");

	if (rc == 1)
		pw_io()->flock(s->lock, LOCK_UN);
	return rc == PW_STORE_WAIT ? 0 : rc;
}

static int join_as_stage(struct pw_store *s, uint64_t run, const struct pw_stage *stage, bool late)
{
	int rc = late ? 0 : deserted(s);

	if (rc == 1)
		return over(s, run);
	if (rc < 0 || (rc = look_at_run(s, NULL)) < 0)
		return -1;
	if (s->run != run)
		return over(s, run);
	if (rc == 1)
		return pw_fail(PW_USAGE,
			       "two stages of this pipeline are called %s: give one of them --name",
			       s->name);
	return join_run(s, stage);
}

static int join(struct pw_store *s, const char *directory, uint64_t run,
		const struct pw_stage *stage, bool late)
{
	int rc = place_of(s, directory, stage, false);

	if (rc == 0)
		rc = pw_store_enter_gate(s);
	if (rc == 1) {
		rc = join_as_stage(s, run, stage, late);
		pw_store_leave_gate(s);
	}
	if (rc < 0)
		pw_store_close(s);
	return rc;
}

int pw_store_join(struct pw_store *s, const char *directory, uint64_t run,
		  const struct pw_stage *stage)
{
	return join(s, directory, run, stage, false);
}

int pw_store_join_late(struct pw_store *s, const char *directory, uint64_t run,
		       const struct pw_stage *stage)
{
	return join(s, directory, run, stage, true);
}

static bool consumes(const struct pw_store_listed *item, const char *name)
{
	for (size_t i = 0; i < item->input_count; i++)
		if (strcmp(item->inputs[i], name) == 0)
			return true;
	return false;
}

/* Is the stage of that name, or upstream of it? A stage enters after those upstream. */
static bool comes_from(const struct pw_store_list *l, size_t item, const char *name)
{
	if (strcmp(l->items[item].name, name) == 0)
		return true;
	for (size_t i = 0; i < item; i++)
		if (consumes(&l->items[item], l->items[i].name) && comes_from(l, i, name))
			return true;
	return false;
}

static bool is_wanted(const struct pw_store *s, const struct pw_store_list *l, size_t i,
		      enum pw_store_who who)
{
	switch (who) {
	case PW_STORE_CONSUMERS:
		return consumes(&l->items[i], s->name);
	case PW_STORE_NAMESAKES:
		return is_alive(&l->items[i]) && comes_from(l, i, s->name);
	case PW_STORE_ALIVE:
		break;
	}
	return is_alive(&l->items[i]);
}

int *pw_store_processes(const struct pw_store *s, enum pw_store_who who)
{
	struct pw_store_list list = {0};
	size_t n = 0;

	pw_store_list_load(&list, s->path, s->run, false); /* as far as it can be read */
	int *processes = pw_mem_zero(list.count + 1, sizeof *processes);
	for (size_t i = 0; i < list.count; i++)
		if (list.items[i].process > 0 && is_wanted(s, &list, i, who))
			processes[n++] = list.items[i].process;
	pw_store_list_release(&list);
	return processes;
}

char **pw_store_stages(const struct pw_store *s)
{
	struct pw_store_list list = {0};
	struct pw_bytes names = {0};

	pw_store_list_load(&list, s->path, s->run, false); /* as far as it can be read */
	for (size_t i = 0; i < list.count; i++)
		pw_bytes_add(&names, list.items[i].name, strlen(list.items[i].name) + 1);
	char **all = list_of(&names);
	pw_bytes_release(&names);
	pw_store_list_release(&list);
	return all;
}

/* ---- destinations ---- */

static int add_destination(struct pw_store *s, const char *path)
{
	struct pw_store_list list = {0};
	int rc = pw_store_list_load(&list, s->path, s->run, true);

	for (size_t i = 0; i < list.written_count && rc == 0; i++)
		if (strcmp(list.written[i].path, path) == 0 &&
		    strcmp(list.written[i].stage, s->name) != 0)
			rc = pw_fail(PW_USAGE,
				     "%s: another sink of this pipeline, %s, writes to it: give one"
				     " of them another destination",
				     path, list.written[i].stage);
	pw_store_list_release(&list);
	return rc < 0 ? -1 : pw_store_list_write(s, path);
}

int pw_store_writes(struct pw_store *s, const char *path)
{
	json_t *text = json_string(path);

	json_decref(text);
	if (text == NULL)
		return 0;
	if (pw_store_hold_gate(s) < 0)
		return -1;
	const int rc = add_destination(s, path);
	pw_store_leave_gate(s);
	return rc;
}

/* ---- stage.json ---- */

static json_t *command_line(char *const *command, size_t count)
{
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, text_of(command[i]));
	return list;
}

int pw_store_register(struct pw_store *s, char *const *command, size_t count)
{
	char *path = pw_store_path(s->folder, "stage.json");
	json_t *old, *words = command_line(command, count);
	pw_time first = s->restart;
	uint64_t seen = 0;
	int rc = pw_side_load(path, s->name, &old);

	if (rc > 0 &&
	    (pw_side_time(old, "restart", &first) < 0 || pw_side_whole(old, "run", &seen) < 0))
		rc = pw_fail_at("%s", path);
	const bool missed = s->restart > 0 && first > 0, again = rc > 0;
	if (rc == 0 && pw_io()->mkdir(s->folder, 0700) < 0 && errno != EEXIST)
		rc = pw_fail_system(s->folder);
	if (rc == 0 && pw_io_sync_directory(s->folder) < 0)
		rc = pw_fail_system(s->folder);
	if (rc >= 0 && (!again || (first > 0 && s->restart == 0) ||
			!json_equal(json_object_get(old, "command"), words))) {
		json_t *value = json_object();
		json_object_set(value, "command", words);
		json_object_set_new(value, "restart", pw_side_of_time(s->restart == 0 ? 0 : first));
		rc = pw_side_save(path, s->name, s->run, value);
	}
	json_decref(words);
	json_decref(old);
	free(path);
	if (rc < 0 || !missed)
		return rc < 0 ? -1 : PW_STORE_REGISTERED;
	return again && pw_store_refused_by_sink(s, seen) ? PW_STORE_ASTRAY : PW_STORE_NEW;
}

/* ---- time ---- */

static int move_bound(struct pw_store *s, pw_time t)
{
	char *path;
	json_t *value;
	pw_time bound;

	if (pw_store_clock_load(s->path, &bound) < 0)
		return -1;
	if (bound >= t) {
		/* another reader has moved the bound, and was killed perhaps before it was durable */
		path = pw_store_path(s->path, "clock");
		const int rc = pw_io_sync_directory(path) < 0 ? pw_fail_system(path) : 0;
		free(path);
		if (rc < 0)
			return -1;
	} else {
		bound = t >= PW_TIME_END - PW_STORE_AHEAD ? PW_TIME_END - 1 : t + PW_STORE_AHEAD;
		value = json_object();
		json_object_set_new(value, "bound", pw_side_of_time(bound));
		path = pw_store_path(s->path, "clock");
		const int rc = pw_side_save(path, NULL, s->run, value);
		free(path);
		if (rc < 0)
			return -1;
	}
	s->bound = bound > s->bound ? bound : s->bound;
	return 0;
}

int pw_store_promise(struct pw_store *s, pw_time t)
{
	if (t <= s->bound || t >= PW_TIME_END)
		return 0;
	if (pw_store_hold_gate(s) < 0)
		return -1;
	const int rc = move_bound(s, t);
	pw_store_leave_gate(s);
	return rc;
}

int pw_store_least(const struct pw_store *s, pw_time *least)
{
	bool finished;

	/* A run after this one starts above the clock, so that a complete record holds nothing back. */
	if (pw_record_restart(s->path, s->run, s->restart, PW_TIME_END, false, least, &finished) <
	    0)
		return -1;
	if (*least < s->restart)
		*least = s->restart;
	return 0;
}

pw_time pw_store_floor(const struct pw_store *s)
{
	pw_time floor = 0;

	if (json_object_get(s->floors, s->name) != NULL &&
	    pw_side_time(s->floors, s->name, &floor) < 0)
		pw_bug("a floor is no time");
	return floor;
}

bool pw_store_mark(const struct pw_store *s, const char *what, pw_time *time)
{
	const json_t *mark = json_object_get(s->marks, s->name);

	return json_object_get(mark, what) != NULL && pw_side_time(mark, what, time) == 0;
}
