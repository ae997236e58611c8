/* A connector is followed, by the follower of the intake: it brings rows, or tables. */
#include "read_source.h"
#include "track.h"

/* ---- rows ---- */

static int follow_start(struct pw_read_source *s)
{
	struct pw_intake *in = s->in;
	const bool loads = pw_connector_of(in->tool->args[0]) != &pw_connector_stdin;

	return pw_follow_start(&in->follow, in->resume.store != NULL ? &in->resume : NULL, loads);
}

static int follow_next(struct pw_read_source *s, struct pw_builder *room, struct pw_read_event *ev)
{
	const int kind = pw_follow_next(&s->in->follow, room);

	pw_follow_tell(&s->in->follow, room, ev);
	s->in->tool->rows_in += ev->batch.rows;
	return kind;
}

static void follow_wait(struct pw_read_source *s)
{
	pw_follow_wait(&s->in->follow);
}

const struct pw_read_source_kind pw_read_follow = {
	.size = sizeof(struct pw_read_source),
	.start = follow_start,
	.next = follow_next,
	.wait = follow_wait,
};

/* ---- tables ---- */

struct tracked {
	struct pw_read_source s;
	struct pw_track track;
};

static int track_start(struct pw_read_source *s)
{
	struct tracked *t = (struct tracked *)s;

	return follow_start(s) < 0 ? -1 : pw_track_open(&t->track, &s->in->follow, s->schema);
}

/* Rows that were read are counted where old and new copies are compared. */
static int track_next(struct pw_read_source *s, struct pw_builder *room, struct pw_read_event *ev)
{
	struct tracked *t = (struct tracked *)s;
	const int kind = pw_track_next(&t->track, room);

	pw_follow_tell(&s->in->follow, room, ev);
	return kind;
}

static void track_close(struct pw_read_source *s)
{
	pw_track_close(&((struct tracked *)s)->track);
}

const struct pw_read_source_kind pw_read_track = {
	.size = sizeof(struct tracked),
	.start = track_start,
	.next = track_next,
	.wait = follow_wait,
	.close = track_close,
};
