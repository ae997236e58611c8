/*
 * pw-read - files, directories, patterns and standard input become a stream
 *
 * It finds the columns (declared, else inferred from the first rows), then
 * hands on what the parser of the format makes of the bytes. The whole of a
 * static run is one commit at time 0; with -F what comes later is committed by
 * the clock; --changes and --replay take the times from the rows. A stream that
 * was saved is passed on as it is.
 */
#include "../lib/read/ahead.h"
#include "../lib/read/intake.h"
#include "../lib/read/replay_state.h"
#include "../lib/read/stored.h"
#include "../lib/read/sync.h"
#include "../lib/read/track.h"
#include "../lib/read/upsert.h"
#include "../lib/tool/register.h"
#include "../lib/tool/state.h"

static const struct pw_program program = {
	.name = "pw-read",
	.summary = "read files as a stream",
	.synopsis = "[-f FORMAT] [-s COLUMNS] [-k COLS] SOURCE...",
	.examples = "  pw-read trips.csv | pw-write\n"
		    "  pw-read -s 'id int!, at datetime \"%d/%m/%Y\"' -k id trips.csv | pw-write\n"
		    "  pw-read -f jsonl - < events | pw-groupby -k user count | pw-write\n",
	.options = pw_intake_table,
};

/* All of one run. */
struct read {
	struct pw_tool tool;
	struct pw_intake in;
	struct pw_track track;
	struct pw_replay replay;
	struct pw_replay_state keep; /* of it, with state */
	struct pw_upsert upsert;
	struct pw_builder rows;
	struct pw_sync sync;
	bool live; /* what a replay had to send is behind us */
	struct pw_ahead
		ahead; /* rows with times of their own, that the journal does not cover yet */
	struct pw_builder piece; /* of rows, that may pass already */
	struct pw_builder part;  /* of those, what lies between two times of the grid, and */
	pw_time grid;            /* ... the next of these */
	pw_time sent;            /* of the last of them */
};

/* ---- reading ---- */

/* Rows as they come; where they carry times, the frontier behind them. */
static void pass_on(struct read *r, const struct pw_batch *batch)
{
	pw_tool_batch(&r->tool, batch);
	if (!r->in.layout.schema.is_static)
		pw_tool_frontier(&r->tool, batch->runs[batch->run_count - 1].time);
}

static bool next_rows(struct read *r)
{
	pw_builder_clear(&r->rows);
	if (r->in.o.sync != NULL)
		pw_must(&r->tool, pw_sync_silent(&r->sync));
	const int more =
		pw_must(&r->tool, r->in.o.replay != NULL ? pw_replay_next(&r->replay, &r->rows)
							 : pw_reader_next(&r->in.reader, &r->rows));
	r->tool.rows_in += r->rows.rows;
	return more > 0;
}

/* What has been read below the time is complete. */
static void promise(struct read *r, pw_time time)
{
	if (r->in.o.upsert)
		pw_upsert_commit(&r->upsert, &r->tool);
	pw_tool_frontier(&r->tool, time);
}

/* What is kept is cut at the grid, between rows of a time below it and those of one above. */
static void upsert_by_grid(struct read *r, const struct pw_batch *batch)
{
	const struct pw_store *store = pw_tool_store(&r->tool);

	for (uint32_t run = 0, from = 0, n; run < batch->run_count; run += n) {
		const pw_time time = batch->runs[run].time, next = pw_store_grid_above(store, time);
		uint32_t rows = 0;
		if (time >= r->grid) {
			pw_upsert_commit(&r->upsert, &r->tool);
			pw_tool_point(&r->tool, time);
			r->grid = next;
		}
		for (n = 0; run + n < batch->run_count && batch->runs[run + n].time < next; n++)
			rows += batch->runs[run + n].rows;
		pw_builder_clear(&r->part);
		pw_builder_append(&r->part, batch, from, rows);
		pw_upsert_add(&r->upsert, &r->tool, pw_builder_view(&r->part));
		from += rows;
	}
}

static void send(struct read *r, const struct pw_batch *batch)
{
	if (r->in.o.upsert && pw_intake_is_timed(&r->in.o))
		upsert_by_grid(r, batch);
	else if (r->in.o.upsert)
		pw_upsert_add(&r->upsert, &r->tool, batch);
	else
		pass_on(r, batch);
}

/*
 * Sends rows as the other readers of the group let them pass. Where rows carry
 * their times, what is complete is said first; of a followed source that has
 * been done.
 */
static void send_in_step(struct read *r, const struct pw_batch *batch)
{
	for (uint32_t from = 0, n; from < batch->rows; from += n) {
		while ((n = (uint32_t)pw_must(&r->tool,
					      (int)pw_sync_pass(&r->sync, batch, from))) == 0) {
			const pw_time next = pw_batch_time(batch, from);
			if (next > r->sent && !r->live)
				promise(r, next);
			pw_must(&r->tool, pw_sync_wait(&r->sync, next > r->sent));
		}
		r->sent = pw_batch_time(batch, from + n - 1);
		if (n == batch->rows) {
			send(r, batch);
			return;
		}
		pw_builder_clear(&r->piece);
		pw_builder_append(&r->piece, batch, from, n);
		send(r, pw_builder_view(&r->piece));
	}
}

static void send_on(struct read *r, const struct pw_batch *batch)
{
	if (r->in.o.sync != NULL)
		send_in_step(r, batch);
	else
		send(r, batch);
}

static void read_all(struct read *r)
{
	while (next_rows(r)) {
		if (r->rows.rows > 0)
			send_on(r, pw_builder_view(&r->rows));
		if (r->in.o.changes)
			pw_tool_frontier(&r->tool, r->in.reader.parser->promised);
		if (r->in.o.replay != NULL && r->rows.rows == 0)
			promise(r, r->replay.promised);
	}
	if (r->in.o.upsert)
		pw_upsert_commit(&r->upsert, &r->tool);
	if (r->in.o.sync != NULL && !pw_intake_is_live(&r->in.o))
		pw_must(&r->tool, pw_sync_end(&r->sync));
}

/*
 * A frontier: what is below it is complete, and in a line with state durable.
 * Then it has waited for the disk: if rows have come meanwhile, the source is
 * not waited for, and this would lie here until a frame is full.
 */
static void pass_frontier(struct read *r, pw_time frontier, bool cut)
{
	if (cut && r->in.o.upsert && r->upsert.time < frontier)
		pw_upsert_commit(&r->upsert, &r->tool);
	if (r->in.o.upsert)
		pw_tool_point(&r->tool, frontier);
	pw_tool_frontier(&r->tool, frontier);
	pw_tool_durable_below(&r->tool, frontier);
	if (cut && r->in.resume.store != NULL && !r->in.follow.playing)
		pw_tool_flush(&r->tool);
}

/* What waited for the journal. */
static void send_ahead(struct read *r)
{
	for (size_t i = 0; i < r->ahead.count; i++)
		send_on(r, pw_ahead_batch(&r->ahead, i));
	pw_ahead_drop(&r->ahead);
}

/* The first rows of pw_ahead_room: do they wait? Those of the time that the frontier has reached do not. */
static void send_timed(struct read *r, struct pw_builder *rows, uint32_t count, pw_time frontier,
		       bool covered)
{
	if (count == 0)
		return;
	const struct pw_batch batch = pw_ahead_first(rows, count);
	covered |= batch.runs[batch.run_count - 1].time <= frontier;
	if (covered && r->ahead.count == 0)
		send_on(r, &batch);
	else
		pw_ahead_keep(&r->ahead, count);
}

/* Where an earlier run has ended, or the replay; else at the beginning. */
static void begin_live(struct read *r)
{
	struct pw_follow *f = &r->in.follow;

	r->live = true;
	if (r->in.o.replay != NULL) {
		pw_must(&r->tool,
			pw_follow_start_behind(f, &r->replay.files.ends, r->replay.files.now));
		promise(r, f->frontier);
		return;
	}
	pw_must(&r->tool, pw_follow_start(f, r->in.resume.store != NULL ? &r->in.resume : NULL,
					  pw_connector_of(r->tool.args[0]) != &pw_connector_stdin));
}

/* Is the stream complete at its end? A line that has finished remains so: sinks hold what the end flushed. */
static bool finishes(const struct read *r, bool dropped)
{
	const struct pw_store *store = r->in.resume.store;

	return r->in.o.finish || (store != NULL && store->finished && !dropped);
}

/* Rows and commits as they come, until a stop or the end of the source. */
static void read_live(struct read *r)
{
	struct pw_follow *f = &r->in.follow;
	const bool timed = pw_intake_is_timed(&r->in.o);
	int event;

	begin_live(r);
	if (r->in.o.track)
		pw_must(&r->tool, pw_track_open(&r->track, f, &r->in.layout.schema));
	do {
		struct pw_builder *rows = timed ? pw_ahead_room(&r->ahead) : &r->rows;
		pw_builder_clear(rows);
		if (r->in.o.sync != NULL)
			pw_must(&r->tool, pw_sync_silent(&r->sync));
		event = pw_must(&r->tool, r->in.o.track ? pw_track_next(&r->track, rows)
							: pw_follow_next(f, rows));
		if (!r->in.o.track) /* which compares the rows that it reads, and counts them there */
			r->tool.rows_in += rows->rows;
		if (event == PW_FOLLOW_ROWS && timed)
			send_timed(r, rows, f->complete, f->frontier, f->playing);
		else if (event == PW_FOLLOW_ROWS)
			send_on(r, pw_builder_view(rows));
		if (event == PW_FOLLOW_FRONTIER)
			send_ahead(r);
		if (event == PW_FOLLOW_FRONTIER || (r->in.o.changes && !timed))
			pass_frontier(r, f->frontier, event == PW_FOLLOW_FRONTIER && f->cut);
	} while (event != PW_FOLLOW_END);
	if (r->in.o.sync != NULL && !f->suspended)
		pw_must(&r->tool, pw_sync_end(&r->sync));
	if (!f->dropped)
		pw_tool_durable_below(&r->tool, PW_TIME_END);
	if ((f->suspended || r->in.o.state != NULL) && !finishes(r, f->dropped))
		pw_tool_suspend(&r->tool);
}

/* A replay with state: the same, and what it ends with is durable. */
static void read_kept(struct read *r)
{
	struct pw_replay_state *k = &r->keep;
	int event;

	do {
		struct pw_builder *rows = pw_ahead_room(&r->ahead);
		if (r->in.o.sync != NULL)
			pw_must(&r->tool, pw_sync_silent(&r->sync));
		event = pw_must(&r->tool, pw_replay_state_next(k, rows));
		r->tool.rows_in += rows->rows;
		if (event == PW_FOLLOW_ROWS)
			send_timed(r, rows, rows->rows, k->frontier, k->playing);
		if (event == PW_FOLLOW_FRONTIER) {
			send_ahead(r);
			pass_frontier(r, k->frontier, true);
		}
	} while (event != PW_FOLLOW_END);
	if (r->in.o.sync != NULL)
		pw_must(&r->tool, pw_sync_end(&r->sync));
	pw_tool_durable_below(&r->tool, PW_TIME_END);
	if (!finishes(r, false))
		pw_tool_suspend(&r->tool);
}

/* ---- state ---- */

/* Who comes first forgets the directory; for those that join it is forgotten. */
static void reset(struct read *r)
{
	if (pw_store_reset(r->in.o.state) == 0)
		return;
	if (pw_fail_status() != PW_BUSY)
		pw_tool_fail(&r->tool);
	pw_fail_clear();
}

static void enter(struct read *r)
{
	const struct pw_intake_options *o = &r->in.o;

	for (int i = 0; i < r->tool.arg_count; i++)
		if (pw_connector_of(r->tool.args[i]) == &pw_connector_stdin && o->replay != NULL)
			pw_must(&r->tool,
				pw_fail(PW_USAGE,
					"--replay with --state is for files, which can be read"
					" again from where it stopped: write standard input"
					" into one"));
		else if (pw_connector_of(r->tool.args[i]) == &pw_connector_stdin &&
			 o->standard == NULL)
			pw_must(&r->tool,
				pw_fail(PW_USAGE, "- with --state needs --stdin=again: each run is"
						  " fed the same bytes from the start; or"
						  " --stdin=new: each is fed new ones"));
	if (o->reset)
		reset(r);
	pw_tool_enter(&r->tool, o->state, (uint64_t)o->interval / 1000000);
	pw_must(&r->tool, pw_resume_open(&r->in.resume, pw_tool_store(&r->tool), o->track));
	if (pw_intake_is_fed_anew(o))
		pw_must(&r->tool, pw_resume_keep_input(&r->in.resume));
}

static void keep_rows(struct read *r)
{
	static struct pw_checkpointer checkpointer;

	checkpointer = pw_upsert_checkpointer(&r->upsert);
	r->upsert.dirty.on =
		pw_must(&r->tool, pw_tool_register_state(&r->tool, &checkpointer, &r->upsert)) > 0;
}

/* ---- start and end ---- */

/* What of --replay, --upsert and --sync is asked for. */
static void open_ways(struct read *r)
{
	const struct pw_intake_options *o = &r->in.o;
	const struct pw_schema *schema = &r->in.layout.schema;
	const int64_t autocommit = o->autocommit == PW_INTAKE_NOT_GIVEN ? 0 : o->autocommit;
	const struct pw_replay_wish wish = {o->replay, o->unit, autocommit, o->speed, o->from};

	if (o->replay != NULL)
		pw_must(&r->tool, pw_replay_open(&r->replay, &wish, schema));
	if (o->upsert)
		pw_must(&r->tool,
			pw_upsert_open(&r->upsert, schema, o->delete_when, &r->in.reader.reject));
	if (o->sync != NULL)
		pw_must(&r->tool, pw_sync_open(&r->sync, o->sync, schema));
}

static void start_reading(struct read *r)
{
	const struct pw_schema *schema = &r->in.layout.schema;

	const struct pw_store *store = pw_tool_store(&r->tool);
	if (r->in.o.sync != NULL)
		pw_must(&r->tool,
			pw_sync_join(&r->sync, &r->tool, store != NULL ? store->path : NULL,
				     store != NULL ? store->run : 0));
	pw_builder_init(&r->rows, schema);
	pw_builder_init(&r->piece, schema);
	pw_builder_init(&r->part, schema);
	pw_builder_intern(&r->rows);
	pw_ahead_open(&r->ahead, schema);
	if (r->in.follow.held) /* there were no rows at start */
		r->in.reader.path_count = 0;
	if (r->in.o.replay != NULL && store != NULL)
		pw_must(&r->tool,
			pw_replay_state_start(&r->keep, &r->replay, &r->in.resume, &r->in.reader,
					      &r->in.layout.view, !pw_intake_may_grow(&r->in.o)));
	else if (r->in.o.replay != NULL)
		pw_must(&r->tool, pw_replay_start(&r->replay, &r->in.reader, &r->in.layout.view));
}

static int finish(struct read *r)
{
	pw_must(&r->tool, pw_reader_report(&r->in.reader));
	pw_sync_close(&r->sync);
	const int status = pw_tool_finish(&r->tool); /* saves what is kept a last time */
	pw_builder_release(&r->rows);
	pw_builder_release(&r->piece);
	pw_builder_release(&r->part);
	pw_ahead_close(&r->ahead);
	if (r->in.o.upsert)
		pw_upsert_close(&r->upsert);
	pw_replay_state_close(&r->keep);
	pw_replay_close(&r->replay);
	pw_track_close(&r->track);
	pw_intake_close(&r->in);
	return status;
}

/* A stream that was saved. */
static int read_stored(struct read *r)
{
	struct pw_tool *t = &r->tool;
	pw_time time = 0;

	if (r->in.paths.count != 1)
		pw_must(t, pw_fail(PW_USAGE,
				   "one stream is read at a time, and there are %zu (pw-concat puts"
				   " them together)",
				   r->in.paths.count));
	if (r->in.o.schema != NULL || r->in.o.keys != NULL || r->in.o.changes ||
	    r->in.o.replay != NULL || r->in.o.upsert || r->in.o.meta || r->in.o.sync != NULL)
		pw_must(t, pw_fail(PW_USAGE,
				   "a pws stream has its schema and times: -s, -k, --changes,"
				   " --replay, --upsert, --meta and --sync are for other formats"));
	if (r->in.o.follow || r->in.o.state != NULL)
		pw_must(t, pw_fail(PW_USAGE,
				   "a pws stream is not followed, nor has it state of its own"));
	if (r->in.o.as_of != NULL)
		pw_must(t, pw_stored_time(r->in.o.as_of, &time));
	pw_tool_stream(t, r->in.paths.items[0]);
	t->inputs[0].source.salvage = r->in.o.salvage;
	if (r->in.o.check)
		pw_tool_output_check(t, &pw_tool_head(t, 0)->schema, "none");
	if (r->in.o.as_of != NULL)
		pw_stored_as_of(t, time);
	else
		pw_stored_pass(t);
	pw_paths_release(&r->in.paths);
	return pw_tool_finish(t);
}

int main(int argc, char **argv)
{
	static struct read r = {
		.in.o = {.infer_rows = PW_PARSER_INFER_ROWS,
			 .max_line = PW_PARSER_LINE_MAX,
			 .interval = PW_INTAKE_NOT_GIVEN,
			 .backlog = UINT64_MAX},
	};
	struct pw_tool *t = r.in.tool = &r.tool;
	const struct pw_intake_options *o = &r.in.o;

	pw_tool_start(t, &program, argc, argv, &r.in.o);
	pw_must(t, pw_intake_check(&r.in.o));
	pw_must(t, pw_intake_format(&r.in));
	if (o->state != NULL && !o->check && !r.in.stored)
		enter(&r);
	pw_must(t, pw_intake_find(&r.in));
	if (r.in.stored)
		return read_stored(&r);
	pw_must(t, pw_intake_open(&r.in));
	pw_must(t, pw_intake_columns(&r.in));
	open_ways(&r);
	const char *state = o->upsert ? "the row of each key" : "none";
	t->follows = o->follow;
	if (o->check)
		pw_tool_output_check(t, &r.in.layout.schema, state);
	if (o->upsert)
		keep_rows(&r);
	pw_tool_output(t, &r.in.layout.schema, state);
	start_reading(&r);
	if (r.keep.replay != NULL) {
		read_kept(&r);
		return finish(&r);
	}
	if (!pw_intake_is_live(o) || o->replay != NULL)
		read_all(&r);
	if (pw_intake_is_live(o))
		read_live(&r);
	return finish(&r);
}
