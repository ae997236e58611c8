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

/* ---- rows ---- */

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

bool pw_follow_note_times(struct pw_follow *f, const struct pw_builder *out)
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

int pw_follow_note_rows(struct pw_follow *f, pw_time time, int64_t now,
			const struct pw_builder *out)
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
	const ptrdiff_t used =
		pw_follow_parse(f, data, piece->last, &piece->origin->header, &line, out);
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
		pw_follow_begin_origin(f, piece->origin);
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
		f->must = piece->commit == PW_COMMIT_MUST && f->commits.has_rows &&
			  !pw_follow_loads(f);
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
