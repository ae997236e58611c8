/* What the source offers becomes rows. */
#include "follow_internal.h"

/* ---- the source ---- */

int pw_follow_read(struct pw_follow *f)
{
	f->piece = (struct pw_piece){.fd = -1, .timeout_ms = -1};
	return f->connector->kind->read(f->connector, &f->piece);
}

void pw_follow_note_idle(struct pw_follow *f)
{
	const int64_t ms = f->piece.timeout_ms;

	f->offer = f->piece.commit == PW_COMMIT_MUST_NOT ? PW_FOLLOW_SLOW : PW_FOLLOW_IDLE;
	f->read_at = ms < 0 ? INT64_MAX : pw_clock_boot() + ms * 1000000;
}

void pw_follow_begin_origin(struct pw_follow *f, struct pw_origin *o)
{
	if (o->line == 0)
		o->line = 1;
	if (f->resume != NULL && o->offset > 0 && o->header.length == 0)
		pw_resume_header(f->resume, o->key, &o->header);
	const char *header = f->replayed != NULL && o->header.length == 0
				     ? pw_offsets_get(&f->replayed->headers, o->key)
				     : NULL;
	if (header != NULL && o->offset > 0)
		pw_bytes_text(&o->header, header);
	if (f->current == o) /* its name may be another */
		f->current = NULL;
}

int pw_follow_begin(struct pw_follow *f, const char *name, int64_t modified, struct pw_slice header,
		    uint64_t line)
{
	struct pw_parser *p = f->reader->parser;
	struct pw_builder none = {0};

	if (pw_parser_begin(p, name, modified) < 0)
		return -1;
	if (header.length > 0 &&
	    p->kind->parse(p, header.data, header.length, false, &none) != (ptrdiff_t)header.length)
		return pw_fail(PW_DATA,
			       "%s: its header is not the one that was read: put it back, or begin "
			       "anew with"
			       " --reset",
			       name);
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

/* ---- rows ---- */

/* The offset of the first commit line, whose length includes the line end; n: there is none. */
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
		const char *after = found + m;
		if (after < end && *after == '\r')
			after++;
		if (after < end ? *after != '\n' : !last)
			continue;
		*length = (size_t)(after - found) + (after < end);
		return (size_t)(found - data);
	}
	return n;
}

bool pw_follow_note_times(struct pw_follow *f, const struct pw_builder *out)
{
	const pw_time last = out->run_count > 0 ? out->runs[out->run_count - 1].time : 0;
	const pw_time promised = f->reader->parser->promised;
	const pw_time frontier = promised > last ? promised : last;

	if (!f->wish.timed || frontier <= f->frontier)
		return false;
	f->frontier = frontier;
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
	if (used == 0 && out->rows == 0 &&
	    length > 0) /* the line breaks a record: the parser says so */
		used = p->kind->parse(p, data.data, n, true, out);
	if (used > 0 && p->kind->header && p->preface > preface)
		pw_bytes_add(header, data.data, p->preface - preface);
	return used;
}

int pw_follow_note_rows(struct pw_follow *f, pw_time time, int64_t now,
			const struct pw_builder *out)
{
	if (out->rows == 0)
		return 0;
	f->loose += out->rows;
	if (f->bound == PW_FOLLOW_MUST_NOT_END)
		f->bound = PW_FOLLOW_MAY_END;
	if (f->wish.timed)
		return 0;
	pw_commits_rows(&f->commits, time, now);
	if (f->resume == NULL)
		return 0;
	f->resume->rows += out->rows;
	return pw_store_promise(f->resume->store, time);
}

void pw_follow_note_commit_line(struct pw_follow *f)
{
	f->loose = 0;
	if (!pw_follow_loads(f))
		f->bound = pw_follow_in_block(f) ? PW_FOLLOW_ENDS_IN_BLOCK : PW_FOLLOW_MUST_END;
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
	const ptrdiff_t used =
		pw_follow_parse(f, data, piece->last, &piece->origin->header, &line, out);
	if (used < 0)
		return -1;
	if (used == 0 && out->rows == 0 && piece->length > f->reader->options.max_line)
		return pw_parser_too_long(p, piece->length);
	if (line)
		pw_follow_note_commit_line(f);
	if (pw_follow_consume(f, piece->origin, (size_t)used) < 0)
		return -1;
	return pw_follow_note_rows(f, time, now, out);
}

/* ---- pieces ---- */

static void begin_block(struct pw_follow *f)
{
	const bool ends =
		f->piece.commit == PW_COMMIT_MUST && f->commits.has_rows && !pw_follow_loads(f);

	f->bound = ends ? PW_FOLLOW_ENDS_IN_BLOCK : PW_FOLLOW_IN_BLOCK;
	f->hold.divided = false;
}

static void end_block(struct pw_follow *f)
{
	const enum pw_connector_commit commit = f->piece.commit;

	f->bound = commit == PW_COMMIT_MUST_NOT                      ? PW_FOLLOW_MUST_NOT_END
		   : commit == PW_COMMIT_MUST && !pw_follow_loads(f) ? PW_FOLLOW_MUST_END
								     : PW_FOLLOW_MAY_END;
}

static int end_origin(struct pw_follow *f)
{
	if (f->current == f->piece.origin)
		f->current = NULL;
	if (f->resume != NULL)
		pw_resume_ended(f->resume, f->piece.origin);
	return 0;
}

static int handle(struct pw_follow *f, struct pw_builder *out)
{
	f->offer = PW_FOLLOW_UNKNOWN;
	switch (f->piece.kind) {
	case PW_PIECE_BEGIN:
		pw_follow_begin_origin(f, f->piece.origin);
		if (f->resume != NULL)
			pw_resume_begun(f->resume, f->piece.origin);
		break;
	case PW_PIECE_DATA:
		return pw_follow_timed(f) ? pw_follow_timed_piece(f, out)
		       : f->sync != NULL  ? pw_follow_hold(f, out)
					  : parse_piece(f, out);
	case PW_PIECE_END:
		return end_origin(f);
	case PW_PIECE_BLOCK_BEGIN:
		begin_block(f);
		break;
	case PW_PIECE_BLOCK_END:
		end_block(f);
		break;
	case PW_PIECE_IDLE:
		pw_follow_note_idle(f);
		if (f->offer == PW_FOLLOW_IDLE)
			f->commits.loads = false;
		break;
	case PW_PIECE_FINISHED:
		f->offer = PW_FOLLOW_FINISHED;
		break;
	}
	return 0;
}

int pw_follow_take(struct pw_follow *f, struct pw_builder *out)
{
	if (f->offer != PW_FOLLOW_HELD && pw_follow_read(f) < 0)
		return -1;
	return handle(f, out);
}
