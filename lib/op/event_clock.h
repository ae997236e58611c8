/*
 * pw_event_clock - the clock of a stage: how far event time has come in its rows
 *
 * It is the greatest event time of the changes that have come at even times,
 * those that take rows away too; null times move nothing. What counts are the
 * changes of a commit as a sum: a row that comes and goes in one commit is
 * nothing, and a commit of which nothing is left is no commit.
 *
 * A commit that is judged sees two places: c->before, where the clock stood
 * before the commit (cutoff and forget ask it), and c->now, with what the commit
 * has brought so far (delay asks it when the commit is complete).
 *
 * Use:      pw_event_clock_bind in the operator's bind, once all lengths of the
 *           axis have been read. Then, for each batch of the rows (input 0):
 *
 *             batch    pw_event_clock_batch, of the rows as they will be handed to rows
 *             rows     pw_event_clock_places: places, and what is wrong with rows;
 *                      pw_event_clock_note for rows that are not left out
 *             commit   if (pw_event_clock_close) judge and emit;
 *                      pw_event_clock_done, whatever it has answered
 *
 *           Of an append-only input note moves c->now at once; of any other it
 *           keeps the rows, and close sums them up. An operator that sums up its
 *           commits by itself (pw_ordered_sum) calls neither batch
 *           nor note for input 0; it hands the places that are left over to
 *           pw_event_clock_move, and asks pw_event_clock_close for the clock
 *           stream. At odd times neither moves anything, and close is false
 *           then unless there is something left.
 *
 *           A second input, if there is one, is the clock stream: its batches go
 *           to pw_event_clock_batch, and its rows to pw_event_clock_hear, and
 *           nothing else is done with them. --max-step does not concern it.
 * State:    a table of one row or none, keyed by nothing; the operator puts it
 *           among its own (pw_event_clock_table, changed, save, saved, load). Then
 *           the clock is right after a restart.
 * Fails:    bind: PW_USAGE, "--max-step: ...", "--clock: ...".
 */
#ifndef PW_OP_EVENT_CLOCK_H
#define PW_OP_EVENT_CLOCK_H

#include "../data/axis.h"
#include "../state/zset.h"
#include "op.h"

PW_C_BEGIN

struct pw_event_clock {
	const struct pw_axis *axis; /* lent */
	pw_place before, now;       /* PW_PLACE_FIRST: nothing has moved the clock yet */

	/* the clock's own */
	struct pw_op *op;
	struct pw_length step; /* of --max-step */
	bool limited;          /* there is a --max-step */
	pw_place limit;        /* rows after this place go too far; of the commit in hand */
	struct pw_event_clock_sum {
		bool on;                  /* the input is there, and is not append-only */
		struct pw_axis axis;      /* of its time column */
		struct pw_roworder order; /* the time column first */
		struct pw_zset rows;      /* of the commit in hand */
	} sum[2];                         /* of the rows; of the clock stream */
	pw_place *heard;                  /* places of the clock stream */
	size_t heard_capacity;
	bool any;                /* the commit in hand has a change of an append-only input */
	pw_place saved;          /* the clock that is in a checkpoint */
	struct pw_schema schema; /* of the table: time */
};

/* max_step: the option's text, or NULL. A second input must have a column that fits. */
void pw_event_clock_bind(struct pw_event_clock *c, struct pw_op *op, const struct pw_axis *axis,
			 const char *max_step);
void pw_event_clock_release(struct pw_event_clock *c);

/*
 * The places of rows [from, from + count) of input 0, all of that time, into places[0] ...;
 * PW_PLACE_FIRST is that of a null, and of a row that is left out. Row errors (a time that is
 * not finite, a row more than --max-step beyond c->before) are dealt with as
 * --on-error has it: with `null` the time counts as null; of skip and FILE the row is
 * rejected, and its bit is set in lost (count bits). True: there are such rows.
 * steps false: --max-step is left to the caller, who judges sums.
 */
bool pw_event_clock_places(struct pw_event_clock *c, const struct pw_batch *batch, uint32_t from,
			   uint32_t count, pw_time time, bool steps, pw_place *places,
			   struct pw_bytes *lost);

/* Does a row at this place go further than --max-step allows? */
static inline bool pw_event_clock_leaps(const struct pw_event_clock *c, pw_place place)
{
	return place > c->limit;
}

/* Why it does: appends the reason of the row error. */
void pw_event_clock_reason(const struct pw_event_clock *c, pw_place place, struct pw_bytes *reason);

/* A change at this place is left over in the commit in hand, whose time is even. */
static inline void pw_event_clock_move(struct pw_event_clock *c, pw_place place)
{
	c->now = place > c->now ? place : c->now;
}

/* A batch of an input whose rows will be noted, or heard. */
void pw_event_clock_batch(struct pw_event_clock *c, int input, const struct pw_batch *batch);

/* Rows of input 0, all of the commit in hand; places[0] is that of row from. */
void pw_event_clock_note(struct pw_event_clock *c, const struct pw_batch *batch, uint32_t from,
			 uint32_t count, const pw_place *places);

/* Rows of the clock stream. */
void pw_event_clock_hear(struct pw_event_clock *c, const struct pw_batch *batch, uint32_t from,
			 uint32_t count);

/* The commit in hand is complete: c->now is final. True: something is left of what was noted or heard. */
bool pw_event_clock_close(struct pw_event_clock *c);

/* The commit in hand is over: c->before is c->now. */
void pw_event_clock_done(struct pw_event_clock *c);

/*
 * The last place with place + length <= clock: what is at or before it has been
 * reached (but for nulls, whose place is before all). PW_PLACE_FIRST if the clock
 * has not been moved, or there is none.
 */
pw_place pw_event_clock_reached(const struct pw_axis *axis, const struct pw_length *length,
				pw_place clock);

/* ---- checkpoints: a keyed table without a key ---- */

struct pw_checkpointer_table pw_event_clock_table(const struct pw_event_clock *c);

static inline bool pw_event_clock_changed(const struct pw_event_clock *c)
{
	return c->now != c->saved;
}

/* full: or else only what has changed. */
int pw_event_clock_save(const struct pw_event_clock *c, bool full,
			struct pw_checkpointer_writer *checkpoint, size_t table);

static inline void pw_event_clock_saved(struct pw_event_clock *c)
{
	c->saved = c->now;
}

int pw_event_clock_load(struct pw_event_clock *c, const struct pw_batch *batch);

PW_C_END

#endif
