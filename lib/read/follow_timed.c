/*
 * --changes with state: the rows say when they are committed, and an entry of
 * the journal covers all times up to the last that is complete.
 *
 * The bytes at hand that make whole commits are consumed; bytes of the last time
 * are read again together with the bytes that follow, unless all rows at hand
 * have that time. So the connector always stands where a commit begins, which is
 * where an entry may end.
 *
 * Invariant: rows that are consumed and not covered are below f->boundary, or
 * all of them have the one time f->open, which is f->frontier or has just begun.
 */
#include "ahead.h"
#include "follow_internal.h"

enum { COVER_BYTES = 8 << 20 }; /* an entry, which costs an fsync, at least each so many bytes */

void pw_follow_timed_start(struct pw_follow *f)
{
	const struct pw_store *s = f->resume->store;

	f->boundary = pw_resume_floor(f->resume);
	f->open = 0;
	f->reader->parser->above = f->boundary;
	f->reader->parser->most = PW_TIME_MOST;
	f->reader->parser->time = f->reader->parser->promised = 0;
	if (f->boundary < s->restart)
		pw_bug("a reader goes on below the restart point");
}

void pw_follow_timed_drop(struct pw_follow *f, struct pw_builder *out)
{
	pw_ahead_skip(out, f->resume->store->restart);
	f->complete = out->rows;
}

/* ---- pieces ---- */

/* What a parser was like before it parsed, so that it can parse the same bytes again. */
struct parsed {
	size_t header;
	uint64_t line, rejected, nulled, unseen;
	pw_time time, promised;
};

static void note(const struct pw_follow *f, struct parsed *b)
{
	const struct pw_parser *p = f->reader->parser;

	*b = (struct parsed){.header = f->piece.origin->header.length,
			     .line = p->line,
			     .rejected = p->rejected,
			     .nulled = p->nulled,
			     .unseen = p->unseen,
			     .time = p->time,
			     .promised = p->promised};
}

static int undo(struct pw_follow *f, const struct parsed *b, struct pw_builder *out)
{
	struct pw_parser *p = f->reader->parser;

	p->rejected = b->rejected;
	p->nulled = b->nulled;
	p->unseen = b->unseen;
	p->time = b->time;
	p->promised = b->promised;
	f->piece.origin->header.length = b->header;
	f->piece.origin->line = b->line;
	f->current = NULL;
	f->lines.count = 0;
	pw_builder_clear(out);
	return 0;
}

/* Rows of the first n bytes: as pw_follow_parse. */
static ptrdiff_t parse(struct pw_follow *f, size_t n, bool last, struct pw_builder *out)
{
	const struct pw_slice data = {f->piece.data, n};
	bool line;

	if (pw_follow_enter(f, f->piece.origin) < 0)
		return -1;
	f->reader->parser->lines = &f->lines;
	f->lines.count = 0;
	const ptrdiff_t used = pw_follow_parse(f, data, last, &f->piece.origin->header, &line, out);
	f->reader->parser->lines = NULL;
	return used;
}

/* Parses the whole piece, as parse does, but reports no rows with an error. */
static ptrdiff_t look(struct pw_follow *f, struct pw_builder *out)
{
	pw_parser_reject_fn *said = f->reader->options.reject;

	f->reader->options.reject = NULL;
	const ptrdiff_t used = parse(f, f->piece.length, f->piece.last, out);
	f->reader->options.reject = said;
	return used;
}

/* The offset in the piece of the line on which row stands; the piece begins on line `first`. */
static size_t offset_of(const struct pw_follow *f, uint32_t row, uint64_t first)
{
	const char *at = f->piece.data, *end = at + f->piece.length;

	for (uint64_t line = first; line < f->lines.items[row]; line++)
		at = (const char *)memchr(at, '\n', (size_t)(end - at)) + 1;
	return (size_t)(at - f->piece.data);
}

/* The first `rows` rows of out count, which `used` bytes have become. */
static int take(struct pw_follow *f, size_t used, uint32_t rows, const struct pw_builder *out)
{
	f->complete = rows;
	f->uncovered += used;
	f->resume->rows += rows;
	if (rows > 0)
		f->open = pw_batch_time(&out->view, rows - 1);
	return pw_follow_consume(f, f->piece.origin, used);
}

/* Only the rows before the last time count. quiet: errors were not reported, so their bytes are parsed again. */
static int take_part(struct pw_follow *f, const struct parsed *b, bool quiet,
		     struct pw_builder *out)
{
	const struct pw_run *last = &out->runs[out->run_count - 1];
	const uint32_t rows = out->rows - last->rows;
	const size_t used = offset_of(f, rows, b->line);
	const uint64_t line = f->lines.items[rows];
	const pw_time boundary = last->time;

	if (quiet) {
		undo(f, b, out);
		if (parse(f, used, true, out) < 0)
			return -1;
		pw_builder_view(out);
	}
	f->boundary = boundary;
	f->reader->parser->line = line;
	return take(f, used, rows, out);
}

static int take_all(struct pw_follow *f, const struct parsed *b, bool quiet, size_t used,
		    struct pw_builder *out)
{
	if (quiet) {
		undo(f, b, out);
		if (parse(f, used, f->piece.last, out) < 0)
			return -1;
		pw_builder_view(out);
	}
	return take(f, used, out->rows, out);
}

int pw_follow_timed_piece(struct pw_follow *f, struct pw_builder *out)
{
	struct pw_parser *p = f->reader->parser;
	const bool quiet = f->reader->reject.policy != PW_REJECT_STOP;
	struct parsed before;

	if (pw_follow_enter(f, f->piece.origin) < 0)
		return -1;
	note(f, &before);
	const ptrdiff_t used = quiet ? look(f, out) : parse(f, f->piece.length, f->piece.last, out);
	if (used < 0)
		return -1;
	if (used == 0 && out->rows == 0 && f->piece.length > f->reader->options.max_line)
		return pw_parser_too_long(p, f->piece.length);
	const struct pw_batch *b = pw_builder_view(out);
	const pw_time first = b->rows > 0 ? b->runs[0].time : 0;
	const bool promised = p->promised > before.promised;
	if (f->resume->rows > 0 && b->run_count == 1 && first > f->open && !promised) {
		f->boundary = first; /* a commit that may be long begins here */
		f->offer = PW_FOLLOW_DUE;
		return undo(f, &before, out);
	}
	if (b->run_count > 1 && !promised)
		return take_part(f, &before, quiet, out);
	if (take_all(f, &before, quiet, (size_t)used, out) < 0)
		return -1;
	if (promised && p->promised > f->boundary)
		f->boundary = p->promised;
	else if (b->rows > 0 && first > f->boundary)
		f->boundary = first;
	return 0;
}

/* ---- entries ---- */

/* Rows consumed below f->boundary become durable before the frontier passes them. */
static int cover(struct pw_follow *f)
{
	struct pw_resume *r = f->resume;
	const struct pw_journal *j = &r->journal;

	if (f->offer == PW_FOLLOW_DUE)
		f->offer = PW_FOLLOW_HELD;
	f->uncovered = 0;
	if (r->store->finished && r->rows > 0)
		return pw_resume_fail_finished(r);
	if (f->boundary > 0 && (!j->has_last || f->boundary - 1 > j->last) &&
	    pw_resume_commit(r, f->connector, f->boundary - 1) < 0)
		return -1;
	f->frontier = f->boundary;
	return PW_READ_FRONTIER;
}

/* At the end of the source the open time is complete. */
static int finish(struct pw_follow *f)
{
	struct pw_resume *r = f->resume;

	if (r->rows > 0 && f->open >= f->boundary)
		f->boundary = f->open + 1;
	if (r->rows > 0 ||
	    f->boundary > pw_resume_floor(r)) /* of rows, or promised by the source */
		return cover(f);
	if (f->boundary > f->frontier) {
		f->frontier = f->boundary;
		return PW_READ_FRONTIER;
	}
	return pw_resume_end(r) < 0 ? -1 : pw_follow_end(f, false);
}

int pw_follow_timed_step(struct pw_follow *f, struct pw_builder *out)
{
	const bool more = f->uncovered > 0 && f->boundary > f->frontier;

	if (f->offer == PW_FOLLOW_FINISHED)
		return finish(f);
	if (f->offer == PW_FOLLOW_DUE ||
	    (more && (pw_follow_is_idle(f) || f->uncovered >= COVER_BYTES)))
		return cover(f);
	if (pw_follow_stops(f, false)) {
		f->ending =
			PW_READ_BROKEN_OFF; /* rows may be left: no other reader may pass this one */
		return PW_READ_END;
	}
	if (pw_follow_is_idle(f))
		return PW_READ_IDLE;
	if (pw_follow_take(f, out) < 0)
		return -1;
	return out->rows > 0 ? PW_READ_ROWS : 0;
}
