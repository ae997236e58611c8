/*
 * pw_window - what tumbling and sliding windows share, with aggregates or without
 *
 *   window          the options; panes of rows; which windows are shown or closed
 *   window_spread   rows with the bounds of their windows
 *   window_late     rows of closed windows
 *   window_open     windows that are still to be shown or closed, and their groups
 *   window_rows     the operator without aggregates, where no row is held
 *   window_groups   the operator with aggregates, and that without where rows are held
 */
#ifndef PW_OP_WINDOW_INTERNAL_H
#define PW_OP_WINDOW_INTERNAL_H

#include "../data/gather.h"
#include "event_clock.h"
#include "panes.h"
#include "window.h"

/* ---- rows with the bounds of their windows ---- */

/*
 * Rows of a batch on their way out, each with bounds; a row may come several
 * times. Add them in the order of the batch; send before the batch goes.
 */
struct pw_window_spread {
	const struct pw_schema *schema; /* the columns of the rows, then the two bounds; lent */
	void (*give)(void *to, const struct pw_batch *batch);
	void *to;
	bool real; /* bounds are doubles */

	const struct pw_batch *batch; /* in hand; lent */
	uint32_t *rows, count;        /* room for PW_BATCH_ROWS */
	pw_place *bounds[2];
	struct pw_run *runs, *piece; /* piece: the runs of a part */
	uint32_t run_count;
	pw_diff *diffs;
	struct pw_gather *gathers;
	struct pw_column *columns;
};

void pw_window_spread_open(struct pw_window_spread *s, const struct pw_schema *schema, bool real);
void pw_window_spread_release(struct pw_window_spread *s);
void pw_window_spread_send(struct pw_window_spread *s);

/* Adds row i of s->batch, whose time is given, with bounds. */
static inline void pw_window_spread_add(struct pw_window_spread *s, uint32_t i, pw_time time,
					pw_place start, pw_place end)
{
	if (s->count == PW_BATCH_ROWS)
		pw_window_spread_send(s);
	if (s->run_count == 0 || s->runs[s->run_count - 1].time != time)
		s->runs[s->run_count++] = (struct pw_run){.time = time};
	s->runs[s->run_count - 1].rows++;
	s->rows[s->count] = i;
	s->bounds[0][s->count] = start;
	s->bounds[1][s->count++] = end;
}

/* ---- rows of closed windows ---- */

/* Rows of an input that is not append-only are summed up, commit by commit. */
struct pw_window_late {
	struct pw_op *op;
	struct pw_schema schema; /* of op->late */
	struct pw_window_spread spread;
	bool sums;
	struct pw_roworder order;
	struct pw_zset rows;
	struct pw_builder left; /* what is left of a commit */
};

/* ---- windows that are still to be shown or closed ---- */

struct pw_window_slots {
	uint32_t *list;
	uint32_t count;
	size_t capacity;
};

struct pw_window_heap {
	struct pw_window_due {
		pw_place at;
		uint32_t window;
	} * list;
	uint32_t count;
	size_t capacity;
};

/*
 * Each window has a list of its groups, by their slots.
 *
 * Invariant: a slot is in the list of window of[slot], or of[slot] is PW_SLOT_NONE.
 */
struct pw_window_open {
	bool shows, closes;            /* windows wait for being shown; for being closed */
	bool shown_by_end;             /* when they are shown depends on their end */
	struct pw_arrangement windows; /* by start and end; records are struct pw_window_groups */
	struct pw_window_heap to_show, to_close;
	uint32_t *of, *next,
		*before; /* by slot of a group; next, before: PW_SLOT_NONE at the ends */
	size_t of_capacity, next_capacity, before_capacity;
};

void pw_window_open_init(struct pw_window_open *o);
void pw_window_open_release(struct pw_window_open *o);
size_t pw_window_open_bytes(const struct pw_window_open *o);

/* The number of the window, a new one if it is not there. */
uint32_t pw_window_open_find(struct pw_window_open *o, pw_place start, pw_place end);

/* Slots below count may be used. */
void pw_window_open_reserve(struct pw_window_open *o, uint32_t count);

static inline bool pw_window_open_has(const struct pw_window_open *o, uint32_t slot)
{
	return slot < o->of_capacity && o->of[slot] != PW_SLOT_NONE;
}

void pw_window_open_add(struct pw_window_open *o, uint32_t window, uint32_t slot);
void pw_window_open_remove(struct pw_window_open *o, uint32_t slot);

/*
 * The next window to be shown (closed) whose threshold is at most `to`: appends the slots
 * of its groups. False: there is none. A window that is shown and does not wait for
 * being closed is forgotten, and one that is closed is.
 */
bool pw_window_open_show(struct pw_window_open *o, pw_place to, struct pw_window_slots *slots);
bool pw_window_open_close(struct pw_window_open *o, pw_place to, struct pw_window_slots *slots);

/* ---- both ---- */

struct pw_window {
	struct pw_op *op;
	struct pw_axis axis;
	struct pw_windows windows;
	bool delays, closes, once, drops; /* --delay; --cutoff or --once; --once; --no-keep */
	struct pw_length delay, cutoff;   /* of --once its shift */

	bool clocked; /* something asks the clock */
	struct pw_event_clock clock;
	pw_place closed_to; /* windows that end up to here are closed; of the commit in hand */
	pw_place judged;    /* the clock that closed_to was found for */

	struct pw_panes panes; /* of the rows in hand */
	pw_place *places;
	size_t place_capacity;
	struct pw_bytes lost;

	struct pw_window_late late;
};

void pw_window_bind(struct pw_window *w, struct pw_op *op, const struct pw_window_wish *wish);
void pw_window_release(struct pw_window *w);

/* A batch whose rows will be taken. */
void pw_window_batch(struct pw_window *w, int input, const struct pw_batch *batch);

/*
 * Rows of a batch of input 0, all of that time: finds w->panes, where row i is row
 * from + i of the batch. Row errors are dealt with: such rows have no pane. The
 * clock hears of the rows.
 */
void pw_window_take(struct pw_window *w, const struct pw_batch *batch, uint32_t from,
		    uint32_t count, pw_time time);

/*
 * Adds columns for the bounds. aside: under other names, if the schema has columns of their
 * names; else that is a fault.
 */
void pw_window_add_bounds(const struct pw_window *w, struct pw_schema *s, bool aside);

/* Finds w->closed_to for the commit in hand. */
void pw_window_judge(struct pw_window *w);

/* How many of a pane's windows, the first ones, are closed in the commit in hand. */
uint32_t pw_window_closed(struct pw_window *w, const struct pw_pane *pane);

/* The bounds of the window that ends first, last ... of a pane; tumbling windows are panes. */
static inline void pw_window_bounds(struct pw_window *w, const struct pw_pane *pane, uint32_t i,
				    pw_place *start, pw_place *end)
{
	if (w->windows.tumbling) {
		*start = pane->from;
		*end = pane->to;
	} else {
		pw_windows_bounds(&w->windows, pane->first + i, start, end);
	}
}

/* Rows of closed windows go to w->late.spread, and from there to the host. */
void pw_window_late_bind(struct pw_window *w, const char *path);
void pw_window_late_release(struct pw_window_late *l);

/* The commit in hand is complete: those that have been summed up are handed on. */
void pw_window_late_commit(struct pw_window_late *l);

#endif
