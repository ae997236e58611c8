/*
 * pw_replay_state - a replay in a pipeline with state
 *
 * An entry of the journal covers all times up to one at which it ends, and has,
 * for each file that was read meanwhile, where the bytes read begin and end:
 * the rows between, merged again, make the same commits. Rows wait for their
 * entry, so an entry is made every few MB, and when the replay waits for a
 * row's time.
 *
 * A replay that is followed ends with an entry that says so, before any frontier
 * that is the clock's: from there on, and in all later runs, rows are committed by
 * the clock. Entries up to that one are played here, and later ones by the follower.
 *
 * Use:      start, with a replay that has been opened and a journal that has
 *           been; then next until END, with pw_replay_wait after each IDLE; then,
 *           if it is followed and not live, go_live; close. Files that earlier runs have read are found again by device
 *           and inode, or by name, and must be unchanged as far as they were
 *           read.
 * Promises: commits of earlier runs from the restart point on come first, as
 *           they were; no row of a later time comes before the journal covers
 *           the rows before it, if the caller holds back what next says.
 *           Rows of this run have times above all of earlier runs: a row whose
 *           own time is not above them is late, and joins the first that is.
 * Fails:    as pw_replay; PW_STATE: a file is not what it was.
 */
#ifndef PW_READ_REPLAY_STATE_H
#define PW_READ_REPLAY_STATE_H

#include "follow.h"
#include "replay.h"

struct pw_replay_place {
	uint64_t offset, line;
	bool same; /* the file has not grown since an earlier run has read all of it */
};

struct pw_replay_state {
	struct pw_replay *replay;
	struct pw_resume *resume;
	struct pw_replay_place *places; /* of the lanes, when this run began */
	json_t *lanes;                  /* {key: number} */

	bool whole; /* a last line without its end is a row */
	bool playing, in_entry;
	bool last;    /* the entry that is played ends the replay */
	bool ended;   /* the journal says that all has been read */
	bool follows; /* the replay goes on live, and so it has no end */
	bool live;    /* an earlier run has: what it has committed since is left to be played */
	pw_time time; /* of the entry that is played */
	struct pw_replay_lane **played; /* the lanes of its pieces */
	uint64_t *ends;                 /* where those pieces end */
	size_t played_count;

	pw_time frontier;
	pw_time from;     /* the first time of the entry in the making */
	uint64_t covered; /* rows that were handed out before the entry that is played or made */
};

/*
 * s: follows and whole (a last line without its end is a row) have been set, and nothing else.
 * first: the reader, bound. 0 or -1
 */
int pw_replay_state_start(struct pw_replay_state *s, struct pw_replay *p, struct pw_resume *resume,
			  struct pw_reader *first, const struct pw_parser_layout *layout);

/*
 * enum pw_read_event_kind; -1. ROWS were appended to out (empty), and wait for
 * the next FRONTIER unless s->playing, or unless they are of the time that
 * s->frontier has reached.
 */
int pw_replay_state_next(struct pw_replay_state *s, struct pw_builder *out);

/* After END: no commit of a clock may be below it. */
pw_time pw_replay_state_least(const struct pw_replay_state *s);

/* After END: the journal says that commits from `frontier` on are the clock's. 0 or -1 */
int pw_replay_state_go_live(struct pw_replay_state *s, pw_time frontier);

void pw_replay_state_close(struct pw_replay_state *s);

/* ---- replay_match.c ---- */

/* Which file is which, and how far each has been read. 0 or -1 */
int pw_replay_match(struct pw_replay_state *s);

#endif
