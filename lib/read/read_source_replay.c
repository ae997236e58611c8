/* Files whose rows carry their times are replayed: without state, and with it. */
#include "read_source.h"
#include "replay_state.h"

struct replayed {
	struct pw_read_source s;
	struct pw_replay replay;
	struct pw_replay_state state; /* of pw_read_replay_state alone */
	bool live;                    /* the replay is over, and the connector is read */
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

	if (pw_follow_is_begun(&in->follow))
		in->reader.path_count = 0;
	return pw_replay_start(&r->replay, &in->reader, &in->layout.view);
}

/* With -F what comes after the replay is read by the connector, from where the files have ended. */
static int go_live(struct replayed *r, struct pw_read_event *ev)
{
	struct pw_follow *f = &r->s.in->follow;

	r->live = true;
	if (pw_follow_start_after(f, NULL, r->replay.files.now + 2) < 0 ||
	    pw_follow_seek_after(f, &r->replay.files.ends) < 0)
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

	r->live = !pw_resume_plays_replay(&in->resume);
	if (r->live)
		return pw_read_follow.start(s);
	if (pw_follow_is_begun(&in->follow))
		in->reader.path_count = 0;
	r->state.follows = in->o.follow;
	r->state.whole = !pw_intake_may_grow(&in->o);
	return pw_replay_state_start(&r->state, &r->replay, &in->resume, &in->reader,
				     &in->layout.view);
}

/* What an earlier run has committed by the clock is played by the follower, which then goes on. */
static int play_live(struct replayed *r, struct pw_builder *room, struct pw_read_event *ev)
{
	r->live = true;
	if (pw_read_follow.start(&r->s) < 0)
		return -1;
	r->s.in->follow.frontier = r->state.frontier;
	return pw_read_follow.next(&r->s, room, ev);
}

/*
 * The same as without state, but that the replay is over is in the journal before the
 * frontier says so: sinks may then record times that a row of the replay could have had.
 */
static int state_go_live(struct replayed *r, struct pw_read_event *ev)
{
	struct pw_follow *f = &r->s.in->follow;
	struct pw_resume *resume = &r->s.in->resume;

	r->live = true;
	if (pw_follow_start_after(f, resume, pw_replay_state_least(&r->state)) < 0 ||
	    pw_store_promise(resume->store, f->frontier - 1) < 0 ||
	    pw_replay_state_go_live(&r->state, f->frontier) < 0)
		return -1;
	if (!pw_follow_is_begun(f) && pw_resume_seek(resume, f->connector) < 0)
		return -1;
	ev->frontier = f->frontier;
	ev->synced = true;
	return PW_READ_FRONTIER;
}

/* Rows of this run wait for the journal, those of earlier runs do not. */
static int state_next(struct pw_read_source *s, struct pw_builder *room, struct pw_read_event *ev)
{
	struct replayed *r = (struct replayed *)s;
	struct pw_replay_state *k = &r->state;

	if (r->live)
		return pw_read_follow.next(s, room, ev);
	const int kind = pw_replay_state_next(k, room);
	if (kind == PW_READ_END && k->live)
		return play_live(r, room, ev);
	if (kind == PW_READ_END && k->follows)
		return state_go_live(r, ev);
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
