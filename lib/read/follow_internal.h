/*
 * pw_follow - the pieces of a follower
 *
 * follow.c         commits: what is in hand, when it ends, what may be promised
 * follow_read.c    pieces of the source become rows
 * follow_sample.c  columns are found
 * follow_timed.c   --changes with state
 * follow_sync.c    --sync
 * follow_play.c    commits of earlier runs come again
 *
 * track*.c do the same with tables.
 */
#ifndef PW_READ_FOLLOW_INTERNAL_H
#define PW_READ_FOLLOW_INTERNAL_H

#include "follow.h"

static inline bool pw_follow_is_idle(const struct pw_follow *f)
{
	return f->offer == PW_FOLLOW_IDLE || f->offer == PW_FOLLOW_SLOW;
}

static inline bool pw_follow_in_block(const struct pw_follow *f)
{
	return f->bound >= PW_FOLLOW_IN_BLOCK;
}

/* The next piece into f->piece. 0 or -1 */
int pw_follow_read(struct pw_follow *f);

/* f->piece is IDLE. */
void pw_follow_note_idle(struct pw_follow *f);

/* Sleeps while idle until the source or the deadline (boot clock) calls, or a stop. */
void pw_follow_sleep(struct pw_follow *f, int64_t deadline);

/* f->piece is BEGIN, of that origin. */
void pw_follow_begin_origin(struct pw_follow *f, struct pw_origin *o);

/* The parser goes on in a part of the source, after its header or so much of it. 0 or -1 */
int pw_follow_begin(struct pw_follow *f, const char *name, int64_t modified, struct pw_slice header,
		    uint64_t line);

/*
 * The beginning of data becomes rows, up to a commit line, or is a commit line:
 * *line. A copy of the record that names the columns goes to header. How many
 * bytes were used; 0: more are needed; -1
 */
ptrdiff_t pw_follow_parse(struct pw_follow *f, struct pw_slice data, bool last,
			  struct pw_bytes *header, bool *line, struct pw_builder *out);

/* Before bytes of an origin are parsed; and when the first n of the piece have become rows. 0 or -1 */
int pw_follow_enter(struct pw_follow *f, struct pw_origin *o);
int pw_follow_consume(struct pw_follow *f, struct pw_origin *o, size_t n);

/* Handles the piece that is held, or else the next: out may have rows then. 0 or -1 */
int pw_follow_take(struct pw_follow *f, struct pw_builder *out);

/* With --changes the rows in out say which times are complete. Has the frontier moved? */
bool pw_follow_note_times(struct pw_follow *f, const struct pw_builder *out);

void pw_follow_note_commit_line(struct pw_follow *f);

/* ---- --sync ---- */

/* Rows are let go from now on. loads: the first commit has time 0. */
void pw_follow_keep_step(struct pw_follow *f, bool loads);

/* Commits of earlier runs have been played. */
void pw_follow_go_on_in_step(struct pw_follow *f);

/* Before a commit is put into the journal. */
void pw_follow_note_greatest(const struct pw_follow *f);

/* f->piece is DATA, and nothing is held: out may have rows then. 0 or -1 */
int pw_follow_hold(struct pw_follow *f, struct pw_builder *out);

/* Asks which of the rows that are held may go: into out. 0 or -1 */
int pw_follow_let_go(struct pw_follow *f, struct pw_builder *out);

bool pw_follow_holds(const struct pw_follow *f);       /* Are there such rows? */
bool pw_follow_waits(const struct pw_follow *f);       /* And may none of them go, as last asked? */
bool pw_follow_waits_whole(const struct pw_follow *f); /* And is it the first row of a block? */
bool pw_follow_loads_on(
	const struct pw_follow *f); /* And others may send more for their first load? */

/* Rows wait for the end of the commit in hand, since theirs has this time or a later one; 0: they do not. */
pw_time pw_follow_joins(const struct pw_follow *f);

/* Is it --changes with state: rows carry times, and frontiers wait for the journal? */
static inline bool pw_follow_timed(const struct pw_follow *f)
{
	return f->wish.timed && f->resume != NULL;
}

/* Commits of earlier runs have been played: which times may rows have? */
void pw_follow_timed_start(struct pw_follow *f);

/* f->piece is DATA: out may have rows then. 0 or -1 */
int pw_follow_timed_piece(struct pw_follow *f, struct pw_builder *out);

/* One step of reading: an event, 0 or -1. */
int pw_follow_timed_step(struct pw_follow *f, struct pw_builder *out);

/* Takes rows below the restart point out of a commit that is played. */
void pw_follow_timed_drop(struct pw_follow *f, struct pw_builder *out);

/* The first commit of this run is in hand, empty. */
void pw_follow_open_commits(struct pw_follow *f, bool loads);

/* Is the first load still in hand? It goes on until the source is idle, whatever stands within it. */
bool pw_follow_loads(const struct pw_follow *f);

/* Rows for the commit in hand, whose time is `time`. 0 or -1 */
int pw_follow_note_rows(struct pw_follow *f, pw_time time, int64_t now,
			const struct pw_builder *out);

/* Is the journal to hold the commit in hand? 1 or 0; -1: it has rows, and the pipeline has finished. */
int pw_follow_check_commit(const struct pw_follow *f);

/*
 * The commit in hand ends; it is durable if the journal holds it. cut: when that
 * was decided, on the run's clock. PW_READ_FRONTIER or -1
 */
int pw_follow_cut(struct pw_follow *f, bool durable, int64_t cut);

/* A silent reader's promise: PW_READ_FRONTIER, 0 or -1 */
int pw_follow_step(struct pw_follow *f);

/*
 * Is it time to stop? A follower that is busy has a second to complete what it
 * does, which is dropped then. Ends the program where nothing has been promised.
 */
bool pw_follow_stops(const struct pw_follow *f, bool busy);

/* PW_READ_END. stopped: by a signal. */
int pw_follow_end(struct pw_follow *f, bool stopped);

/* One step of playing: an event, 0 or -1; the phase is READING after the last one. */
int pw_follow_play(struct pw_follow *f, struct pw_builder *out);

/* The commit that is played has come to its end: PW_READ_FRONTIER */
int pw_follow_played(struct pw_follow *f);

#endif
