#include "read_source.h"

#include <stdlib.h>

static const struct pw_read_source_kind *kind_of(const struct pw_intake *in)
{
	const struct pw_intake_options *o = &in->o;

	if (in->stored)
		return o->as_of != NULL ? &pw_read_as_of : &pw_read_stored;
	if (o->replay != NULL)
		return in->resume.store != NULL ? &pw_read_replay_state : &pw_read_replay;
	if (!pw_intake_is_live(o))
		return &pw_read_load;
	return o->track ? &pw_read_track : &pw_read_follow;
}

struct pw_read_source *pw_read_source_open(struct pw_intake *in)
{
	const struct pw_read_source_kind *kind = kind_of(in);
	struct pw_read_source *s = pw_mem_zero(1, kind->size);

	*s = (struct pw_read_source){
		.kind = kind, .in = in, .schema = &in->layout.schema, .state = "none"};
	if (kind->open == NULL || kind->open(s) == 0)
		return s;
	pw_read_source_close(s);
	return NULL;
}

int pw_read_source_start(struct pw_read_source *s)
{
	return s->kind->start != NULL ? s->kind->start(s) : 0;
}

int pw_read_source_next(struct pw_read_source *s, struct pw_builder *room, struct pw_read_event *ev)
{
	*ev = (struct pw_read_event){0};
	const int kind = s->kind->next(s, room, ev);

	if (kind < 0)
		return -1;
	ev->kind = (enum pw_read_event_kind)kind;
	return kind != PW_READ_END;
}

void pw_read_source_wait(struct pw_read_source *s)
{
	if (s->kind->wait != NULL)
		s->kind->wait(s);
}

void pw_read_source_close(struct pw_read_source *s)
{
	if (s != NULL && s->kind->close != NULL)
		s->kind->close(s);
	free(s);
}

void pw_read_source_rows(struct pw_read_event *ev, struct pw_builder *room)
{
	ev->batch = *pw_builder_view(room);
	ev->frontier = ev->batch.runs[ev->batch.run_count - 1].time;
}
