/*
 * pw_sessions - what the pieces of pw_session_op share
 *
 *   session             the options, and which way rows are taken
 *   session_grow        rows that only add, gaps, aggregates: no row is remembered
 *   session_held        all other streams: rows are held, and sessions follow from them
 *   session_change      what a commit's rows change of the sessions of a key
 *   session_close       sessions that are closed, and rows that come too late
 *   session_checkpoint  what is saved and loaded
 *   session_list        the sessions of a key, in order
 *
 * With aggregates a session is a group of pw_grouped whose key is that of the rows and the
 * two bounds. While its commit is open its bounds change, and its record stays: at the
 * end it gets its new key (pw_grouped_rename), and what it had shown goes with the old one.
 */
#ifndef PW_OP_SESSION_INTERNAL_H
#define PW_OP_SESSION_INTERNAL_H

#include "../state/delta.h"
#include "../state/ordered.h"
#include "event_clock.h"
#include "grouped_internal.h"
#include "session_list.h"
#include "window.h"

struct pw_session {
	pw_place start, end;             /* the first time, the last */
	pw_place shown_start, shown_end; /* the bounds in the key of its group */
	uint32_t slot;                   /* of its group; without aggregates none */
	uint32_t key;                    /* the slot of its key */
	bool touched;                    /* by the commit in hand */
	bool gone; /* by the commit in hand; its number is not used again yet */
};

/* By the slot of the key. Without sessions all is 0. */
struct pw_session_key {
	struct pw_session_list list;
	pw_place due; /* the least end that the heap of closings has for it, if waits */
	bool waits;
	bool stood;     /* before the commit with the stamp it had an open session, */
	pw_place start; /* the first of which started here */
	uint32_t stamp;
};

/* A heap of places, the least first, each with a number. */
struct pw_session_heap {
	struct pw_session_entry *entries;
	size_t count, capacity;
};

/* The bounds of the closed sessions of a key that are still of use. */
struct pw_session_closed {
	pw_place *bounds; /* start, end, start, end, ... */
	uint32_t count, capacity;
	bool pinned; /* some are kept only because an open session is near */
};

/* Two neighbours in time. */
struct pw_session_edge {
	pw_place cur, next;
	bool has_cur, has_next; /* false: there is no time before, or after */
	bool together;
};

/* A stretch of neighbours that stays together, and where it goes. */
struct pw_session_piece {
	uint32_t from_session; /* PW_SESSION_NONE: its time is in none */
	uint32_t to;           /* its number in fresh */
	pw_place first, last;
};

/* A session as it will be. */
struct pw_session_fresh {
	pw_place start, end;
	uint32_t id; /* that it continues or gets; PW_SESSION_NONE: not known yet */
	int64_t rows;
};

/* A session that the changes of a commit concern, as it was. */
struct pw_session_old {
	uint32_t id, slot;
	pw_place start, end;
	uint32_t owner; /* its number in fresh: who goes on with it; PW_SESSION_NONE */
	bool split;
};

struct pw_session_merge {
	uint32_t into, from; /* slots */
};

struct pw_sessions {
	struct pw_grouped g; /* its op is the operator */
	struct pw_schema in; /* of the rows, lent; is_static: there is no other input */
	struct pw_axis axis;
	struct pw_length gap, close_after,
		forget_after; /* of an end: GAP + cutoff; 2 GAP + cutoff */
	bool by_gap;          /* else by the condition */
	bool aggregates;      /* else rows */
	bool grows;           /* session_grow, else session_held */
	bool closes, drops, clocked;
	bool retractable; /* aggregates can take rows away */

	int *key_list; /* columns */
	size_t key_count;
	struct pw_bytes state_text;
	struct pw_event_clock clock;

	/* sessions */
	struct pw_arrangement *keys; /* of rows; those of rows.groups, or own_keys */
	struct pw_session_key *by_key;
	size_t by_key_capacity;
	struct pw_session *sessions;
	uint32_t session_count; /* numbers used so far */
	size_t session_capacity;
	uint32_t *spare, *gone; /* numbers that are free; that are from the next commit on */
	size_t spare_count, spare_capacity, gone_count, gone_capacity;
	uint32_t *touched; /* sessions */
	size_t touched_count, touched_capacity;
	uint32_t *to_touch; /* slots of groups, before rows are taken */
	size_t to_touch_count, to_touch_capacity;
	struct pw_session_merge *merges; /* after rows have been taken */
	size_t merge_count, merge_capacity;
	size_t list_bytes;
	bool stale; /* a checkpoint was loaded, and sessions are to be made from it */
	struct pw_bytes key;

	/* the condition */
	struct pw_schema pair_schema;
	struct pw_expr condition;
	struct pw_builder pairs;
	uint32_t *pair_rows;

	/* rows in hand */
	pw_place *places;
	size_t place_capacity;
	struct pw_bytes lost;

	/* session_grow */
	struct pw_arrangement own_keys;
	struct pw_rowkeys row_keys;
	uint32_t *key_slots, *slots, *code_slots;
	size_t key_slot_capacity, slot_capacity, code_capacity;
	uint32_t code_count; /* of code_slots, that are known or PW_SLOT_NONE */
	bool begun;          /* the commit in hand: what it closes is closed */
	uint32_t commit;     /* its number, for stamps */
	uint32_t *idle;      /* keys that may have no session */
	size_t idle_count, idle_capacity;

	/* session_held */
	struct pw_ordered rows;
	struct pw_delta delta;
	struct pw_builder changed; /* rows for delta */
	struct pw_session_edge *edges;
	size_t edge_count, edge_capacity;
	size_t *edge_from; /* per run */
	size_t edge_from_capacity;
	struct pw_session_piece *pieces;
	size_t piece_count, piece_capacity;
	struct pw_session_fresh *fresh;
	size_t fresh_count, fresh_capacity;
	struct pw_session_old *olds;
	size_t old_count, old_capacity;
	struct pw_builder feed; /* rows for aggregates, and the slots of their groups */
	uint32_t *feed_slots;
	size_t feed_capacity;
	struct pw_builder out; /* without aggregates */
	uint32_t *shown;       /* of a static stream: slots of groups, in order */
	size_t shown_count, shown_capacity;
	uint32_t *emptied; /* keys whose rows have gone with their session */
	size_t emptied_count, emptied_capacity;

	/* session_close */
	struct pw_session_heap closings;    /* ends, and keys */
	struct pw_arrangement closed;       /* by key: struct pw_session_closed */
	struct pw_session_heap forgettings; /* ends, and slots of closed */
	uint32_t *recheck;                  /* slots of closed that are pinned */
	size_t recheck_count, recheck_capacity;
	pw_place closed_to, forgotten_to; /* ends up to here, in the commit in hand */
	pw_place near_to; /* rows after this place touch no session that is closed */
	struct pw_schema late_schema;
	struct pw_builder late;
	struct pw_schema closed_schema; /* of the table: keys, start, end */
	struct pw_delta closed_delta;
	struct pw_builder closed_rows;

	struct pw_checkpointer_table tables[3];
	struct pw_checkpointer inner; /* of pw_grouped */
	bool loads_full;
};

static inline struct pw_op *pw_sessions_op(struct pw_sessions *s)
{
	return &s->g.op;
}

static inline int pw_sessions_must(struct pw_sessions *s, int x)
{
	return pw_op_must(&s->g.op, x);
}

static inline bool pw_sessions_even(const struct pw_sessions *s)
{
	return !pw_time_is_odd(s->g.op.commit.time);
}

/* ---- session ---- */

/* Are these neighbours together, by the gap? cur <= next. */
static inline bool pw_sessions_near(const struct pw_sessions *s, pw_place cur, pw_place next)
{
	if (s->axis.real)
		return pw_axis_real(next) - pw_axis_real(cur) < s->gap.real;
	return (uint64_t)next - (uint64_t)cur < (uint64_t)s->gap.whole;
}

/* Would a row at the place be together with one between these bounds? */
static inline bool pw_sessions_touches(const struct pw_sessions *s, pw_place start, pw_place end,
				       pw_place place)
{
	return place < start ? pw_sessions_near(s, place, start)
			     : place <= end || pw_sessions_near(s, end, place);
}

/* The key's sessions; room for them is made. */
struct pw_session_key *pw_sessions_key(struct pw_sessions *s, uint32_t key);

/* A session of the key, which is put into its list; slot PW_SLOT_NONE: of a new group. */
uint32_t pw_sessions_new(struct pw_sessions *s, uint32_t key, pw_place start, pw_place end,
			 uint32_t slot);

/* The session is no more; it is out of its list. Its group is as it was. */
void pw_sessions_end(struct pw_sessions *s, uint32_t id);

/* The session will change in the commit in hand: what it shows is noted first. */
void pw_sessions_touch(struct pw_sessions *s, uint32_t id);

/* Rows will be taken: notes what touched groups have shown. */
void pw_sessions_touch_groups(struct pw_sessions *s);

/* Merges that were noted. */
void pw_sessions_merge_groups(struct pw_sessions *s);

/* What a group holds is no more; it shows that it has no rows. */
void pw_sessions_empty_group(struct pw_sessions *s, uint32_t slot);

/* The commit in hand is complete: touched groups get the keys of their bounds, and are shown. */
void pw_sessions_show(struct pw_sessions *s);

/* The commit is over: numbers of sessions that have gone can be used again. */
void pw_sessions_done(struct pw_sessions *s);

/* All sessions, of a checkpoint that was loaded. */
void pw_sessions_make(struct pw_sessions *s);

/* Appends a bound to a vector of the time's type. */
static inline void pw_sessions_add_bound(const struct pw_sessions *s, struct pw_vector *v,
					 pw_place place)
{
	if (s->axis.real)
		pw_vector_float(v, pw_axis_real(place));
	else
		pw_vector_word(v, place);
}

/* The key of a session's group: that of the rows, and the bounds. Good until the next call. */
struct pw_slice pw_sessions_group_key(struct pw_sessions *s, uint32_t key, pw_place start,
				      pw_place end);

/* Encodes a place as pw_rowkey does its time. */
#define PW_SESSIONS_PLACE 9
void pw_sessions_encode(pw_place place, char bytes[PW_SESSIONS_PLACE]);
pw_place pw_sessions_decode(const char *bytes);

/* ---- session_grow ---- */

void pw_sessions_grow_batch(struct pw_sessions *s, const struct pw_batch **batch);
void pw_sessions_grow_rows(struct pw_sessions *s, const struct pw_batch *batch, uint32_t from,
			   uint32_t count);
void pw_sessions_grow_commit(struct pw_sessions *s);
void pw_sessions_grow_flush(struct pw_sessions *s);
void pw_sessions_grow_make(struct pw_sessions *s);

/* ---- session_held ---- */

void pw_sessions_held_batch(struct pw_sessions *s, const struct pw_batch **batch);
void pw_sessions_held_rows(struct pw_sessions *s, const struct pw_batch *batch, uint32_t from,
			   uint32_t count);
void pw_sessions_held_commit(struct pw_sessions *s);
void pw_sessions_held_make(struct pw_sessions *s);

/* Goes to the first row of the key at or after the place. */
void pw_sessions_seek(struct pw_sessions *s, uint32_t key, pw_place place,
		      struct pw_multiset_cursor *c);

/* The time of the row at the cursor. */
static inline pw_place pw_sessions_place(const struct pw_multiset_cursor *c)
{
	return pw_sessions_decode(pw_value_text(c->value).data);
}

/* A row of a session that has been closed goes; with --no-keep it is taken away. */
void pw_sessions_drop_rows(struct pw_sessions *s, const struct pw_session *session);

/* Notes a change of the rows held, for a checkpoint. */
void pw_sessions_note(struct pw_sessions *s, uint32_t key, struct pw_slice row, pw_diff diff);
void pw_sessions_send_notes(struct pw_sessions *s);

/* ---- session_change ---- */

/* The changes of a run have been applied to the rows; edges are those of the run. */
void pw_sessions_change(struct pw_sessions *s, const struct pw_ordered_run *run,
			const struct pw_session_edge *edges, size_t edge_count);
void pw_sessions_feed_send(struct pw_sessions *s);

/* The rows of a key go to the groups of its sessions. */
void pw_sessions_feed_key(struct pw_sessions *s, uint32_t key);
void pw_sessions_out_send(struct pw_sessions *s);

/* A static stream: the group of a session; a row of it; all sessions are shown, in that order. */
uint32_t pw_sessions_static_group(struct pw_sessions *s, uint32_t key, pw_place start,
				  pw_place end);
void pw_sessions_static_row(struct pw_sessions *s, const struct pw_ordered_change *c,
			    pw_place start, pw_place end, uint32_t slot);
void pw_sessions_static_show(struct pw_sessions *s);

/* Emits a row with bounds, of the commit in hand. */
void pw_sessions_out_row(struct pw_sessions *s, uint32_t key, struct pw_slice row, pw_place start,
			 pw_place end, pw_diff diff);

/* ---- session_close ---- */

void pw_sessions_close_bind(struct pw_sessions *s, const struct pw_window_wish *wish);
void pw_sessions_close_release(struct pw_sessions *s);

/* The key's first session may end earlier than the heap knows. */
void pw_sessions_close_expect(struct pw_sessions *s, uint32_t key);

/*
 * A commit begins: finds what the clock before it has reached. closes: the commit is of an even
 * time, and not of the end: then such sessions are closed. At other times they stay
 * for the while, but rows change them no more.
 */
void pw_sessions_close(struct pw_sessions *s);

/* The commit is complete: closes what its deletions have left of sessions, if that is over. */
void pw_sessions_close_rests(struct pw_sessions *s);

/* A row is about to change the sessions of the key: notes how they stand. */
void pw_sessions_stand(struct pw_sessions *s, uint32_t key);

/*
 * Does a row at the place come too late? It does if it would touch a session that is closed; or
 * if it touches no open one, as they stood before the commit, and its own would be closed. Then
 * bounds are those of that session.
 */
bool pw_sessions_is_late(struct pw_sessions *s, uint32_t key,
			 const struct pw_session_closed *closed, pw_place place,
			 pw_place bounds[2]);

/* May it be? False: it does not. */
static inline bool pw_sessions_may_be_late(const struct pw_sessions *s, pw_place place)
{
	return place <= s->near_to;
}

/* The sessions of the key have changed. */
void pw_sessions_close_changed(struct pw_sessions *s, uint32_t key);

/* The closed sessions of a key, or NULL. */
const struct pw_session_closed *pw_sessions_closed(const struct pw_sessions *s, uint32_t key);

/* Rows that came too late, with the bounds of a session. */
void pw_sessions_late_held(struct pw_sessions *s, uint32_t key, struct pw_slice row, pw_diff diff,
			   const pw_place bounds[2]);
void pw_sessions_late_row(struct pw_sessions *s, const struct pw_batch *batch, uint32_t row,
			  const pw_place bounds[2]);
void pw_sessions_late_send(struct pw_sessions *s);

/* Loads or takes away bounds of a closed session, by the bytes of its key. */
void pw_sessions_closed_put(struct pw_sessions *s, struct pw_slice key, pw_place start,
			    pw_place end);
void pw_sessions_closed_take(struct pw_sessions *s, struct pw_slice key, pw_place start,
			     pw_place end);

/* ---- session_checkpoint ---- */

void pw_sessions_checkpoint_bind(struct pw_sessions *s);

#endif
