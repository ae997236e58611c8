/*
 * The events of all inputs of pw_tool, in the order of their frontiers.
 *
 * Only an input whose frontier is the least hands out events: another could
 * bring nothing that its stage may use yet. But all are read: whoever writes
 * to an input that is ahead may be the one that the input behind waits for.
 */
#include "../base/io.h"
#include "input_internal.h"
#include "progress_internal.h"
#include "report_internal.h"
#include "signal.h"
#include "state_internal.h"

/* Of the inputs that have not ended, and are not held while others are there. */
static pw_time least_frontier(const struct pw_tool *t, bool held)
{
	pw_time least = PW_TIME_END;

	for (size_t i = 0; i < t->input_count; i++)
		if (!t->inputs[i].ended && t->inputs[i].held <= held &&
		    t->inputs[i].frontier < least)
			least = t->inputs[i].frontier;
	return least;
}

static bool any_open(const struct pw_tool *t, bool held)
{
	for (size_t i = 0; i < t->input_count; i++)
		if (!t->inputs[i].ended && t->inputs[i].held <= held)
			return true;
	return false;
}

/* The inputs in turn, as a bit each. While heads are waited for: those without. */
static uint64_t in_turn(const struct pw_tool *t)
{
	const bool held = !any_open(t, false);
	const pw_time least = least_frontier(t, held);
	uint64_t turn = 0, headless = 0;

	for (size_t i = 0; i < t->input_count; i++) {
		const struct pw_input *in = &t->inputs[i];
		if (in->ended)
			continue;
		headless |= (uint64_t)!in->headed << i;
		turn |= (uint64_t)(in->held <= held && in->frontier == least) << i;
	}
	return headless != 0 ? headless : turn;
}

/* What the inputs in turn have in their spools needs no waiting. */
static bool fill_from_spools(struct pw_tool *t, uint64_t turn)
{
	bool filled = false;

	for (size_t i = 0; i < t->input_count; i++) {
		struct pw_input *in = &t->inputs[i];
		if (!(turn >> i & 1) || (pw_spool_empty(&in->spool) && !in->source.drained))
			continue;
		if (pw_source_fill(&in->source) < 0)
			pw_tool_broken(t, in);
		filled = true;
	}
	return filled;
}

/* Reads the ready ones of the inputs chosen, in turn or ahead. */
static bool read_ready(struct pw_tool *t, const struct pollfd *fds, const size_t *which, size_t n,
		       uint64_t turn, bool ahead)
{
	bool any = false;

	for (size_t i = 0; i < n; i++) {
		struct pw_source *s = &t->inputs[which[i]].source;
		if (fds[i].revents == 0 || (turn >> which[i] & 1) == ahead)
			continue;
		if ((ahead ? pw_source_ahead(s) : pw_source_fill(s)) < 0)
			pw_tool_broken(t, &t->inputs[which[i]]);
		any = true;
	}
	return any;
}

void pw_tool_fill(struct pw_tool *t)
{
	struct pollfd fds[PW_INPUTS_MAX + 3];
	const uint64_t turn = in_turn(t);
	size_t which[PW_INPUTS_MAX], n = 0;
	const bool child = t->state != NULL && t->state->child_count > 0;

	if (fill_from_spools(t, turn))
		return;
	for (size_t i = 0; i < t->input_count; i++) {
		const struct pw_input *in = &t->inputs[i];
		if (in->ended || in->source.drained || in->source.closed)
			continue;
		which[n] = i;
		fds[n++] = (struct pollfd){.fd = in->source.fd, .events = POLLIN};
	}
	if (child)
		fds[n] = (struct pollfd){.fd = t->state->children[0].fd, .events = POLLIN};
	if (!pw_tool_poll(t, fds, n + child)) {
		pw_tool_break_off(t);
		return;
	}
	if (child)
		t->state->child_ready = fds[n].revents != 0;
	if (!read_ready(t, fds, which, n, turn, false))
		read_ready(t, fds, which, n, turn, true);
}

/* Has the input rows of a commit that it has not completed? */
static bool in_mid_commit(const struct pw_input *in)
{
	return in->source.dated && in->source.last >= in->source.frontier;
}

/*
 * Did it break off? In a line with state its END says so: what it has sent is
 * not all saved, and what others send behind its frontier can't be complete.
 */
static bool broke_off(const struct pw_tool *t, const struct pw_input *in)
{
	return in->ending == PW_SUSPENDED &&
	       (in_mid_commit(in) || (t->state != NULL && in->durable != PW_TIME_END));
}

/*
 * An input that has ended holds nothing back. But one that broke off in the
 * middle of a commit must not have that taken for complete because the others
 * go on: then the stage breaks off as well.
 */
static void input_ended(struct pw_tool *t, struct pw_input *in, const struct pw_event *ev)
{
	if (ev->ending == PW_FAILED)
		pw_tool_follow(t, ev->status);
	if (ev->ending == PW_SUSPENDED)
		t->ending = PW_SUSPENDED;
	in->ended = true;
	in->ending = ev->ending;
	in->durable = ev->time;
	pw_tool_close(in);
	if (broke_off(t, in) && t->state != NULL)
		t->state->broken = true;
	if (!broke_off(t, in) || !any_open(t, true)) {
		in->frontier = PW_TIME_END;
		return;
	}
	if (!pw_signal_stop())
		pw_tool_say(t, "%s broke off%s: so does this", in->name,
			    in_mid_commit(in) ? " in the middle of a commit" : "");
	pw_tool_break_off(t);
}

/* The least frontier of all, held or not, has moved: the event says so. */
static bool frontier_moved(struct pw_tool *t, struct pw_event *ev)
{
	const pw_time least = least_frontier(t, true);

	if (least <= t->frontier || (least == PW_TIME_END && t->state != NULL))
		return false;
	t->frontier = least;
	*ev = (struct pw_event){.kind = PW_EVENT_FRONTIER, .time = least};
	return true;
}

/* Rows [from, from + count) of the batch, lent. */
static const struct pw_batch *piece(struct pw_input *in, const struct pw_batch *batch,
				    uint32_t from, uint32_t count)
{
	if (count == batch->rows)
		return batch;
	if (in->piece.schema == NULL)
		pw_builder_init(&in->piece, &in->source.head.schema);
	pw_builder_clear(&in->piece);
	pw_builder_append(&in->piece, batch, from, count);
	return pw_builder_view(&in->piece);
}

/*
 * In a line with state: hands out what may be of in->rest. If others follow in
 * the batch they wait, and the input has come to their time: then FRONTIER.
 */
static bool take_rest(struct pw_tool *t, size_t i, struct pw_event *ev)
{
	struct pw_input *in = &t->inputs[i];
	const struct pw_batch *batch = in->rest;
	const pw_time limit = pw_state_limit(t);
	const uint32_t from = in->rest_row;
	uint32_t to = 0, r = 0;
	pw_time first = PW_TIME_END, last = 0;

	for (; r < batch->run_count && batch->runs[r].time < limit; r++) {
		to += batch->runs[r].rows;
		if (to <= from)
			continue;
		last = batch->runs[r].time;
		first = last < first ? last : first;
	}
	in->rest_row = to;
	if (to == batch->rows)
		in->rest = NULL;
	else if (to == from) {
		const pw_time time = batch->runs[r].time;
		const pw_time grid =
			time == PW_TIME_END ? time : pw_store_grid_below(&t->state->store, time);
		in->frontier = grid > in->frontier ? grid : in->frontier;
		if (time < PW_TIME_END && in->frontier > in->reached)
			in->reached = in->frontier;
		return frontier_moved(t, ev);
	}
	t->rows_in += to - from;
	pw_state_note(t->state, first, last);
	*ev = (struct pw_event){.kind = PW_EVENT_BATCH,
				.input = (int)i,
				.batch = piece(in, batch, from, to - from)};
	pw_report_rows(t, ev->batch);
	return true;
}

/* Has this event of input i something to say to the program? */
static bool taken(struct pw_tool *t, size_t i, struct pw_event *ev)
{
	struct pw_input *in = &t->inputs[i];

	ev->input = (int)i;
	switch (ev->kind) {
	case PW_EVENT_BATCH:
		if (t->state != NULL) {
			in->rest = ev->batch;
			in->rest_row = 0;
			return take_rest(t, i, ev);
		}
		t->rows_in += ev->batch->rows;
		pw_report_rows(t, ev->batch);
		return true;
	case PW_EVENT_FRONTIER:
		in->frontier = ev->time;
		if (ev->time < PW_TIME_END)
			in->reached = ev->time;
		return frontier_moved(t, ev);
	case PW_EVENT_DURABLE:
		in->durable = ev->time;
		return t->state == NULL;
	case PW_EVENT_END:
		input_ended(t, in, ev);
		return any_open(t, true) && frontier_moved(t, ev);
	case PW_EVENT_HEAD:
		break;
	}
	return false;
}

/* An event out of what has been read already. */
static bool buffered(struct pw_tool *t, struct pw_event *ev)
{
	uint64_t tried = 0, left;

	while ((left = in_turn(t) & ~tried) != 0) {
		const size_t i = (size_t)__builtin_ctzll(left);
		if (t->inputs[i].rest != NULL) {
			if (take_rest(t, i, ev))
				return true;
			tried |= t->inputs[i].rest != NULL ? UINT64_C(1) << i : 0;
			continue;
		}
		const int rc = pw_source_next(&t->inputs[i].source, ev);
		if (rc < 0)
			pw_tool_broken(t, &t->inputs[i]);
		else if (rc == PW_SOURCE_WANT || rc == 0)
			tried |= UINT64_C(1) << i;
		else if (taken(t, i, ev))
			return true;
	}
	return false;
}

bool pw_tool_next(struct pw_tool *t, struct pw_event *ev)
{
	pw_progress_look(t);
	while (!t->ended) {
		if (pw_signal_stop() && pw_signal_stop_left() <= 0)
			pw_tool_break_off(t);
		if (t->state != NULL && pw_state_step(t, least_frontier(t, true), ev))
			return true;
		if (!any_open(t, true))
			break;
		if (buffered(t, ev))
			return true;
		if (t->state != NULL && pw_state_step(t, least_frontier(t, true), ev))
			return true;
		if (any_open(t, true))
			pw_tool_fill(t);
	}
	if (t->ended)
		return false;
	t->ended = true;
	*ev = (struct pw_event){.kind = PW_EVENT_END, .time = t->frontier, .ending = t->ending};
	return true;
}
