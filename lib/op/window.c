#include "window_internal.h"

#include "../data/names.h"

#include <stdlib.h>

/* ---- which options go together ---- */

static int refuse(const char *message)
{
	return pw_fail(PW_USAGE, "%s", message);
}

static int check_window(const struct pw_window_wish *w)
{
	const bool session = w->session != NULL || w->session_while != NULL;
	const int kinds = (w->tumbling != NULL) + (w->sliding != NULL) + (w->session != NULL) +
			  (w->session_while != NULL);

	if (w->time == NULL)
		return refuse("-t COL is missing: the column of event times");
	if (kinds == 0)
		return refuse("no window: give --tumbling D, --sliding D --every H, --session GAP "
			      "or --session-while EXPR");
	if (kinds > 1)
		return refuse("give one of --tumbling, --sliding, --session and --session-while");
	if (w->sliding != NULL && w->every == NULL)
		return refuse("--sliding needs --every H: a window starts each H");
	if (w->sliding == NULL && w->every != NULL)
		return refuse("--every goes with --sliding D");
	if (session && (w->origin != NULL || w->zone != NULL))
		return pw_fail(PW_USAGE, "%s is for tumbling and sliding windows, not for sessions",
			       w->origin != NULL ? "--origin" : "--zone");
	return 0;
}

static int check_session_behavior(const struct pw_window_wish *w)
{
	if (w->delay != NULL || w->once != NULL)
		return pw_fail(PW_USAGE, "sessions take --cutoff, and not %s",
			       w->delay != NULL ? "--delay" : "--once");
	if (w->session_while != NULL && w->cutoff != NULL)
		return refuse("--cutoff needs sessions with a gap: with --session-while nothing "
			      "says how far a session reaches");
	return 0;
}

static int check_behavior(const struct pw_window_wish *w)
{
	if (w->keep && w->no_keep)
		return refuse("give one of --keep and --no-keep");
	if (w->once != NULL && (w->delay != NULL || w->cutoff != NULL || w->no_keep))
		return pw_fail(PW_USAGE, "--once says it all: it goes without %s",
			       w->delay != NULL    ? "--delay"
			       : w->cutoff != NULL ? "--cutoff"
						   : "--no-keep");
	if ((w->session != NULL || w->session_while != NULL) && check_session_behavior(w) < 0)
		return -1;
	if (w->no_keep && w->cutoff == NULL)
		return refuse(
			"--no-keep needs --cutoff D: only answers of closed windows are taken "
			"away");
	if (w->late != NULL && w->cutoff == NULL && w->once == NULL)
		return refuse("--late needs --cutoff D or --once: else no row is late");
	return 0;
}

const struct pw_op_kind *pw_window_kind(const struct pw_window_wish *wish)
{
	if (check_window(wish) < 0 || check_behavior(wish) < 0)
		return NULL;
	if (wish->session != NULL || wish->session_while != NULL)
		return &pw_session_op;
	if (wish->count > 0)
		return &pw_window_op;
	return wish->delay != NULL || wish->once != NULL || wish->no_keep ? &pw_window_held_op
									  : &pw_window_rows_op;
}

/* ---- start ---- */

void pw_window_add_bounds(const struct pw_window *w, struct pw_schema *s, bool aside)
{
	static const char *const names[] = {"window_start", "window_end"};

	for (int i = 0; i < 2; i++) {
		struct pw_bytes name = {0};

		pw_bytes_text(&name, names[i]);
		while (aside && pw_schema_find(s, (struct pw_slice){name.data, name.length}) >= 0) {
			pw_bytes_clear(&name);
			pw_bytes_print(&name, "_%s", names[i]);
		}
		if (pw_schema_find(s, (struct pw_slice){name.data, name.length}) >= 0)
			pw_op_must(
				w->op,
				pw_fail(PW_USAGE,
					"the input has a column '%s' already: name it otherwise, "
					"with pw-select --rename upstream",
					names[i]));
		pw_op_must(w->op, pw_schema_add(s, (struct pw_slice){name.data, name.length},
						pw_axis_bound(&w->axis), false));
		pw_bytes_release(&name);
	}
}

static void check_shows(struct pw_window *w, const struct pw_window_wish *wish)
{
	const struct pw_length least = pw_windows_least(&w->windows);
	const bool never =
		w->axis.real ? w->delay.real > least.real + w->cutoff.real
			     : (__int128)w->delay.whole > (__int128)least.whole + w->cutoff.whole;

	if (w->delays && w->closes && !w->once && never)
		pw_op_must(w->op,
			   pw_fail(PW_USAGE,
				   "--delay: '%s' is more than the length of a window and --cutoff "
				   "'%s' together: it would be closed before it is shown",
				   wish->delay, wish->cutoff));
}

static void bind_behavior(struct pw_window *w, const struct pw_window_wish *wish)
{
	const char *cutoff = wish->once == NULL ? wish->cutoff : wish->once[0] ? wish->once : NULL;

	w->once = wish->once != NULL;
	w->delays = wish->delay != NULL || w->once;
	w->closes = wish->cutoff != NULL || w->once;
	w->drops = wish->no_keep;
	if (wish->delay != NULL)
		pw_op_must(w->op, pw_axis_length(&w->axis, "--delay", wish->delay, &w->delay));
	if (cutoff != NULL)
		pw_op_must(w->op, pw_axis_length(&w->axis, w->once ? "--once" : "--cutoff", cutoff,
						 &w->cutoff));
	check_shows(w, wish);
	w->clocked = w->delays || w->closes || wish->max_step != NULL || w->op->input_count > 1;
}

/* No row that is kept out is remembered, so none may be taken away later. */
static void check_step(struct pw_window *w, const struct pw_window_wish *wish)
{
	if (wish->max_step != NULL && !w->op->in->append_only &&
	    w->op->host->reject->policy != PW_REJECT_STOP)
		pw_op_must(
			w->op,
			pw_fail(PW_USAGE,
				"--max-step: rows of the input may be taken away, later than they "
				"were kept out: this needs an append-only input, or --on-error "
				"stop"));
}

void pw_window_bind(struct pw_window *w, struct pw_op *op, const struct pw_window_wish *wish)
{
	const struct pw_windows_wish windows = {.tumbling = wish->tumbling,
						.sliding = wish->sliding,
						.every = wish->every,
						.origin = wish->origin,
						.zone = wish->zone};

	w->op = op;
	pw_op_must(op, pw_axis_open(&w->axis, op->in, "-t", wish->time));
	pw_op_must(op, pw_windows_open(&w->windows, &w->axis, &windows));
	bind_behavior(w, wish);
	check_step(w, wish);
	pw_event_clock_bind(&w->clock, op, &w->axis, wish->max_step);
	w->closed_to = w->judged = PW_PLACE_FIRST;
	if (w->closes)
		pw_window_late_bind(w, wish->late);
}

void pw_window_release(struct pw_window *w)
{
	if (w->op == NULL)
		return;
	pw_windows_release(&w->windows);
	pw_event_clock_release(&w->clock);
	pw_panes_release(&w->panes);
	pw_window_late_release(&w->late);
	pw_bytes_release(&w->lost);
	free(w->places);
}

/* ---- rows ---- */

void pw_window_batch(struct pw_window *w, int input, const struct pw_batch *batch)
{
	if (w->clocked)
		pw_event_clock_batch(&w->clock, input, batch);
}

/* A row with a time that has no windows: true, if it is rejected. */
static bool reject(struct pw_window *w, const struct pw_batch *batch, uint32_t i, pw_time time)
{
	struct pw_reject *r = w->op->host->reject;
	struct pw_bytes why = {0};

	if (r->policy == PW_REJECT_NULL)
		return false;
	pw_bytes_print(&why, "column '%s': %s", w->op->in->fields[w->axis.column].name,
		       pw_windows_unsound(&w->windows));
	if (r->policy == PW_REJECT_STOP) {
		pw_fail(PW_DATA, "%s", pw_bytes_string(&why));
		pw_op_must(w->op, pw_time_fail_at(time));
	}
	pw_op_must(w->op, pw_reject_row(r, (struct pw_slice){why.data, why.length}, batch, i));
	pw_bytes_release(&why);
	return true;
}

static void reject_all(struct pw_window *w, const struct pw_batch *batch, uint32_t from,
		       uint32_t count, pw_time time, bool some_lost)
{
	if (!some_lost) {
		pw_bytes_clear(&w->lost);
		memset(pw_bytes_room(&w->lost, pw_bitmap_bytes(count)), 0, pw_bitmap_bytes(count));
		w->lost.length = pw_bitmap_bytes(count);
	}
	for (uint32_t i = 0; i < count; i++) {
		if (w->panes.of[i] != PW_PANES_NONE || w->places[i] == PW_PLACE_FIRST)
			continue;
		w->places[i] = PW_PLACE_FIRST; /* as a null: it moves no clock */
		if (reject(w, batch, from + i, time))
			w->lost.data[i / 8] |= (char)(1 << i % 8);
	}
}

/* The clock hears of the rows that are not lost. */
static void note(struct pw_window *w, const struct pw_batch *batch, uint32_t from, uint32_t count,
		 bool some_lost)
{
	const uint8_t *lost = (const uint8_t *)w->lost.data;

	if (!some_lost) {
		pw_event_clock_note(&w->clock, batch, from, count, w->places);
		return;
	}
	for (uint32_t i = 0, end; i < count; i = end + 1) {
		for (end = i; end < count && !pw_bit(lost, end);)
			end++;
		if (end > i)
			pw_event_clock_note(&w->clock, batch, from + i, end - i, w->places + i);
	}
}

void pw_window_take(struct pw_window *w, const struct pw_batch *batch, uint32_t from,
		    uint32_t count, pw_time time)
{
	w->places = pw_mem_grow(w->places, &w->place_capacity, count, sizeof *w->places);
	bool some_lost = pw_event_clock_places(&w->clock, batch, from, count, time, true, w->places,
					       &w->lost);

	if (pw_panes_find(&w->panes, &w->windows, w->places, count)) {
		reject_all(w, batch, from, count, time, some_lost);
		some_lost = true;
	}
	if (w->clocked)
		note(w, batch, from, count, some_lost);
}

/* ---- what the clock says ---- */

void pw_window_judge(struct pw_window *w)
{
	if (w->judged == w->clock.before)
		return;
	w->judged = w->clock.before;
	w->closed_to = pw_event_clock_reached(&w->axis, &w->cutoff, w->clock.before);
}

uint32_t pw_window_closed(struct pw_window *w, const struct pw_pane *pane)
{
	pw_place start, end;
	uint32_t count = 0;

	if (!w->closes)
		return 0;
	pw_window_judge(w);
	for (uint32_t most = pane->count; count < most;) { /* ends ascend */
		const uint32_t middle = count + (most - count) / 2;

		pw_window_bounds(w, pane, middle, &start, &end);
		if (end <= w->closed_to)
			count = middle + 1;
		else
			most = middle;
	}
	return count;
}
