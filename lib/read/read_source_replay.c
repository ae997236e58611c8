/* Files whose rows carry their times are replayed: without state, and with it. */
#include "read_source.h"
#include "replay_state.h"

struct replayed {
	struct pw_read_source s;
	struct pw_replay replay;
	struct pw_replay_state state; /* of pw_read_replay_state alone */
	bool live;                    /* the replay is over, and the connector is followed */
};

static int replay_open(struct pw_read_source *s)
{
	struct replayed *r = (struct replayed *)s;
	const struct pw_intake_options *o = &s->in->o;
	const struct pw_replay_wish wish = {
		.column = o->replay,
		.unit = o->unit,
		.autocommit = o->autocommit == PW_INTAKE_NOT_GIVEN ? 0 : o->autocommit,
		.speed = o->speed,
		.from = o->from,
	};

	return pw_replay_open(&r->replay, &wish, s->schema);
}

/* What the replay told, as an event. */
static void tell(struct pw_read_source *s, int kind, pw_time frontier, struct pw_builder *room,
		 struct pw_read_event *ev)
{
	if (kind == PW_READ_ROWS)
		pw_read_source_rows(ev, room);
	else
		ev->frontier = frontier;
	s->in->tool->rows_in += ev->batch.rows;
}

/* ---- without state ---- */

static int replay_start(struct pw_read_source *s)
{
	struct replayed *r = (struct replayed *)s;
	struct pw_intake *in = s->in;

	if (in->follow.offer == PW_FOLLOW_HELD) /* columns were waited for: there are no rows yet */
		in->reader.path_count = 0;
	return pw_replay_start(&r->replay, &in->reader, &in->layout.view);
}

/* With -F what comes after the replay is read by the connector, from where the files have ended. */
static int go_live(struct replayed *r, struct pw_read_event *ev)
{
	struct pw_follow *f = &r->s.in->follow;

	r->live = true;
	if (pw_follow_start_after(f, &r->replay.files.ends, r->replay.files.now) < 0)
		return -1;
	ev->frontier = f->frontier;
	return PW_READ_FRONTIER;
}

static int replay_next(struct pw_read_source *s, struct pw_builder *room, struct pw_read_event *ev)
{
	struct replayed *r = (struct replayed *)s;

	if (r->live)
		return pw_read_follow.next(s, room, ev);
	const int kind = pw_replay_next(&r->replay, room);
	if (kind == PW_READ_END && s->in->o.follow)
		return go_live(r, ev);
	tell(s, kind, r->replay.promised, room, ev);
	return kind;
}

static void replay_wait(struct pw_read_source *s)
{
	struct replayed *r = (struct replayed *)s;

	if (r->live)
		pw_read_follow.wait(s);
	else
		pw_replay_wait(&r->replay);
}

static void replay_close(struct pw_read_source *s)
{
	struct replayed *r = (struct replayed *)s;

	pw_replay_state_close(&r->state);
	pw_replay_close(&r->replay);
}

const struct pw_read_source_kind pw_read_replay = {
	.size = sizeof(struct replayed),
	.open = replay_open,
	.start = replay_start,
	.next = replay_next,
	.wait = replay_wait,
	.close = replay_close,
};

/* ---- with state ---- */

static int state_start(struct pw_read_source *s)
{
	struct replayed *r = (struct replayed *)s;
	struct pw_intake *in = s->in;

	return pw_replay_state_start(&r->state, &r->replay, &in->resume, &in->reader,
				     &in->layout.view, !pw_intake_may_grow(&in->o));
}

/* Rows of this run wait for the journal, those of earlier runs do not. */
static int state_next(struct pw_read_source *s, struct pw_builder *room, struct pw_read_event *ev)
{
	struct pw_replay_state *k = &((struct replayed *)s)->state;
	const int kind = pw_replay_state_next(k, room);

	tell(s, kind, k->frontier, room, ev);
	ev->uncovered = ev->synced = !k->playing;
	if (ev->uncovered)
		ev->frontier = k->frontier;
	return kind;
}

const struct pw_read_source_kind pw_read_replay_state = {
	.size = sizeof(struct replayed),
	.open = replay_open,
	.start = state_start,
	.next = state_next,
	.wait = replay_wait,
	.close = replay_close,
};
