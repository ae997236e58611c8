/* Files and standard input are read from their beginning to their end, by the reader of the intake. */
#include "read_source.h"

static int load_next(struct pw_read_source *s, struct pw_builder *room, struct pw_read_event *ev)
{
	struct pw_reader *r = &s->in->reader;
	const int answer = pw_reader_next(r, room);
	const pw_time promised = s->in->o.changes ? r->parser->promised : 0;

	if (answer == PW_READER_WAITS)
		return PW_READ_IDLE;
	if (answer != PW_READER_ROWS)
		return answer < 0 ? -1 : PW_READ_END;
	s->in->tool->rows_in += room->rows;
	if (room->rows > 0)
		pw_read_source_rows(ev, room);
	if (promised > ev->frontier)
		ev->frontier = promised;
	return room->rows > 0 ? PW_READ_ROWS : PW_READ_FRONTIER;
}

static void load_wait(struct pw_read_source *s)
{
	pw_reader_wait(&s->in->reader);
}

const struct pw_read_source_kind pw_read_load = {
	.size = sizeof(struct pw_read_source),
	.next = load_next,
	.wait = load_wait,
};
