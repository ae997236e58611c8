#include "../base/io.h"
#include "../dest/growing.h"
#include "../store/record.h"
#include "../tool/register.h"
#include "../tool/state.h"
#include "mode_place_internal.h"

#include <stdlib.h>
#include <unistd.h>

enum { RERECORD_MS = 60000, PART = 256 << 10, HELD = 16 << 20 };

/* Everything below the time is in the destination, which is so long then. */
struct point {
	pw_time time;
	uint64_t length;
};

struct pw_mode_place {
	struct pw_record record;
	struct pw_checkpointer checkpointer;
	pw_time begin; /* changes of earlier times are there already */
	bool to_file;  /* that is added to */
	bool begun;    /* something of this line has been written */
	struct pw_growing file;

	/* What the writer has written and nobody sees yet. Rows come here as they come: */
	struct pw_spool hold;
	struct pw_spool_budget budget;
	bool open; /* ... those of this time, which is not complete */
	pw_time time;
	struct pw_builder part; /* of a batch */

	struct point *points; /* not recorded yet, times and lengths ascending */
	size_t count, capacity;
	pw_time newest; /* of all points that there have been: a later length is not that of this time */
	pw_time durable;
	uint64_t recorded; /* length at the last record */
	int64_t recorded_at;
};

/* ---- entering ---- */

static bool has_stage(const struct pw_stage *s, const char *program)
{
	if (strcmp(s->program, program) == 0)
		return true;
	for (size_t i = 0; i < s->input_count; i++)
		if (has_stage(&s->inputs[i], program))
			return true;
	return false;
}

/* What is added to a file run after run must come out the same each time. */
static int check_form(const struct pw_mode *s, bool to_file)
{
	if (s->kind == &pw_mode_stream)
		return pw_fail(
			PW_USAGE,
			"a line with state goes on in what it has written, and a saved stream"
			" has its end: write --changes");
	if (s->kind->replaces || !to_file)
		return 0;
	if (pw_squeeze_kind_of_path(s->destination) != PW_SQUEEZE_NONE)
		return pw_fail(PW_USAGE,
			       "%s: a line with state goes on in the file, which therefore can't be"
			       " compressed",
			       s->destination);
	if (s->format == &pw_writer_pretty || s->progress_rows)
		return pw_fail(
			PW_USAGE,
			"%s: a line with state goes on in the file and compares, and %s come out"
			" differently from run to run",
			s->destination, s->progress_rows ? "--progress-rows" : "tables for people");
	return 0;
}

/* Nobody has recorded anything, and what is there is not ours. */
static int check_new(const struct pw_mode *s, const struct pw_store *store)
{
	char *path = pw_mem_print("%s/record.json", store->folder);
	const bool known = pw_io()->access(path, F_OK) == 0;

	free(path);
	if (known || s->append || s->force || !pw_sink_holds(s->destination))
		return 0;
	return pw_fail(
		PW_USAGE,
		"%s: is there already, and not of this line: add --append to add to it, or --force"
		" to begin it anew",
		s->destination);
}

static int open_file(struct pw_mode *s)
{
	struct pw_mode_place *p = s->place;
	const bool resumes = p->record.known && p->record.destination != NULL;

	if (pw_growing_open(&p->file, s->destination, resumes ? p->record.destination : NULL) < 0)
		return -1;
	p->begun = resumes;
	p->recorded = p->file.at;
	const bool adds =
		!resumes && s->append && !p->record.reset && pw_sink_holds(s->destination);
	if (adds && pw_mode_check_header(s, p->file.path) < 0)
		return -1;
	s->how.append = adds || p->file.at > 0;
	return 0;
}

static int open_straight(struct pw_mode *s)
{
	const struct pw_record *r = &s->place->record;

	if (pw_sink_open(&s->sink, s->destination, false) < 0)
		return -1;
	if (s->sink.path == NULL && r->known && r->destination != NULL &&
	    !(r->complete && r->run + 1 == r->store->run))
		pw_tool_say(s->tool,
			    "%s: the last run broke off: some of what it wrote may come again",
			    s->sink.name);
	s->place->begun = r->known && r->destination != NULL;
	return 0;
}

int pw_mode_place_enter(struct pw_mode *s)
{
	struct pw_store *store = pw_tool_store(s->tool);
	const bool to_file = !s->kind->replaces && pw_sink_is_file(s->destination);
	struct pw_mode_place *p;

	if (check_form(s, to_file) < 0 || (to_file && check_new(s, store) < 0))
		return -1;
	p = s->place = pw_mem_zero(1, sizeof *p);
	p->to_file = to_file;
	p->budget.limit = HELD;
	p->recorded_at = pw_io_ms();
	pw_spool_init(&p->hold, &p->budget);
	pw_builder_init(&p->part, s->schema);
	if (pw_record_open(&p->record, store) < 0)
		return -1;
	p->begin = s->kind->replaces ? 0 : p->record.time;
	s->held = p->record.reached;
	s->sorted = has_stage(&pw_tool_head(s->tool, 0)->stage, "pw-concat");
	if (s->sorted && s->kind == &pw_mode_rows)
		s->kind = &pw_mode_summed;
	return to_file ? open_file(s) : open_straight(s);
}

int pw_mode_place_keep(struct pw_mode *s)
{
	struct pw_mode_place *p = s->place;

	if (!s->kind->replaces)
		return 0;
	p->checkpointer = pw_table_checkpointer(&s->table);
	if (pw_tool_register_state(s->tool, &p->checkpointer, &s->table) < 0)
		return -1;
	s->table.delta.on = true;
	s->stale = true; /* what a run before has left may be older */
	return 0;
}

/* ---- recording ---- */

static json_t *describe(const struct pw_mode *s, uint64_t length)
{
	if (s->place->to_file)
		return pw_growing_describe(&s->place->file, length);
	json_t *value = json_object();
	json_object_set_new(
		value, "kind",
		json_string(s->sink.path != NULL || s->sink.name == NULL ? "table" : "pipe"));
	return value;
}

static int record(struct pw_mode *s, pw_time time, bool complete, uint64_t length)
{
	struct pw_mode_place *p = s->place;
	const pw_time restart = p->record.store->restart;
	json_t *destination = NULL;

	time = time > p->record.time ? time : p->record.time;
	time = time > restart ? time : restart;
	if (p->begun && (destination = describe(s, length)) == NULL)
		return -1;
	if (p->to_file && p->begun && pw_growing_sync(&p->file) < 0)
		return -1;
	p->recorded = length;
	p->recorded_at = pw_io_ms();
	return pw_record_save(&p->record, time, complete, complete && s->finished, destination);
}

/* The greatest point that is durable. Where nothing is new it is not worth a record each time. */
static int record_if_due(struct pw_mode *s)
{
	struct pw_mode_place *p = s->place;
	size_t n = 0;

	while (n < p->count && p->points[n].time <= p->durable)
		n++;
	if (n == 0)
		return 0;
	const struct point at = p->points[n - 1];
	p->count -= n;
	memmove(p->points, p->points + n, p->count * sizeof *p->points);
	if (at.time <= p->record.time ||
	    (at.length == p->recorded && pw_io_ms() - p->recorded_at < RERECORD_MS))
		return 0;
	return record(s, at.time, false, at.length);
}

static void add_point(struct pw_mode_place *p, pw_time time, uint64_t length)
{
	const size_t n = p->count;

	if (time <= p->newest)
		return;
	p->newest = time;
	if (n > 1 && p->points[n - 1].length == length && p->points[n - 2].length == length)
		p->count--;
	p->points = pw_mem_grow(p->points, &p->capacity, p->count + 1, sizeof *p->points);
	p->points[p->count++] = (struct point){time, length};
}

/* ---- what waits ---- */

int pw_mode_place_hold(void *to, const void *data, size_t length)
{
	struct pw_mode *s = to;

	return pw_spool_add(&s->place->hold, data, length);
}

/* The first bytes of this line: what the file was before them is recorded. */
static int begin(struct pw_mode *s)
{
	struct pw_mode_place *p = s->place;

	if (p->begun)
		return 0;
	if (p->to_file && pw_growing_begin(&p->file, s->force || p->record.reset) < 0)
		return -1;
	p->begun = true;
	return record(s, 0, false, p->file.at);
}

/* What waits is complete. */
static int give(struct pw_mode *s)
{
	struct pw_mode_place *p = s->place;
	char *part = pw_mem_alloc(PART, 1);
	ssize_t n = 0;
	int rc = pw_mode_drain_all(s) < 0 || begin(s) < 0 ? -1 : 0;

	while (rc == 0 && (n = pw_spool_take(&p->hold, part, PART)) > 0)
		rc = p->to_file ? pw_growing_add(&p->file, part, (size_t)n)
				: pw_sink_write(&s->sink, part, (size_t)n);
	free(part);
	p->open = false;
	return n < 0 ? -1 : rc;
}

/* Rows are told when their commit is complete by the next one, too. */
static int take_rows(struct pw_mode *s, const struct pw_batch *batch)
{
	struct pw_mode_place *p = s->place;
	const struct pw_run *last = &batch->runs[batch->run_count - 1];
	const uint32_t before = batch->rows - last->rows;

	if (p->open && p->time != batch->runs[0].time && give(s) < 0)
		return -1;
	p->open = true;
	p->time = last->time;
	if (before == 0)
		return s->kind->batch(s, batch);
	pw_builder_clear(&p->part);
	pw_builder_append(&p->part, batch, 0, before);
	if (s->kind->batch(s, pw_builder_view(&p->part)) < 0 || give(s) < 0)
		return -1;
	p->open = true;
	pw_builder_clear(&p->part);
	pw_builder_append(&p->part, batch, before, last->rows);
	return s->kind->batch(s, pw_builder_view(&p->part));
}

/* What is not in the destination yet; NULL: nothing. Only the first batches of a run hold both. */
static const struct pw_batch *news(struct pw_mode_place *p, const struct pw_batch *batch,
				   struct pw_builder *late)
{
	uint32_t from = 0, r = 0;

	for (; r < batch->run_count && batch->runs[r].time < p->begin; r++)
		from += batch->runs[r].rows;
	if (from == 0)
		return batch;
	if (from == batch->rows)
		return NULL;
	pw_builder_append(late, batch, from, batch->rows - from);
	return pw_builder_view(late);
}

int pw_mode_place_batch(struct pw_mode *s, const struct pw_batch *batch)
{
	struct pw_builder late;
	int rc = 0;

	pw_builder_init(&late, s->schema);
	batch = news(s->place, batch, &late);
	if (batch != NULL)
		rc = s->kind == &pw_mode_rows ? take_rows(s, batch) : s->kind->batch(s, batch);
	pw_builder_release(&late);
	return rc;
}

int pw_mode_place_frontier(struct pw_mode *s, pw_time frontier)
{
	struct pw_mode_place *p = s->place;

	if (s->kind->replaces)
		p->begun = true;
	else if ((!p->open || p->time < frontier) && give(s) < 0)
		return -1;
	if (pw_record_passed(&p->record, frontier) < 0)
		return -1;
	add_point(p, pw_store_grid_below(p->record.store, frontier), p->file.at);
	return record_if_due(s);
}

int pw_mode_place_durable(struct pw_mode *s, pw_time time)
{
	s->place->durable = time;
	return record_if_due(s);
}

/* ---- the end ---- */

int pw_mode_place_close(struct pw_mode *s)
{
	struct pw_mode_place *p = s->place;

	if (p->open && !s->finished)
		pw_spool_release(&p->hold);
	else if (give(s) < 0)
		return -1;
	s->changed |= p->file.added > 0;
	pw_writer_close(&s->writer);
	return p->to_file ? 0 : pw_sink_finish(&s->sink, false, NULL);
}

int pw_mode_place_end(struct pw_mode *s)
{
	struct pw_mode_place *p = s->place;

	p->durable = pw_tool_durable(s->tool);
	if (p->durable < PW_TIME_END)
		return record_if_due(s);
	if (p->to_file && p->begun && pw_growing_whole(&p->file) < 0)
		return -1;
	return record(s, s->tool->frontier, true, p->file.at);
}
