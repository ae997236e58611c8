#include "follow.h"

int pw_follow_open(struct pw_follow *f, struct pw_reader *reader, const struct pw_follow_wish *wish)
{
	const struct pw_connector_kind *kind = pw_connector_of(wish->source.sources[0]);

	*f = (struct pw_follow){.reader = reader, .wish = *wish, .whole = true};
	for (size_t i = 1; i < wish->source.source_count; i++)
		if (pw_connector_of(wish->source.sources[i]) != kind)
			return pw_fail(PW_USAGE, "%s and %s are followed in different ways: read each on"
						 " its own, and put them together with pw-concat",
				       wish->source.sources[0], wish->source.sources[i]);
	f->connector = pw_connector_open(kind, &f->wish.source);
	return f->connector == NULL ? -1 : 0;
}

void pw_follow_close(struct pw_follow *f)
{
	if (f->connector != NULL)
		pw_connector_close(f->connector);
	f->connector = NULL;
}

void pw_follow_start(struct pw_follow *f, pw_time first, bool loads)
{
	pw_clock_start(&f->clock);
	pw_commits_open(&f->commits, first, loads, f->wish.autocommit, pw_clock_now(&f->clock));
}

/* ---- the source ---- */

/* The next piece into f->piece. */
static int read_piece(struct pw_follow *f)
{
	f->piece = (struct pw_piece){.diff = 1, .fd = -1, .timeout_ms = -1};
	return f->connector->kind->read(f->connector, &f->piece);
}

static void note_idle(struct pw_follow *f)
{
	const int64_t ms = f->piece.timeout_ms;

	f->idle = true;
	f->read_at = ms < 0 ? INT64_MAX : pw_clock_boot() + ms * 1000000;
}

/*
 * Sleeps until the source or the deadline (boot clock) calls, or a stop: the
 * first look at one is for whoever decides what is left to be done.
 */
static void sleep_until(struct pw_follow *f, int64_t deadline)
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
	if (f->current == o) /* its name may be another */
		f->current = NULL;
}

/* The parser goes on in this origin. */
static int enter(struct pw_follow *f, struct pw_origin *o)
{
	struct pw_parser *p = f->reader->parser;
	const struct pw_bytes *header = &o->header;

	if (f->current != o) {
		struct pw_builder none = {0};
		if (pw_parser_begin(p, o->name, o->modified) < 0)
			return -1;
		if (header->length > 0 &&
		    p->kind->parse(p, header->data, header->length, false, &none) !=
			    (ptrdiff_t)header->length)
			return pw_fail(PW_DATA, "%s: its header is not what it was", o->name);
		p->line = o->line;
		f->current = o;
	}
	p->modified = o->modified;
	return 0;
}

static int consume(struct pw_follow *f, struct pw_origin *o, size_t n)
{
	o->line = f->reader->parser->line;
	return n == 0 ? 0 : f->connector->kind->consume(f->connector, o, n);
}

/* ---- finding columns ---- */

/* Looks at what the piece offers behind what has been looked at; true: there are rows. */
static int sample_piece(struct pw_follow *f, size_t *looked)
{
	struct pw_reader *r = f->reader;
	const struct pw_piece *piece = &f->piece;

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
	return r->parser->sampled > 0;
}

static int wait_for_rows(struct pw_follow *f)
{
	note_idle(f);
	while (f->idle) {
		if (pw_tool_stopping(f->reader->tool))
			pw_tool_stopped(f->reader->tool);
		sleep_until(f, INT64_MAX);
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

/* What is sampled is not consumed: it is the piece in hand when this ends. */
int pw_follow_sample(struct pw_follow *f, struct pw_schema *found)
{
	size_t looked = 0;
	int enough = 0;

	while (enough == 0) {
		if (read_piece(f) < 0)
			return -1;
		enough = sample_next(f, &looked);
	}
	if (enough < 0)
		return -1;
	f->held = true;
	f->current = NULL;
	if (f->reader->parser->sampled == 0)
		return 0;
	return f->reader->kind->columns(f->reader->parser, found) < 0 ? -1 : 1;
}

/* ---- rows ---- */

/* The first load goes on to where the source is idle, whatever stands within it. */
static bool loading(const struct pw_follow *f)
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

/* A table's old rows are taken away. */
static void set_diffs(struct pw_builder *b, pw_diff diff)
{
	if (diff == 1 || b->rows == 0)
		return;
	b->diffs = pw_mem_grow(b->diffs, &b->diff_capacity, b->rows, sizeof *b->diffs);
	for (uint32_t i = 0; i < b->rows; i++)
		b->diffs[i] = diff;
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

static int parse(struct pw_follow *f, size_t n, bool last, struct pw_builder *out)
{
	struct pw_piece *piece = &f->piece;
	struct pw_parser *p = f->reader->parser;
	const size_t preface = p->preface;
	const ptrdiff_t used = p->kind->parse(p, piece->data, n, last, out);

	if (used < 0)
		return -1;
	if (p->kind->header && p->preface > preface)
		pw_bytes_add(&piece->origin->header, piece->data, p->preface - preface);
	set_diffs(out, piece->diff);
	return consume(f, piece->origin, (size_t)used) < 0 ? -1 : (used > 0 || out->rows > 0);
}

/* A line of more than max_line bytes is refused when its beginning is that long. */
static int check_length(struct pw_follow *f, size_t n)
{
	struct pw_parser *p = f->reader->parser;

	return n > f->reader->options.max_line ? pw_parser_too_long(p, n) : 0;
}

static int parse_piece(struct pw_follow *f, struct pw_builder *out)
{
	struct pw_piece *piece = &f->piece;
	struct pw_parser *p = f->reader->parser;
	const int64_t now = pw_clock_now(&f->clock);
	const pw_time time = f->wish.timed ? p->time : pw_commits_time(&f->commits, now);
	size_t line = 0;

	if (enter(f, piece->origin) < 0)
		return -1;
	const size_t n = find_commit_line(f, piece->data, piece->length, piece->last, &line);
	if (line > 0 && n == 0) {
		p->line++;
		f->must = !loading(f);
		f->whole = true;
		return consume(f, piece->origin, line);
	}
	p->time = time;
	int some = parse(f, n, line == 0 && piece->last, out);
	if (some == 0 && line > 0) /* a record that the commit line breaks: let it say so */
		some = parse(f, n, true, out);
	if (some == 0)
		return check_length(f, n);
	if (some > 0 && out->rows > 0) {
		f->whole = f->must_not = false;
		if (!f->wish.timed)
			pw_commits_rows(&f->commits, time, now);
	}
	return some < 0 ? -1 : 0;
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
		return parse_piece(f, out);
	case PW_PIECE_END:
		if (f->current == piece->origin)
			f->current = NULL;
		return 0;
	case PW_PIECE_BLOCK_BEGIN:
		f->must = piece->commit == PW_COMMIT_MUST && f->commits.has_rows && !loading(f);
		f->in_block = true;
		return 0;
	case PW_PIECE_BLOCK_END:
		f->in_block = false;
		f->must = piece->commit == PW_COMMIT_MUST && !loading(f);
		f->must_not = piece->commit == PW_COMMIT_MUST_NOT;
		return 0;
	case PW_PIECE_IDLE:
		note_idle(f);
		f->commits.loads = false;
		return 0;
	default:
		f->finished = f->idle = true;
		return 0;
	}
}

/* ---- commits ---- */

static int end_commit(struct pw_follow *f)
{
	f->must = false;
	f->frontier = pw_commits_cut(&f->commits, pw_clock_now(&f->clock));
	f->cut = true;
	return PW_FOLLOW_FRONTIER;
}

/* May the commit in hand end here, and shall it? */
static bool shall_end(const struct pw_follow *f)
{
	const struct pw_commits *c = &f->commits;

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
	if (c->autocommit < 0)
		return c->first && f->idle && f->whole;
	if (pw_tool_stopping(f->reader->tool) && !loading(f))
		return true;
	return pw_commits_due(c, f->idle, pw_clock_now(&f->clock));
}

/* Is nothing left to be done before a stop? What cannot be completed in its second is dropped. */
static bool shall_stop(struct pw_follow *f)
{
	struct pw_tool *t = f->reader->tool;
	const struct pw_commits *c = &f->commits;

	if (!pw_tool_stopping(t))
		return false;
	if (!pw_tool_overdue(t) && !f->wish.timed && (c->has_rows || c->first))
		return false;
	if (f->frontier == 0)
		pw_tool_stopped(t);
	return true;
}

static bool step(struct pw_follow *f)
{
	if (!f->idle || f->wish.timed || !pw_commits_step(&f->commits, pw_clock_now(&f->clock)))
		return false;
	f->frontier = f->commits.promised;
	f->cut = false;
	return true;
}

/* When to wake though the source stays silent, on the boot clock. */
static int64_t deadline(const struct pw_follow *f)
{
	const int64_t at = f->wish.timed ? INT64_MAX : pw_commits_next(&f->commits);

	if (at == INT64_MAX || f->in_block || f->must_not)
		return INT64_MAX;
	return at - f->clock.start + f->clock.boot;
}

static int end(struct pw_follow *f, bool suspended)
{
	f->suspended = suspended;
	return PW_FOLLOW_END;
}

int pw_follow_next(struct pw_follow *f, struct pw_builder *out)
{
	for (;;) {
		if (shall_end(f))
			return end_commit(f);
		if (f->finished)
			return end(f, false);
		if (shall_stop(f))
			return end(f, true);
		if (step(f))
			return PW_FOLLOW_FRONTIER;
		if (f->idle) {
			sleep_until(f, deadline(f));
			continue;
		}
		if (!f->held && read_piece(f) < 0)
			return -1;
		if (handle(f, out) < 0)
			return -1;
		const bool moved = note_times(f, out);
		if (out->rows > 0)
			return PW_FOLLOW_ROWS;
		if (moved)
			return PW_FOLLOW_FRONTIER;
	}
}
