#include "record.h"
#include "../base/hash.h"
#include "../base/io.h"
#include "checkpoint.h"
#include "journal.h"
#include "store_run_internal.h"

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
	if (json_object_get(value, "marks") == NULL ||
	    json_object_get(value, "destination") == NULL)
		return pw_fail(PW_STATE, "it has no marks or no destination");
	r->destination = json_is_null(json_object_get(value, "destination"))
				 ? NULL
				 : json_incref(json_object_get(value, "destination"));
	return 0;
}

int pw_record_load(const char *folder, const char *stage, struct pw_record *r, json_t **value)
{
	char *path = pw_store_path(folder, "record.json");
	int rc = pw_side_load(path, stage, value);

	*r = (struct pw_record){.passed = -1};
	if (rc > 0 && take_members(r, *value) < 0)
		rc = pw_fail_at("%s", path);
	free(path);
	return rc;
}

/* ---- a sink's own ---- */

/*
 * What this stage and every one upstream has on disk below C. Other stages of
 * the run have promised nothing: what they have there may be gone after a power cut.
 */
static int find_marks(const struct pw_store *s, pw_time at, json_t *marks)
{
	char **stages = s->upstream;
	int rc = 0;

	for (size_t i = 0; stages[i] != NULL && rc == 0; i++) {
		char *folder = pw_store_path(s->path, stages[i]);
		json_t *mark = json_object();
		pw_time time;
		const int checkpoint = pw_checkpoint_peek(folder, at, &time);

		if (checkpoint > 0)
			json_object_set_new(mark, "checkpoint", pw_side_of_time(time));
		const int journal = checkpoint < 0 ? -1 : pw_journal_peek(folder, at, &time);
		if (journal > 0)
			json_object_set_new(mark, "journal", pw_side_of_time(time));
		rc = journal < 0 ? -1 : 0;
		if (checkpoint > 0 || journal > 0)
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
	json_object_set(value, "destination",
			r->destination != NULL ? r->destination : json_null());
	json_object_set_new(value, "marks", marks);
	json_object_set(value, "line", r->store->pipeline);
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
	r->finished |= finished; /* nothing is added to what has finished */
	r->reset &= destination == NULL;
	/* a run in which nothing came ends at a frontier below: what is in the destination stays there */
	return save_marked(r, time < r->time ? r->time : time);
}

/* ---- passed ---- */

enum { PASSED_TIMES = 32, PASSED_BYTES = PASSED_TIMES + 9 };

static void passed_text(pw_time time, pw_time reached, char text[PASSED_BYTES + 1])
{
	snprintf(text, PASSED_TIMES + 1, "%016" PRIx64 "%016" PRIx64, time, reached);
	snprintf(text + PASSED_TIMES, 10, "%08x\n",
		 (unsigned)(pw_hash_checksum(text, PASSED_TIMES) >> 32));
}

int pw_record_passed(struct pw_record *r, pw_time time)
{
	char text[PASSED_BYTES + 1];

	r->reached = time > r->reached ? time : r->reached;
	passed_text(time, r->reached, text);
	if (pw_io()->lseek(r->passed, 0, SEEK_SET) < 0 ||
	    pw_io_write_full(r->passed, text, PASSED_BYTES) < 0)
		return pw_fail_system("passed");
	return 0;
}

static pw_time sixteen(const char *digits)
{
	char text[17] = {0};

	memcpy(text, digits, 16);
	return strtoull(text, NULL, 16);
}

/* What a sink says; false: nothing that could be read. */
static bool read_passed(const char *folder, pw_time *time, pw_time *reached)
{
	char *path = pw_store_path(folder, "passed"), text[PASSED_BYTES + 1] = {0},
	     is[PASSED_BYTES + 1];
	const int fd = pw_io()->open(path, O_RDONLY | O_NOFOLLOW, 0);
	ssize_t n = 0;

	if (fd >= 0) {
		n = pw_io_read_full(fd, text, PASSED_BYTES);
		pw_io()->close(fd);
	}
	free(path);
	if (n != PASSED_BYTES)
		return false;
	*time = sixteen(text);
	*reached = sixteen(text + 16);
	passed_text(*time, *reached, is);
	return memcmp(is, text, PASSED_BYTES) == 0;
}

static int open_passed(struct pw_record *r)
{
	char *path = pw_store_path(r->store->folder, "passed");
	pw_time time;

	if (!r->known || !read_passed(r->store->folder, &time, &r->reached))
		r->reached = 0;
	r->passed = pw_io()->open(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0600);
	const int rc = r->passed < 0 ? pw_fail_system(path) : 0;
	free(path);
	return rc;
}

/* ---- opening ---- */

/*
 * The record of a new sink is written before anything else. In a pipeline that
 * goes on at R the new sink has missed what is below R: its record is at 0, so
 * the next run begins at the start.
 */
static int write_down(struct pw_record *r)
{
	if (save_marked(r, 0) < 0)
		return -1;
	if (r->store->restart == 0)
		return 0;
	pw_store_refuse(r->store, PW_BUSY);
	return pw_fail(
		PW_BUSY,
		"this is new in %s, whose pipeline goes on from where it was: run the pipeline"
		" again, and it fills this from the start",
		r->store->path);
}

/* A stage of a pipeline, for a message. */
static void print_stage(struct pw_bytes *out, const json_t *words)
{
	size_t i;
	json_t *word;

	json_array_foreach(words, i, word)
		pw_bytes_print(out, i == 0 ? "%.100s" : " '%.100s'", json_string_value(word));
	pw_bytes_text(out, json_array_size(words) == 0 ? "nothing" : "");
}

/* The stages that wrote what the destination holds must be those of now, whatever their names. */
static int check_pipeline(const struct pw_record *r, const json_t *was)
{
	const json_t *is = r->store->pipeline;
	struct pw_bytes old = {0}, new = {0};
	size_t i = 0;

	if (!r->known || r->destination == NULL || was == NULL || json_equal(was, is))
		return 0;
	while (json_equal(json_array_get(was, i), json_array_get(is, i)))
		i++;
	print_stage(&old, json_array_get(was, i));
	print_stage(&new, json_array_get(is, i));
	pw_store_refuse_as_sink(r->store);
	pw_fail(PW_STATE,
		"%s: the pipeline that wrote its destination had %s, and now has %s: give the old "
		"options, or"
		" forget the state with `pw-state %s --reset`",
		r->store->name, pw_bytes_string(&old), pw_bytes_string(&new), r->store->path);
	pw_bytes_release(&old);
	pw_bytes_release(&new);
	return -1;
}

int pw_record_open(struct pw_record *r, struct pw_store *s)
{
	json_t *value;
	int rc = pw_record_load(s->folder, s->name, r, &value);

	r->store = s;
	r->known = rc > 0 && !r->reset;
	if (rc >= 0 && check_pipeline(r, json_object_get(value, "line")) < 0)
		rc = -1;
	json_decref(value);
	if (rc < 0)
		return -1;
	if (r->run > s->run)
		return pw_fail(PW_STATE,
			       "%s/record.json is of run %" PRIu64 ", and this is run %" PRIu64,
			       s->folder, r->run, s->run);
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

/* ---- what others have passed ---- */

int pw_record_backlog(const struct pw_store *s, pw_time *least)
{
	char **stages = pw_store_stages(s);
	pw_time time, reached;

	*least = PW_TIME_END;
	for (size_t i = 0; stages[i] != NULL; i++) {
		char *folder = pw_store_path(s->path, stages[i]);
		if (read_passed(folder, &time, &reached) && time < *least)
			*least = time;
		free(folder);
	}
	free(stages);
	return 0;
}
