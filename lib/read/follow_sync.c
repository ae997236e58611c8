/*
 * --sync: rows are held before they have a commit, and belong to the one in
 * which they are let go.
 *
 * While rows are held the source is not read, and counts as idle: the commit in
 * hand ends when it is due, and promises go on. It ends at once where the rows
 * rest on what others have sent in a later commit. The first load, whose time is
 * 0 in all readers, ends when no reader may send more for it. A commit that can't
 * be divided is let go as a whole with its first row.
 */
#include "follow_internal.h"

void pw_follow_keep_step(struct pw_follow *f, bool loads)
{
	if (f->sync != NULL)
		pw_sync_live(f->sync, f->resume != NULL, loads);
}

void pw_follow_go_on_in_step(struct pw_follow *f)
{
	struct pw_resume *r = f->resume;

	if (f->sync == NULL)
		return;
	pw_resume_find_greatest(r);
	if (r->has_greatest)
		pw_sync_resumed(f->sync, r->greatest, r->journal.last);
}

void pw_follow_note_greatest(const struct pw_follow *f)
{
	if (f->sync == NULL)
		return;
	f->resume->has_greatest = pw_sync_greatest(f->sync, &f->resume->greatest);
}

bool pw_follow_holds(const struct pw_follow *f)
{
	return f->sync != NULL && !pw_hold_is_empty(&f->hold);
}

bool pw_follow_waits(const struct pw_follow *f)
{
	return f->hold.waits;
}

bool pw_follow_waits_whole(const struct pw_follow *f)
{
	return f->hold.waits && pw_follow_in_block(f) && !f->hold.divided;
}

pw_time pw_follow_joins(const struct pw_follow *f)
{
	const struct pw_commits *c = &f->commits;

	if (!f->hold.waits || !(c->has_rows || c->first) || f->sync->answer.time <= c->time)
		return 0;
	return f->sync->answer.time;
}

bool pw_follow_loads_on(const struct pw_follow *f)
{
	return f->hold.waits && f->sync->loading && !f->sync->answer.still;
}

/* ---- rows are held ---- */

static void on_reject(void *hold, const char *reason, const char *file, uint64_t line,
		      struct pw_slice row)
{
	pw_hold_reject(hold, reason, file, line, row);
}

/* The piece becomes rows of the hold: bytes used, or -1. */
static ptrdiff_t parse(struct pw_follow *f, bool *line, const struct pw_schema *schema)
{
	struct pw_parser *p = f->reader->parser;
	struct pw_parser_options *o = &f->reader->options, said = *o;
	struct pw_piece *piece = &f->piece;
	struct pw_hold *h = &f->hold;

	pw_hold_begin(h, schema, piece->origin, p->line);
	p->lines = &h->lines;
	if (o->reject != NULL) {
		o->reject = on_reject;
		o->context = h;
	}
	const ptrdiff_t used = pw_follow_parse(f, (struct pw_slice){piece->data, piece->length},
					       piece->last, &piece->origin->header, line, &h->rows);
	o->reject = said.reject;
	o->context = said.context;
	p->lines = NULL;
	if (used >= 0)
		pw_hold_end(h, piece->data, (size_t)used, p->line);
	return used;
}

/* ---- rows are let go ---- */

/* The bytes that were consumed last have made the connector drop them: it offers the others again. */
static int offer_again(struct pw_follow *f)
{
	struct pw_hold *h = &f->hold;

	do {
		if (pw_follow_read(f) < 0)
			return -1;
		if (f->piece.kind == PW_PIECE_BEGIN)
			pw_follow_begin_origin(f, f->piece.origin);
	} while (f->piece.kind == PW_PIECE_BEGIN);
	if (f->piece.kind != PW_PIECE_DATA || f->piece.origin != h->origin ||
	    f->piece.length < h->length - h->used)
		pw_bug("%s: bytes that are held are not offered again", h->origin->name);
	h->consumed = false;
	return 0;
}

/* The bytes of the rows that were taken are consumed. */
static int consume(struct pw_follow *f)
{
	struct pw_hold *h = &f->hold;
	struct pw_origin *o = h->origin;
	const uint64_t before = o->line;
	const char *data = h->data + h->used;
	uint64_t line;
	const size_t n = pw_hold_bytes(h, &line);

	o->line = line;
	if (n == 0)
		return 0;
	if (h->consumed && offer_again(f) < 0)
		return -1;
	if (f->resume != NULL && pw_resume_consumed(f->resume, o, before, data, n) < 0)
		return -1;
	pw_hold_use(h, n, line);
	return f->connector->kind->consume(f->connector, o, n);
}

static void report_rejected(struct pw_follow *f, pw_time time)
{
	const struct pw_parser_options *o = &f->reader->options;
	const struct pw_hold_reject *r;

	f->reader->parser->time = time;
	while ((r = pw_hold_rejected(&f->hold)) != NULL)
		o->reject(o->context, r->reason, r->file, r->line,
			  (struct pw_slice){r->row.data, r->row.length});
}

/* Is a row of the commit in hand there that it can't be parted from? */
static bool is_whole(const struct pw_follow *f)
{
	const struct pw_commits *c = &f->commits;

	if (pw_follow_in_block(f))
		return f->hold.divided;
	return f->bound == PW_FOLLOW_MUST_NOT_END ||
	       (c->autocommit < 0 && c->has_rows && (!c->first || f->loose > 0));
}

int pw_follow_let_go(struct pw_follow *f, struct pw_builder *out)
{
	struct pw_hold *h = &f->hold;
	const struct pw_commits *c = &f->commits;
	const int64_t now = pw_clock_now(&f->clock);
	const struct pw_sync_times times = {.least = c->promised,
					    .wish = pw_commits_time(c, now),
					    .fixed = c->first || c->has_rows};
	pw_time time;
	const bool stops = pw_tool_stopping(f->reader->tool) && !pw_follow_loads(f);
	const int64_t n = stops ? 0
				: pw_sync_let_go(f->sync, pw_builder_view(&h->rows), h->at,
						 is_whole(f), &times, &time);

	h->waits = n == 0;
	if (n <= 0)
		return (int)n;
	pw_hold_take(h, (uint32_t)n, time, out);
	h->divided = pw_follow_in_block(f);
	if (consume(f) < 0)
		return -1;
	report_rejected(f, time);
	return pw_follow_note_rows(f, time, now, out);
}

int pw_follow_hold(struct pw_follow *f, struct pw_builder *out)
{
	struct pw_parser *p = f->reader->parser;
	const pw_time time = pw_commits_time(&f->commits, pw_clock_now(&f->clock));
	bool line;

	if (pw_follow_enter(f, f->piece.origin) < 0)
		return -1;
	p->time = time;
	const ptrdiff_t used = parse(f, &line, out->schema);
	if (used < 0)
		return -1;
	if (used == 0 && f->hold.rows.rows == 0 && f->piece.length > f->reader->options.max_line)
		return pw_parser_too_long(p, f->piece.length);
	if (line)
		pw_follow_note_commit_line(f);
	if (!pw_hold_is_empty(&f->hold))
		return pw_follow_let_go(f, out);
	report_rejected(f, time);
	return consume(f);
}
