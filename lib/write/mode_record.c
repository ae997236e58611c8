#include "../base/io.h"
#include "../store/record.h"
#include "../tool/state.h"
#include "mode_internal.h"

#include <stdlib.h>
#include <unistd.h>

enum { RERECORD_MS = 60000 };

/* Everything below the time is in the destination, which stands at the position then. */
struct point {
	pw_time time;
	uint64_t at;
};

struct pw_mode_record {
	struct pw_record record;
	pw_time begin;          /* changes of earlier times are in the destination already */
	bool begun;             /* the destination holds something of this pipeline */
	struct pw_builder news; /* rows of a batch that is only in part in the destination */

	struct point *points; /* not recorded yet; times and positions ascend */
	size_t count, capacity;
	pw_time newest; /* of all points so far; the position of a time is that of its first point */
	pw_time durable;
	uint64_t recorded;   /* position at the last record */
	int64_t recorded_at; /* ms */
};

/* ---- opening ---- */

static bool has_stage(const struct pw_stage *s, const char *program)
{
	if (strcmp(s->program, program) == 0)
		return true;
	for (size_t i = 0; i < s->input_count; i++)
		if (has_stage(&s->inputs[i], program))
			return true;
	return false;
}

/* Bytes that are added to a file, run after run, must come out the same each time. */
static int check_form(const struct pw_mode *s)
{
	const char *name = s->to.name;

	if (s->kind == &pw_mode_stream)
		return pw_fail(PW_USAGE,
			       "a pipeline with state adds to what it has written, and a saved"
			       " stream can't be added to: write --changes");
	if (!s->dest_kind->resumes)
		return 0;
	if (pw_dest_compresses(s->dest_kind, name))
		return pw_fail(PW_USAGE,
			       "%s: a pipeline with state adds to the file in each run, which"
			       " therefore can't be compressed",
			       name);
	if (s->format == &pw_writer_pretty || s->progress_rows)
		return pw_fail(PW_USAGE,
			       "%s: a pipeline with state adds to the file in each run and"
			       " compares it with what it has written, and %s differ from run to"
			       " run",
			       name, s->progress_rows ? "--progress-rows" : "tables for people");
	return 0;
}

/* Nothing has been recorded, and what the file holds is not this pipeline's. */
static int check_new(const struct pw_mode *s, const struct pw_store *store)
{
	char *path = pw_mem_print("%s/record.json", store->folder);
	const bool known = pw_io()->access(path, F_OK) == 0;

	free(path);
	if (known || s->to.append || s->to.anew || !pw_dest_holds(s->to.name))
		return 0;
	return pw_fail(PW_USAGE,
		       "%s: is there already, and this pipeline has not written it: add --append"
		       " to add to it, or --force to begin it anew",
		       s->to.name);
}

int pw_mode_record_open(struct pw_mode *s)
{
	struct pw_store *store = s->to.store;

	if (check_form(s) < 0 || (s->dest_kind->resumes && check_new(s, store) < 0))
		return -1;
	struct pw_mode_record *m = s->record = pw_mem_zero(1, sizeof *m);
	m->recorded_at = pw_io_ms();
	pw_builder_init(&m->news, s->schema);
	if (pw_record_open(&m->record, store) < 0)
		return -1;
	m->begun = m->record.known && m->record.destination != NULL;
	s->to.record = m->begun ? m->record.destination : NULL;
	s->to.anew |= m->record.reset;
	s->sorted = has_stage(&pw_tool_head(s->tool, 0)->stage, "pw-concat");
	if (s->sorted && s->kind == &pw_mode_rows)
		s->kind = &pw_mode_summed;
	return 0;
}

void pw_mode_record_resume(struct pw_mode *s)
{
	struct pw_mode_record *m = s->record;
	const struct pw_record *r = &m->record;

	m->recorded = s->dest->at;
	if (!s->kind->replaces)
		m->begin = r->time > s->dest->time ? r->time : s->dest->time;
	if (!s->kind->replaces && m->begun && r->finished)
		m->begin = PW_TIME_NONE; /* the rows of the end are there, too */
	s->to.record = NULL;             /* the next record takes its place */
	if (s->dest_kind->has_reader && m->begun && !(r->complete && r->run + 1 == r->store->run))
		pw_tool_say(s->tool,
			    "%s: the last run broke off: some of what it wrote may come again",
			    s->dest->name);
}

pw_time pw_mode_record_reached(const struct pw_mode *s)
{
	return s->record != NULL ? s->record->record.reached : 0;
}

/* ---- recording ---- */

static uint64_t position(const struct pw_mode *s)
{
	return s->dest != NULL ? s->dest->at : 0;
}

/* A record that is complete is the last: the destination is finished with it. */
static int sync_dest(struct pw_mode *s, pw_time time, bool complete)
{
	if (s->commits == NULL) /* a table has been finished, and synced, by its mode */
		return 0;
	if (complete)
		return pw_mode_finish_dest(s, true);
	return s->record->begun ? pw_dest_sync(s->dest, time, PW_DEST_DURABLE) : 0;
}

static int record(struct pw_mode *s, pw_time time, bool complete, uint64_t at)
{
	struct pw_mode_record *m = s->record;
	const pw_time restart = m->record.store->restart;
	json_t *destination = NULL;

	time = time > m->record.time ? time : m->record.time;
	time = time > restart ? time : restart;
	if (m->begun && (destination = pw_dest_describe(s->dest_kind, s->dest, at)) == NULL)
		return -1;
	if (sync_dest(s, time, complete) < 0) {
		json_decref(destination);
		return -1;
	}
	m->recorded = at;
	m->recorded_at = pw_io_ms();
	return pw_record_save(&m->record, time, complete, complete && s->finished, destination);
}

int pw_mode_record_begun(struct pw_mode *s)
{
	struct pw_mode_record *m = s->record;

	if (m->begun)
		return 0;
	m->begun = true;
	return record(s, 0, false, position(s));
}

/* The greatest point that is durable. Where nothing is new it is not worth a record each time. */
static int record_if_due(struct pw_mode *s)
{
	struct pw_mode_record *m = s->record;
	size_t n = 0;

	while (n < m->count && m->points[n].time <= m->durable)
		n++;
	if (n == 0)
		return 0;
	const struct point last = m->points[n - 1];
	m->count -= n;
	memmove(m->points, m->points + n, m->count * sizeof *m->points);
	if (last.time <= m->record.time ||
	    (last.at == m->recorded && pw_io_ms() - m->recorded_at < RERECORD_MS))
		return 0;
	return record(s, last.time, false, last.at);
}

/* Adds a point; where several lie at one position the first and the last are enough. */
static void add_point(struct pw_mode_record *m, pw_time time, uint64_t at)
{
	const size_t n = m->count;

	if (time <= m->newest)
		return;
	m->newest = time;
	if (n > 1 && m->points[n - 1].at == at && m->points[n - 2].at == at)
		m->count--;
	m->points = pw_mem_grow(m->points, &m->capacity, m->count + 1, sizeof *m->points);
	m->points[m->count++] = (struct point){time, at};
}

/* ---- events ---- */

const struct pw_batch *pw_mode_record_news(struct pw_mode *s, const struct pw_batch *batch)
{
	struct pw_mode_record *m = s->record;
	uint32_t from = 0, r = 0;

	for (; r < batch->run_count && batch->runs[r].time < m->begin; r++)
		from += batch->runs[r].rows;
	if (from == 0)
		return batch;
	if (from == batch->rows)
		return NULL;
	pw_builder_clear(&m->news);
	pw_builder_append(&m->news, batch, from, batch->rows - from);
	return pw_builder_view(&m->news);
}

int pw_mode_record_frontier(struct pw_mode *s, pw_time frontier)
{
	struct pw_mode_record *m = s->record;

	if (s->kind->replaces)
		m->begun = true;
	if (pw_record_passed(&m->record, frontier) < 0)
		return -1;
	add_point(m, pw_store_grid_below(m->record.store, frontier), position(s));
	return record_if_due(s);
}

int pw_mode_record_durable(struct pw_mode *s, pw_time time)
{
	s->record->durable = time;
	return record_if_due(s);
}

int pw_mode_record_end(struct pw_mode *s)
{
	struct pw_mode_record *m = s->record;

	m->durable = pw_tool_durable(s->tool);
	if (m->durable >= PW_TIME_END)
		return record(s, s->tool->frontier, true, position(s));
	if (record_if_due(s) < 0)
		return -1;
	return s->commits != NULL ? pw_mode_finish_dest(s, false) : 0;
}
