#include "follow_step.h"
#include "../store/record.h"

#include <stdlib.h>

int pw_follow_open(struct pw_follow *f, struct pw_reader *reader, const struct pw_follow_wish *wish)
{
	const struct pw_connector_kind *kind = pw_connector_of(wish->source.sources[0]);

	*f = (struct pw_follow){.reader = reader, .wish = *wish, .whole = true};
	for (size_t i = 1; i < wish->source.source_count; i++)
		if (pw_connector_of(wish->source.sources[i]) != kind)
			return pw_fail(PW_USAGE, "%s and %s are followed in different ways: read each on"
						 " its own, and put them together with pw-concat",
				       wish->source.sources[0], wish->source.sources[i]);
	if (wish->source.track && kind != &pw_connector_files)
		return pw_fail(PW_USAGE, "%s: --track is for files", wish->source.sources[0]);
	f->connector = pw_connector_open(wish->source.track ? &pw_connector_tables : kind, &f->wish.source);
	return f->connector == NULL ? -1 : 0;
}

void pw_follow_close(struct pw_follow *f)
{
	if (f->connector != NULL)
		pw_connector_close(f->connector);
	f->connector = NULL;
	pw_bytes_release(&f->bytes);
	free(f->lines.items);
	free(f->sent);
}

void pw_follow_open_commits(struct pw_follow *f, bool loads)
{
	const pw_time first = f->resume == NULL || f->resume->is_empty ? 0 : f->resume->store->start;

	pw_commits_open(&f->commits, first, loads, f->wish.autocommit, pw_clock_now(&f->clock));
}

void pw_follow_start(struct pw_follow *f, struct pw_resume *resume, bool loads)
{
	f->resume = resume;
	if (resume == NULL) {
		pw_clock_start(&f->clock);
	} else {
		f->clock.start = (int64_t)resume->store->start * 1000000;
		f->clock.boot = resume->store->boot;
		f->playing = true;
	}
	pw_follow_open_commits(f, loads);
}

/* Where columns were waited for there was nothing to replay, and the source has been begun. */
int pw_follow_start_behind(struct pw_follow *f, const struct pw_replay_ends *ends, pw_time last)
{
	pw_clock_start(&f->clock);
	const int64_t now = pw_clock_now(&f->clock);
	const pw_time clock = pw_clock_even(now);

	f->frontier = clock > last + 2 ? clock : last + 2;
	pw_commits_open(&f->commits, f->frontier, true, f->wish.autocommit, now);
	f->replayed = ends;
	if (f->held || ends->offsets.count == 0)
		return 0;
	return f->connector->kind->seek(f->connector, &ends->offsets);
}

/* ---- the source ---- */

int pw_follow_read(struct pw_follow *f)
{
	f->piece = (struct pw_piece){.fd = -1, .timeout_ms = -1};
	return f->connector->kind->read(f->connector, &f->piece);
}

void pw_follow_note_idle(struct pw_follow *f)
{
	const int64_t ms = f->piece.timeout_ms;

	f->idle = true;
	f->read_at = ms < 0 ? INT64_MAX : pw_clock_boot() + ms * 1000000;
}

void pw_follow_sleep(struct pw_follow *f, int64_t deadline)
{
	struct pw_tool *t = f->reader->tool;

	pw_must(t, pw_reject_flush(&f->reader->reject));
	const enum pw_waited why =
		pw_tool_wait_until(t, f->piece.fd, deadline < f->read_at ? deadline : f->read_at,
				   !pw_tool_stopping(t));

	if (why == PW_WAITED_READY || pw_clock_boot() >= f->read_at)
		f->idle = false;
}

static void begin_origin(struct pw_follow *f, struct pw_origin *o)
{
	if (o->line == 0)
		o->line = 1;
	if (f->resume != NULL && o->offset > 0 && o->header.length == 0)
		pw_resume_header(f->resume, o->key, &o->header);
	const char *header = f->replayed != NULL && o->header.length == 0
				     ? pw_offsets_get(&f->replayed->headers, o->key) : NULL;
	if (header != NULL && o->offset > 0)
		pw_bytes_text(&o->header, header);
	if (f->current == o) /* its name may be another */
		f->current = NULL;
}

int pw_follow_begin(struct pw_follow *f, const char *name, int64_t modified,
			struct pw_slice header, uint64_t line)
{
	struct pw_parser *p = f->reader->parser;
	struct pw_builder none = {0};

	if (pw_parser_begin(p, name, modified) < 0)
		return -1;
	if (header.length > 0 &&
	    p->kind->parse(p, header.data, header.length, false, &none) != (ptrdiff_t)header.length)
		return pw_fail(PW_DATA, "%s: its header is not what it was", name);
	p->line = line;
	return 0;
}

int pw_follow_enter(struct pw_follow *f, struct pw_origin *o)
{
	const struct pw_slice header = {o->header.data, o->header.length};

	if (f->current != o && pw_follow_begin(f, o->name, o->modified, header, o->line) < 0)
		return -1;
	f->current = o;
	f->reader->parser->modified = o->modified;
	return 0;
}

int pw_follow_consume(struct pw_follow *f, struct pw_origin *o, size_t n)
{
	const uint64_t line = o->line;

	o->line = f->reader->parser->line;
	if (n == 0)
		return 0;
	if (f->resume != NULL && pw_resume_consumed(f->resume, o, line, f->piece.data, n) < 0)
		return -1;
	return f->connector->kind->consume(f->connector, o, n);
}

/* ---- finding columns ---- */

/* Looks at what the piece offers behind what has been looked at; true: there are rows. */
static int sample_piece(struct pw_follow *f, size_t *looked)
{
	struct pw_reader *r = f->reader;
	const struct pw_piece *piece = &f->piece;

	if (piece->length == 0) /* an empty file that is a table */
		return 0;
	if (f->current != piece->origin) {
		f->current = piece->origin;
		*looked = 0;
		if (pw_parser_begin(r->parser, piece->origin->name, piece->origin->modified) < 0)
			return -1;
	}
	const ptrdiff_t used = r->kind->sample(r->parser, piece->data + *looked,
					       piece->length - *looked, piece->last);
	if (used < 0)
		return -1;
	*looked += (size_t)used;
	if (r->parser->sampled > 0)
		return 1;
	if (!piece->last)
		return 0;
	f->current = NULL; /* a header alone: it would be offered for ever */
	return f->connector->kind->consume(f->connector, piece->origin, piece->length);
}

static int wait_for_rows(struct pw_follow *f)
{
	pw_follow_note_idle(f);
	while (f->idle) {
		if (pw_tool_stopping(f->reader->tool))
			pw_tool_stopped(f->reader->tool);
		pw_follow_sleep(f, INT64_MAX);
	}
	return 0;
}

/* One piece; true: there is enough, or nothing more will come. */
static int sample_next(struct pw_follow *f, size_t *looked)
{
	switch (f->piece.kind) {
	case PW_PIECE_BEGIN:
		begin_origin(f, f->piece.origin);
		return 0;
	case PW_PIECE_DATA:
		return sample_piece(f, looked);
	case PW_PIECE_BLOCK_BEGIN:
	case PW_PIECE_BLOCK_END:
		f->in_block = f->piece.kind == PW_PIECE_BLOCK_BEGIN;
		return 0;
	case PW_PIECE_IDLE:
		return wait_for_rows(f);
	default:
		return f->piece.kind == PW_PIECE_FINISHED;
	}
}

/* Rows that are sampled are not consumed: they are the piece in hand when this ends. */
int pw_follow_sample(struct pw_follow *f, struct pw_schema *found)
{
	size_t looked = 0;
	int enough = 0;

	while (enough == 0) {
		if (pw_follow_read(f) < 0)
			return -1;
		enough = sample_next(f, &looked);
	}
	if (enough < 0)
		return -1;
	f->held = true;
	f->current = NULL;
	return f->reader->kind->columns(f->reader->parser, found);
}

/* ---- rows ---- */

bool pw_follow_loads(const struct pw_follow *f)
{
	return f->commits.first && f->commits.loads;
}

/* Where the first commit line begins, and its length with the line end; n: there is none. */
static size_t find_commit_line(const struct pw_follow *f, const char *data, size_t n, bool last,
			       size_t *length)
{
	const char *text = f->wish.commit_line, *end = data + n;
	const size_t m = text == NULL ? 0 : strlen(text);

	for (const char *at = data; text != NULL && at < end; at++) {
		const char *found = memmem(at, (size_t)(end - at), text, m);
		if (found == NULL)
			break;
		at = found;
		if (found > data && found[-1] != '\n')
			continue;
		const char *behind = found + m;
		if (behind < end && *behind == '\r')
			behind++;
		if (behind < end ? *behind != '\n' : !last)
			continue;
		*length = (size_t)(behind - found) + (behind < end);
		return (size_t)(found - data);
	}
	return n;
}

/* Of --changes: the rows say what has all come. Has it moved? */
static bool note_times(struct pw_follow *f, const struct pw_builder *out)
{
	const pw_time last = out->run_count > 0 ? out->runs[out->run_count - 1].time : 0;
	const pw_time promised = f->reader->parser->promised;
	const pw_time frontier = promised > last ? promised : last;

	if (!f->wish.timed || frontier <= f->frontier)
		return false;
	f->frontier = frontier;
	f->cut = true;
	return true;
}

ptrdiff_t pw_follow_parse(struct pw_follow *f, struct pw_slice data, bool last,
		       struct pw_bytes *header, bool *line, struct pw_builder *out)
{
	struct pw_parser *p = f->reader->parser;
	const size_t preface = p->preface;
	size_t length = 0;
	const size_t n = find_commit_line(f, data.data, data.length, last, &length);

	*line = length > 0 && n == 0;
	if (*line) {
		p->line++;
		return (ptrdiff_t)length;
	}
	ptrdiff_t used = p->kind->parse(p, data.data, n, length == 0 && last, out);
	if (used == 0 && out->rows == 0 && length > 0) /* the line breaks a record: let it say so */
		used = p->kind->parse(p, data.data, n, true, out);
	if (used > 0 && p->kind->header && p->preface > preface)
		pw_bytes_add(header, data.data, p->preface - preface);
	return used;
}

int pw_follow_note_rows(struct pw_follow *f, pw_time time, int64_t now, const struct pw_builder *out)
{
	if (out->rows == 0)
		return 0;
	f->whole = f->must_not = false;
	if (f->wish.timed)
		return 0;
	pw_commits_rows(&f->commits, time, now);
	if (f->resume == NULL)
		return 0;
	f->resume->rows += out->rows;
	return pw_store_promise(f->resume->store, time);
}

static int parse_piece(struct pw_follow *f, struct pw_builder *out)
{
	struct pw_piece *piece = &f->piece;
	struct pw_parser *p = f->reader->parser;
	const int64_t now = pw_clock_now(&f->clock);
	const pw_time time = f->wish.timed ? p->time : pw_commits_time(&f->commits, now);
	const struct pw_slice data = {piece->data, piece->length};
	bool line;

	if (pw_follow_enter(f, piece->origin) < 0)
		return -1;
	p->time = time;
	const ptrdiff_t used = pw_follow_parse(f, data, piece->last, &piece->origin->header, &line, out);
	if (used < 0)
		return -1;
	if (used == 0 && out->rows == 0 && piece->length > f->reader->options.max_line)
		return pw_parser_too_long(p, piece->length);
	if (line) {
		f->must = !pw_follow_loads(f);
		f->whole = true;
	}
	if (pw_follow_consume(f, piece->origin, (size_t)used) < 0)
		return -1;
	return pw_follow_note_rows(f, time, now, out);
}

static int handle(struct pw_follow *f, struct pw_builder *out)
{
	const struct pw_piece *piece = &f->piece;

	f->held = false;
	switch (piece->kind) {
	case PW_PIECE_BEGIN:
		begin_origin(f, piece->origin);
		return 0;
	case PW_PIECE_DATA:
		return pw_follow_timed(f) ? pw_follow_timed_piece(f, out) : parse_piece(f, out);
	case PW_PIECE_END:
		if (f->current == piece->origin)
			f->current = NULL;
		if (f->resume != NULL)
			pw_resume_ended(f->resume, piece->origin);
		return 0;
	case PW_PIECE_BLOCK_BEGIN:
		f->must = piece->commit == PW_COMMIT_MUST && f->commits.has_rows && !pw_follow_loads(f);
		f->in_block = true;
		return 0;
	case PW_PIECE_BLOCK_END:
		f->in_block = false;
		f->must = piece->commit == PW_COMMIT_MUST && !pw_follow_loads(f);
		f->must_not = piece->commit == PW_COMMIT_MUST_NOT;
		return 0;
	case PW_PIECE_IDLE:
		pw_follow_note_idle(f);
		f->slow = piece->commit == PW_COMMIT_MUST_NOT;
		if (!f->slow)
			f->commits.loads = false;
		return 0;
	default:
		f->finished = f->idle = true;
		return 0;
	}
}

int pw_follow_take(struct pw_follow *f, struct pw_builder *out)
{
	return (!f->held && pw_follow_read(f) < 0) || handle(f, out) < 0 ? -1 : 0;
}

/* ---- commits ---- */

static void note_sent(struct pw_follow *f, pw_time time, uint64_t rows)
{
	if (f->wish.backlog == 0 || rows == 0)
		return;
	f->sent = pw_mem_grow(f->sent, &f->sent_capacity, f->sent_count + 1, sizeof *f->sent);
	f->sent[f->sent_count++] = (struct pw_follow_sent){time, rows};
	f->sent_rows += rows;
}

/* Are more rows under way than may be? */
static int look_at_backlog(struct pw_follow *f)
{
	const uint64_t rows = f->wish.backlog > 0 ? f->sent_rows + f->resume->rows : 0;
	pw_time least;
	size_t passed = 0;

	f->full = false;
	if (rows <= f->wish.backlog)
		return 0;
	if (pw_record_backlog(f->resume->store, &least) < 0)
		return -1;
	while (passed < f->sent_count && f->sent[passed].time < least)
		f->sent_rows -= f->sent[passed++].rows;
	if (passed > 0)
		memmove(f->sent, f->sent + passed, (f->sent_count - passed) * sizeof *f->sent);
	f->sent_count -= passed;
	f->full = f->sent_rows + f->resume->rows > f->wish.backlog;
	return 0;
}

int pw_follow_check_commit(const struct pw_follow *f)
{
	const struct pw_resume *r = f->resume;

	if (r == NULL)
		return 0;
	if (r->store->finished && f->commits.has_rows)
		return pw_fail(PW_STATE, "%s: the line has finished, and there is more to read: begin anew with"
					 " --reset", r->store->path);
	return f->commits.has_rows || r->is_empty;
}

/* f->frontier has moved: no later run may begin below it. */
static int promise(const struct pw_follow *f)
{
	if (f->resume != NULL && pw_store_promise(f->resume->store, f->frontier - 1) < 0)
		return -1;
	return PW_FOLLOW_FRONTIER;
}

int pw_follow_cut(struct pw_follow *f, bool kept, int64_t cut)
{
	const pw_time time = f->commits.time;

	f->frontier = pw_commits_cut(&f->commits, cut, pw_clock_now(&f->clock));
	if (f->finished) /* no promise beyond it is needed: the next run need not start later for it */
		f->frontier = f->resume != NULL && !kept ? time : time + 1;
	f->cut = true;
	return promise(f);
}

static int end_commit(struct pw_follow *f)
{
	const uint64_t rows = f->resume != NULL ? f->resume->rows : 0;
	const int64_t cut = pw_clock_now(&f->clock);
	const int kept = pw_follow_check_commit(f);

	f->must = false;
	if (kept < 0 || (kept > 0 && pw_resume_commit(f->resume, f->connector, f->commits.time) < 0))
		return -1;
	if (kept > 0)
		note_sent(f, f->commits.time, rows);
	return pw_follow_cut(f, kept > 0, cut);
}

/* May the commit in hand end here, and shall it? */
static bool shall_end(const struct pw_follow *f)
{
	const struct pw_commits *c = &f->commits;
	const bool idle = f->idle && !f->slow;

	if (f->wish.timed || !(c->has_rows || c->first))
		return false;
	if (f->finished)
		return true;
	if (f->in_block && !f->must)
		return false;
	if (f->must)
		return true;
	if (f->must_not)
		return false;
	if (f->full && c->has_rows && !pw_follow_loads(f))
		return true;
	if (c->autocommit < 0)
		return c->first && idle && f->whole;
	if (pw_tool_stopping(f->reader->tool) && !pw_follow_loads(f))
		return true;
	return pw_commits_due(c, idle, pw_clock_now(&f->clock));
}

bool pw_follow_stops(const struct pw_follow *f, bool busy)
{
	struct pw_tool *t = f->reader->tool;

	if (!pw_tool_stopping(t) || (busy && !pw_tool_overdue(t)))
		return false;
	if (f->frontier == 0)
		pw_tool_stopped(t);
	return true;
}

int pw_follow_step(struct pw_follow *f)
{
	if ((!f->idle && !f->full) || f->wish.timed ||
	    !pw_commits_step(&f->commits, pw_clock_now(&f->clock)))
		return 0;
	f->frontier = f->commits.promised;
	f->cut = false;
	return promise(f);
}

/* The same while the source has more, and is slow: what has come waits no longer than that. */
static int64_t slow_deadline(const struct pw_follow *f)
{
	const struct pw_commits *c = &f->commits;

	return c->has_rows && c->autocommit >= 0 && !pw_follow_loads(f) ? c->row_at + c->autocommit : INT64_MAX;
}

int64_t pw_follow_deadline(const struct pw_follow *f)
{
	const int64_t at = f->wish.timed ? INT64_MAX
			   : f->slow	 ? slow_deadline(f)
					 : pw_commits_next(&f->commits);

	if (at == INT64_MAX || f->in_block || f->must_not)
		return INT64_MAX;
	return at - f->clock.start + f->clock.boot;
}

int pw_follow_end(struct pw_follow *f, bool suspended)
{
	f->suspended = suspended;
	f->dropped = f->commits.has_rows || f->in_commit;
	return PW_FOLLOW_END;
}

/* Sinks have too much before them: a look every few ms. */
static void wait_for_sinks(struct pw_follow *f)
{
	enum { LOOK_MS = 5 };
	const int64_t at = pw_clock_boot() + LOOK_MS * 1000000, due = pw_follow_deadline(f);

	f->piece.fd = -1;
	f->read_at = INT64_MAX;
	pw_follow_sleep(f, at < due ? at : due);
}

/* One step of reading on: rows in out, a promise, or 0. */
static int read_more(struct pw_follow *f, struct pw_builder *out)
{
	if (f->wish.backlog > 0 && !f->in_block && !pw_follow_loads(f) && look_at_backlog(f) < 0)
		return -1;
	if (f->full) {
		if (!f->commits.has_rows)
			wait_for_sinks(f);
		return 0;
	}
	if (f->idle) {
		pw_follow_sleep(f, pw_follow_deadline(f));
		return 0;
	}
	if (pw_follow_take(f, out) < 0)
		return -1;
	const bool moved = note_times(f, out);
	if (out->rows > 0)
		return PW_FOLLOW_ROWS;
	return moved ? PW_FOLLOW_FRONTIER : 0;
}

int pw_follow_next(struct pw_follow *f, struct pw_builder *out)
{
	const struct pw_commits *c = &f->commits;
	int event = 0;

	while (event == 0) {
		if (f->playing) {
			if (pw_follow_stops(f, true))
				return pw_follow_end(f, true);
			event = pw_follow_play(f, out);
			continue;
		}
		if (pw_follow_timed(f)) {
			event = pw_follow_timed_step(f, out);
			continue;
		}
		if (shall_end(f))
			return end_commit(f);
		if (f->finished)
			return pw_follow_end(f, false);
		if (pw_follow_stops(f, !f->wish.timed && (c->has_rows || c->first)))
			return pw_follow_end(f, true);
		event = pw_follow_step(f);
		if (event == 0)
			event = read_more(f, out);
	}
	return event;
}
