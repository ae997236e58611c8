#include "checkpoint.h"
#include "../base/io.h"
#include "../base/plant.h"
#include "../wire/source.h"
#include "store_run_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define PREFIX "checkpoint-"
#define SUFFIX ".pws"
enum { DIGITS = 20, SLACK_BYTES = 64 << 10, BEHIND_BYTES = 1 << 20 };

/* ---- names ---- */

static char *path_of(const char *folder, pw_time time)
{
	return pw_mem_print("%s/" PREFIX "%0*" PRIu64 SUFFIX, folder, DIGITS, time);
}

/* The time in the name of a checkpoint; false: it is none. */
static bool checkpoint_time(const char *name, pw_time *time)
{
	const char *digits = name + strlen(PREFIX);

	if (strncmp(name, PREFIX, strlen(PREFIX)) != 0 || strspn(digits, "0123456789") != DIGITS ||
	    strcmp(digits + DIGITS, SUFFIX) != 0)
		return false;
	errno = 0;
	*time = strtoull(digits, NULL, 10);
	return errno == 0;
}

static int add_name(void *to, const char *name)
{
	struct pw_bytes *names = to;

	if (strncmp(name, PREFIX, strlen(PREFIX)) == 0)
		pw_bytes_add(names, name, strlen(name) + 1);
	return 0;
}

/* The names of all that begins like a checkpoint, each with its NUL. */
static int list(const char *folder, struct pw_bytes *names)
{
	if (pw_io_list(folder, add_name, names) < 0 && errno != ENOENT)
		return pw_fail_system(folder);
	return 0;
}

int pw_checkpoint_peek(const char *folder, pw_time at, pw_time *time)
{
	struct pw_bytes names = {0};
	bool any = false;
	pw_time t;
	const int rc = list(folder, &names);

	for (size_t i = 0; i < names.length; i += strlen(names.data + i) + 1)
		if (checkpoint_time(names.data + i, &t) && t <= at && (!any || t > *time)) {
			*time = t;
			any = true;
		}
	pw_bytes_release(&names);
	return rc < 0 ? -1 : any;
}

/* ---- heads: a checkpoint is a stream of a stage "checkpoint" behind the one that remembers ---- */

struct checkpoint_head {
	bool full;
	pw_time after; /* of a delta: the checkpoint before */
	uint64_t rows;
};

static int bad(const char *what)
{
	return pw_fail(PW_STATE, "%s", what);
}

/* The stages are the same, but for where readers read from if they have a name of their own. */
static int same_stage(const struct pw_stage *a, const struct pw_stage *b)
{
	struct pw_bytes was = {0}, is = {0};
	int rc = 0;

	if (strcmp(a->program, b->program) != 0 || a->input_count != b->input_count)
		return pw_fail(PW_STATE,
			       "it was saved by %s with %zu inputs, and this is %s with %zu",
			       a->program, a->input_count, b->program, b->input_count);
	for (size_t i = 0; i < a->option_count; i++)
		pw_bytes_print(&was, "%s'%s'", i > 0 ? " " : "", a->options[i]);
	for (size_t i = 0; i < b->option_count; i++)
		pw_bytes_print(&is, "%s'%s'", i > 0 ? " " : "", b->options[i]);
	if ((a->input_count > 0 || a->name == NULL) &&
	    strcmp(pw_bytes_string(&was), pw_bytes_string(&is)) != 0)
		rc = pw_fail(PW_STATE,
			     "%s had the options %.200s, and now has %.200s: give the old ones, or "
			     "forget"
			     " the state with `pw-state DIR --reset`",
			     a->program, pw_bytes_string(&was), pw_bytes_string(&is));
	pw_bytes_release(&was);
	pw_bytes_release(&is);
	for (size_t i = 0; rc == 0 && i < a->input_count; i++)
		rc = same_stage(&a->inputs[i], &b->inputs[i]);
	return rc;
}

/* "after 00000000000000000042", "rows 17": the number; false: it is not that. */
static bool option_number(const char *option, const char *word, uint64_t *x)
{
	const size_t n = strlen(word);
	char *end;

	if (strncmp(option, word, n) != 0 || option[n] != ' ' || option[n + 1] < '0' ||
	    option[n + 1] > '9')
		return false;
	*x = strtoull(option + n + 1, &end, 10);
	return *end == '\0';
}

static int take_head(const struct pw_checkpoints *c, const struct pw_head *head,
		     struct checkpoint_head *h)
{
	const struct pw_stage *checkpoint = &head->stage;
	uint64_t run = 0;

	*h = (struct checkpoint_head){0};
	if (strcmp(checkpoint->program, "checkpoint") != 0 || checkpoint->option_count != 3 ||
	    checkpoint->input_count != 1)
		return bad("it is no checkpoint");
	h->full = strcmp(checkpoint->options[0], "full") == 0;
	if ((!h->full && !option_number(checkpoint->options[0], "after", &h->after)) ||
	    !option_number(checkpoint->options[1], "rows", &h->rows) ||
	    !option_number(checkpoint->options[2], "run", &run))
		return bad("its head does not say what it is a checkpoint of");
	if (c == NULL)
		return 0;
	if (run > c->store->run)
		return pw_fail(PW_STATE,
			       "it is of run %" PRIu64 ", and this is run %" PRIu64
			       ": `run` is stale",
			       run, c->store->run);
	if (same_stage(&checkpoint->inputs[0], c->stage) < 0)
		return -1;
	if (!pw_schema_equal(&head->schema, c->schema))
		return bad("its columns are others than this program saves");
	return 0;
}

static void make_head(const struct pw_checkpoints *c, pw_time after, uint64_t rows,
		      struct pw_head *head)
{
	char *options[3] = {after == PW_TIME_END ? pw_mem_copy("full", 4)
						 : pw_mem_print("after %0*" PRIu64, DIGITS, after),
			    pw_mem_print("rows %" PRIu64, rows),
			    pw_mem_print("run %" PRIu64, c->store->run)};
	const struct pw_head lent = {.schema = *c->schema,
				     .stage = {.program = "checkpoint",
					       .options = options,
					       .option_count = 3,
					       .inputs = (struct pw_stage *)c->stage,
					       .input_count = 1}};

	pw_head_copy(head, &lent);
	head->schema.append_only = head->schema.is_static = false;
	for (int i = 0; i < 3; i++)
		free(options[i]);
}

/* ---- reading ---- */

struct reading {
	const struct pw_checkpoints *checkpoints; /* NULL: to be verified alone */
	pw_time time;                             /* that its name says */
	struct checkpoint_head head;
	bool headed, ended;
	int (*take)(void *to, const struct pw_batch *batch); /* NULL: the head is enough */
	void *to;
};

static int check_batch(const struct reading *r, const struct pw_batch *batch)
{
	if (batch->run_count != 1 || batch->runs[0].time != r->time)
		return bad("it has rows of another time than its name says");
	return 0;
}

static int take_event(struct reading *r, const struct pw_source *s, const struct pw_event *ev)
{
	switch (ev->kind) {
	case PW_EVENT_HEAD:
		r->headed = true;
		return take_head(r->checkpoints, &s->head, &r->head);
	case PW_EVENT_BATCH:
		return check_batch(r, ev->batch) < 0 ? -1 : r->take(r->to, ev->batch);
	case PW_EVENT_END:
		r->ended = true;
		return ev->ending == PW_FINISHED ? 0 : bad("it is not whole");
	default:
		return 0;
	}
}

/* A fault of the stream is one of the directory. */
static int of_state(void)
{
	if (pw_fail_status() != PW_DATA)
		return -1;
	char *text = pw_mem_copy(pw_fail_text(), strlen(pw_fail_text()));
	pw_fail(PW_STATE, "%s: it is damaged: " PW_SIDE_REMEDY, text);
	free(text);
	return -1;
}

static int read_events(struct reading *r, struct pw_source *s)
{
	struct pw_event ev;
	int rc;

	while ((r->take != NULL || !r->headed) && (rc = pw_source_next(s, &ev)) != 0) {
		if (rc == PW_SOURCE_WANT)
			rc = pw_source_fill(s);
		else if (rc > 0)
			rc = take_event(r, s, &ev);
		if (rc < 0)
			return of_state();
	}
	if (!r->headed)
		return bad("it has no head");
	/* pw_source looks at what follows END only as far as it has come */
	if (r->take != NULL && (s->to > s->from || pw_source_fill(s) != 0))
		return bad("there are bytes behind its end");
	return 0;
}

static int read_checkpoint(struct reading *r, const char *path)
{
	struct pw_source s;
	const int fd = pw_io()->open(path, O_RDONLY | O_NOFOLLOW, 0);

	if (fd < 0)
		return errno == ENOENT ? pw_fail(PW_STATE, "%s: is missing: " PW_SIDE_REMEDY, path)
				       : pw_fail_system(path);
	pw_source_open(&s, fd);
	const int rc = read_events(r, &s);
	pw_source_close(&s);
	return rc < 0 ? pw_fail_at("%s", path) : 0;
}

static int ignore(void *to, const struct pw_batch *batch)
{
	(void)to;
	(void)batch;
	return 0;
}

int pw_checkpoint_verify(const char *path)
{
	struct reading r = {.take = ignore};

	if (!checkpoint_time(strrchr(path, '/') != NULL ? strrchr(path, '/') + 1 : path, &r.time))
		return pw_fail(PW_STATE, "%s: is not named as a checkpoint is", path);
	return read_checkpoint(&r, path);
}

int pw_checkpoints_load(const struct pw_checkpoints *c, size_t i,
			int (*take)(void *to, const struct pw_batch *batch), void *to)
{
	char *path = path_of(c->store->folder, c->items[i].time);
	struct reading r = {.checkpoints = c, .time = c->items[i].time, .take = take, .to = to};
	const int rc = read_checkpoint(&r, path);

	free(path);
	return rc;
}

/* ---- the checkpoints that make up a state ---- */

static int remove_checkpoint(const struct pw_checkpoints *c, const char *name)
{
	char *path = pw_store_path(c->store->folder, name);
	const int rc = pw_io()->unlink(path) < 0 && errno != ENOENT ? pw_fail_system(path) : 0;

	free(path);
	return rc;
}

static int size_of(const char *path, uint64_t *bytes)
{
	struct stat st;
	const int fd = pw_io()->open(path, O_RDONLY | O_NOFOLLOW, 0);

	if (fd < 0)
		return pw_fail_system(path);
	const int rc = pw_io()->fstat(fd, &st) < 0 ? pw_fail_system(path) : 0;
	pw_io()->close(fd);
	*bytes = (uint64_t)st.st_size;
	return rc;
}

static void add_checkpoint(struct pw_checkpoints *c, struct pw_checkpoint checkpoint)
{
	c->items = pw_mem_grow(c->items, &c->capacity, c->count + 1, sizeof *c->items);
	c->items[c->count++] = checkpoint;
}

/* From the newest at or below R, which checkpoints name one another, back to a full one. */
static int find_chain(struct pw_checkpoints *c, pw_time newest)
{
	struct reading r = {.checkpoints = c, .time = newest};

	for (;;) {
		char *path = path_of(c->store->folder, r.time);
		struct pw_checkpoint checkpoint = {.time = r.time};
		int rc = read_checkpoint(&r, path);
		if (rc == 0 && !r.head.full && r.head.after >= r.time)
			rc = pw_fail(PW_STATE, "%s: comes after itself", path);
		if (rc == 0)
			rc = size_of(path, &checkpoint.bytes);
		free(path);
		if (rc < 0)
			return -1;
		checkpoint.full = r.head.full;
		checkpoint.rows = r.head.rows;
		add_checkpoint(c, checkpoint);
		if (checkpoint.full)
			break;
		r = (struct reading){.checkpoints = c, .time = r.head.after};
	}
	for (size_t i = 0, k = c->count - 1; i < k; i++, k--) {
		const struct pw_checkpoint swap = c->items[i];
		c->items[i] = c->items[k];
		c->items[k] = swap;
	}
	return 0;
}

/* Has a sink seen a newer state than there is? */
static int check_marks(const struct pw_checkpoints *c)
{
	pw_time mark;

	if (!pw_store_mark(c->store, "checkpoint", &mark) ||
	    (c->count > 0 && c->items[c->count - 1].time >= mark))
		return 0;
	char *path = path_of(c->store->folder, mark);
	pw_fail(PW_STATE, "%s: is missing, and a sink has recorded what it holds: " PW_SIDE_REMEDY,
		path);
	free(path);
	return -1;
}

/* Deletes what is not part of the state: newer than R, not finished, or of before. */
static int sweep(const struct pw_checkpoints *c, const struct pw_bytes *names)
{
	bool any = false;
	pw_time t;
	int rc = 0;

	for (size_t i = 0; i < names->length && rc == 0; i += strlen(names->data + i) + 1) {
		if (checkpoint_time(names->data + i, &t) && c->count > 0 && t >= c->items[0].time &&
		    t <= c->items[c->count - 1].time)
			continue;
		rc = remove_checkpoint(c, names->data + i);
		any = true;
	}
	if (rc == 0 && any) {
		char *path = path_of(c->store->folder, 0);
		if (pw_io_sync_directory(path) < 0)
			rc = pw_fail_system(path);
		free(path);
	}
	return rc;
}

int pw_checkpoints_open(struct pw_checkpoints *c, const struct pw_store *s,
			const struct pw_stage *stage, const struct pw_schema *schema)
{
	struct pw_bytes names = {0};
	pw_time newest;

	*c = (struct pw_checkpoints){.store = s, .stage = stage, .schema = schema};
	const int found = pw_checkpoint_peek(s->folder, s->restart, &newest);
	if (found < 0 || (found > 0 && find_chain(c, newest) < 0) || check_marks(c) < 0)
		return -1;
	int rc = list(s->folder, &names);
	if (rc == 0)
		rc = sweep(c, &names);
	pw_bytes_release(&names);
	return rc;
}

void pw_checkpoints_close(struct pw_checkpoints *c)
{
	free(c->items);
	*c = (struct pw_checkpoints){0};
}

bool pw_checkpoints_want_full(const struct pw_checkpoints *c)
{
	uint64_t full = 0, since = 0;

	for (size_t i = 0; i < c->count; i++) {
		full = c->items[i].full ? c->items[i].bytes : full;
		since = c->items[i].full ? 0 : since + c->items[i].bytes;
	}
	return c->count == 0 || since > full + SLACK_BYTES;
}

void pw_checkpoints_begun(struct pw_checkpoints *c, pw_time time, bool full)
{
	add_checkpoint(c, (struct pw_checkpoint){.time = time, .full = full});
}

int pw_checkpoints_written(struct pw_checkpoints *c)
{
	size_t i = 0;

	while (i < c->count && c->items[i].bytes > 0)
		i++;
	if (i == c->count)
		pw_bug("a checkpoint is written that was not begun");
	char *path = path_of(c->store->folder, c->items[i].time);
	const int rc = size_of(path, &c->items[i].bytes);

	free(path);
	return rc;
}

/* The first checkpoint that the state at or above least needs: the newest full one not above it. */
static size_t first_needed(const struct pw_checkpoints *c, pw_time least)
{
	size_t first = 0;

	for (size_t i = 0; i < c->count; i++)
		if (c->items[i].full && c->items[i].time <= least)
			first = i;
	if (pw_plant(PW_PLANT_CLEANUP_BY_COUNT) && c->count > 2)
		first = c->count - 2;
	return first;
}

int pw_checkpoints_trim(struct pw_checkpoints *c, pw_time least)
{
	const size_t first = first_needed(c, least);
	int rc = 0;

	for (size_t i = 0; i < first && rc == 0; i++) {
		char *path = path_of(c->store->folder, c->items[i].time);
		if (pw_io()->unlink(path) < 0 && errno != ENOENT)
			rc = pw_fail_system(path);
		free(path);
	}
	if (rc < 0)
		return -1;
	memmove(c->items, c->items + first, (c->count - first) * sizeof *c->items);
	c->count -= first;
	return 0;
}

/* ---- writing ---- */

int pw_checkpoint_begin(struct pw_checkpoint_writer *w, const struct pw_checkpoints *c,
			pw_time time, bool full, uint64_t rows)
{
	struct pw_head head;

	if (c->count > 0 ? time <= c->items[c->count - 1].time : !full)
		pw_bug("a checkpoint at %" PRIu64 " that has nothing to follow", time);
	*w = (struct pw_checkpoint_writer){
		.checkpoints = c, .time = time, .path = path_of(c->store->folder, time)};
	w->beside = pw_mem_print("%s.tmp", w->path);
	w->fd = pw_io()->open(w->beside, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0600);
	if (w->fd < 0)
		return pw_fail_system(w->beside);
	pw_output_open(&w->output, w->fd, false);
	make_head(c, full ? PW_TIME_END : c->items[c->count - 1].time, rows, &head);
	const int rc = pw_output_head(&w->output, &head);
	pw_head_release(&head);
	return rc < 0 ? pw_fail_at("%s", w->beside) : 0;
}

/*
 * No more than two parts are on their way to the disk at a time: else the fsync
 * at the end would write all of the checkpoint at once, and the journals of readers
 * on the same disk, for which the stream waits, would queue behind it.
 */
static int keep_up(struct pw_checkpoint_writer *w)
{
	const off_t at = pw_io()->lseek(w->fd, 0, SEEK_CUR);

	if (at < 0)
		return pw_fail_system(w->beside);
	if ((uint64_t)at < w->behind + BEHIND_BYTES)
		return 0;
	pw_io_write_behind(w->fd, w->behind, (uint64_t)at - w->behind);
	if (w->behind > w->written &&
	    pw_io_await_written(w->fd, w->written, w->behind - w->written) < 0)
		return pw_fail_system(w->beside);
	w->written = w->behind;
	w->behind = (uint64_t)at;
	return 0;
}

int pw_checkpoint_batch(struct pw_checkpoint_writer *w, const struct pw_batch *batch)
{
	return pw_output_batch(&w->output, batch) < 0 ? pw_fail_at("%s", w->beside) : keep_up(w);
}

int pw_checkpoint_finish(struct pw_checkpoint_writer *w)
{
	pw_output_frontier(&w->output, pw_time_after(w->time));
	if (pw_output_end(&w->output, PW_FINISHED, PW_OK, PW_TIME_END) < 0)
		return pw_fail_at("%s", w->beside);
	if (pw_io_sync(w->fd) < 0)
		return pw_fail_system(w->beside);
	const int fd = w->fd;
	w->fd = -1;
	if (pw_io()->close(fd) < 0 || pw_io()->rename(w->beside, w->path) < 0 ||
	    pw_io_sync_directory(w->path) < 0)
		return pw_fail_system(w->path);
	pw_checkpoint_drop(w);
	return 0;
}

void pw_checkpoint_drop(struct pw_checkpoint_writer *w)
{
	if (w->path == NULL)
		return;
	if (w->fd >= 0) {
		pw_io()->close(w->fd);
		pw_io()->unlink(w->beside);
	}
	pw_output_close(&w->output);
	free(w->path);
	free(w->beside);
	*w = (struct pw_checkpoint_writer){.fd = -1};
}
