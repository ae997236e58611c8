/* Columns are found in the rows that come first, which are read again later. */
#include "follow_internal.h"

/* Looks at what the piece offers after what has been looked at. 1: it shows the columns; 0; -1 */
static int sample_piece(struct pw_follow *f, const struct pw_layout_wish *wish, size_t *looked)
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
	if (r->parser->sampled > 0 || pw_reader_is_declared(r, wish))
		return 1;
	if (!piece->last)
		return 0;
	f->current = NULL; /* a header alone: it would be offered for ever */
	return f->connector->kind->consume(f->connector, piece->origin, piece->length);
}

static int wait_for_rows(struct pw_follow *f)
{
	pw_follow_note_idle(f);
	while (pw_follow_is_idle(f)) {
		if (pw_tool_stopping(f->reader->tool))
			pw_tool_stopped(f->reader->tool);
		pw_follow_sleep(f, INT64_MAX);
	}
	return 0;
}

/* One piece. 1: there is enough, or nothing more will come; 0; -1 */
static int sample_next(struct pw_follow *f, const struct pw_layout_wish *wish, size_t *looked)
{
	switch (f->piece.kind) {
	case PW_PIECE_BEGIN:
		pw_follow_begin_origin(f, f->piece.origin);
		return 0;
	case PW_PIECE_DATA:
		return sample_piece(f, wish, looked);
	case PW_PIECE_BLOCK_BEGIN:
	case PW_PIECE_BLOCK_END:
		f->bound = f->piece.kind == PW_PIECE_BLOCK_BEGIN ? PW_FOLLOW_IN_BLOCK
								 : PW_FOLLOW_MAY_END;
		return 0;
	case PW_PIECE_IDLE:
		return wait_for_rows(f);
	default:
		return f->piece.kind == PW_PIECE_FINISHED;
	}
}

/* Rows that are sampled are not consumed: their piece is held when this ends. */
int pw_follow_sample(struct pw_follow *f, const struct pw_layout_wish *wish, struct pw_found *found)
{
	size_t looked = 0;
	int enough = 0;

	while (enough == 0) {
		if (pw_follow_read(f) < 0)
			return -1;
		enough = sample_next(f, wish, &looked);
	}
	if (enough < 0)
		return -1;
	f->offer = PW_FOLLOW_HELD;
	f->current = NULL;
	return f->reader->kind->columns(f->reader->parser, found);
}
