/*
 * pw_replay_state - a replay in a line with state
 *
 * An entry of the journal covers all times up to one at which it ends, and has
 * of each file that was read meanwhile where that begins and ends: the rows
 * between, merged again, make the same commits. Rows wait for their entry, so
 * it is made every few MB, and when the replay waits for a row's time.
 *
 * Use:      start, with a replay that has been opened and a journal that has
 *           been; then next until END; close. Files that earlier runs have read
 *           are found again by device and inode, or by name, and must be what
 *           they were up to there.
 * Promises: commits of earlier runs from the restart point on come first, as
 *           they were; no row of a later time comes before the journal covers
 *           those before it, if the caller holds back what next says.
 *           Rows of this run have times above all of earlier runs: one whose
 *           own is not, is late, and joins the first that is.
 * Fails:    as pw_replay; PW_STATE: a file is not what it was.
 */
#ifndef PW_READ_REPLAY_STATE_H
#define PW_READ_REPLAY_STATE_H

#include "follow.h"
#include "replay.h"

struct pw_replay_place {
	uint64_t offset, line;
	bool same; /* it has not grown since an earlier run has read all of it */
};

struct pw_replay_state {
	struct pw_replay *replay;
	struct pw_resume *resume;
	struct pw_replay_place *places; /* of the lanes, when this run began */
	json_t *lanes;                  /* {key: number} */

	bool whole; /* what stands last in a file is a row without its end */
	bool playing, in_entry;
	pw_time time;                   /* of the entry that is played */
	struct pw_replay_lane **played; /* the lanes of its pieces */
	uint64_t *ends;                 /* ... and where those end */
	size_t played_count;

	pw_time frontier;
	pw_time from;     /* the first time of the entry in the making */
	uint64_t covered; /* rows in entries; or handed out before the one that is played */
};

/* first: the reader, bound; whole: what stands last in a file is a row without its end. 0 or -1 */
int pw_replay_state_start(struct pw_replay_state *k, struct pw_replay *p, struct pw_resume *resume,
			  struct pw_reader *first, const struct pw_parser_layout *layout,
			  bool whole);

/*
 * enum pw_follow_event: ROWS, appended to out (empty), wait for the next FRONTIER
 * unless they are of the time that k->frontier has reached, or k->playing;
 * FRONTIER: k->frontier has moved; END.
 */
int pw_replay_state_next(struct pw_replay_state *k, struct pw_builder *out);

void pw_replay_state_close(struct pw_replay_state *k);

/* ---- replay_match.c ---- */

/* Which file is which, and how far each has been read. 0 or -1 */
int pw_replay_match(struct pw_replay_state *k);

#endif
