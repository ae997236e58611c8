/*
 * pw_sync - readers that keep step: pw-read --sync
 *
 *   NAME,COL,MAXDIFF,MEMBERS[,priority=N][,idle=D]
 *
 * Rows are held back until their value of COL may be sent, by pw_sync_rule.
 * They stay in order: a row that must wait holds back the rows after it. A null,
 * or NaN, is no value: such a row waits for the rows before it alone.
 *
 * Use:      open; join; per batch: pass, until all rows have passed, with wait
 *           when none may; silent before the source is waited for; end; close.
 *
 *           A reader that follows its source, and gives rows their commit when
 *           they pass, says live before its first row, and played for rows of
 *           earlier runs. Then let_go takes the place of pass, between_looks and
 *           looked that of wait; and it says committed at the end of each commit.
 * Promises: of live readers: what the rows of a commit rest on (the values that
 *           the others have sent) lies in commits of the same or an earlier
 *           time; and, with a journal, in commits that are in a journal. So it
 *           holds at each commit time, and after a restart too. The first load
 *           (time 0) needs no journal: it comes to the same rows again.
 * Memory:   none but the batch in the reader's hand.
 * Fails:    open: "--sync: ..." (PW_USAGE); join: PW_BUSY when another pipeline
 *           has the name for 10 s; as pw_sync_group.
 */
#ifndef PW_READ_SYNC_H
#define PW_READ_SYNC_H

#include "../tool/tool.h"
#include "sync_group_internal.h"

struct pw_sync {
	struct pw_tool *tool;
	struct pw_sync_group group;
	struct pw_sync_answer answer; /* of the group, as last asked */
	char *name;
	int column;
	bool floats;
	bool said;        /* the user has been told that others are missing */
	int64_t waiting;  /* ns of the clock: since when rows have waited; 0: none waits */
	int64_t patience; /* ns between looks, without notification */

	/* live: the group is told of rows when others may rely on them */
	struct pw_sync_place place; /* of all rows that were let go */
	struct pw_sync_place load;  /* the same when the first load of an earlier run was over */
	bool has_load;
	long double past; /* the greatest value that earlier runs have sent */
	bool has_past;
	bool journalled; /* others may rely on rows that are in the journal, after the first load */
	bool loading;    /* the commit in hand is the first load: its time is 0 */
	bool hidden;     /* rows were let go of which the group is not told yet */
};

/* Parses the option and checks it against the schema: 0, or fails (PW_USAGE). */
int pw_sync_open(struct pw_sync *s, const char *option, const struct pw_schema *schema);

/* Enters the group. directory, run: of the pipeline's state; NULL, 0: it has none. 0 or -1. */
int pw_sync_join(struct pw_sync *s, struct pw_tool *t, const char *directory, uint64_t run);

/* How many rows from `from` on may pass, and are to be sent now. 0: none yet; -1. */
int64_t pw_sync_pass(struct pw_sync *s, const struct pw_batch *batch, uint32_t from);

/*
 * Waits until another member has said something, or for a while. idle: no
 * commit is in hand. 0, or -1; does not return when a signal stops it.
 */
int pw_sync_wait(struct pw_sync *s, bool idle);

/* ---- live ---- */

/* journalled: commits are in a journal before the others rely on them; loads: the first commit has time 0. */
void pw_sync_live(struct pw_sync *s, bool journalled, bool loads);

/* Rows of a commit of an earlier run, which pass without a question. 0 or -1 */
int pw_sync_played(struct pw_sync *s, const struct pw_batch *batch, pw_time time);

/* All commits of earlier runs have been played: the greatest value of them all, the last of which has that time. */
void pw_sync_resumed(struct pw_sync *s, long double greatest, pw_time time);

/* The greatest value that this reader has sent, in this run or an earlier one. False: none. */
bool pw_sync_greatest(const struct pw_sync *s, long double *greatest);

/*
 * The times that a commit may have for rows that are let go: one (least ==
 * wish, fixed), or any from least on; wish is that of the clock.
 */
struct pw_sync_times {
	pw_time least, wish;
	bool fixed;
};

/*
 * How many rows from `from` on are let go, into a commit of *time. 0: none yet;
 * with times->fixed perhaps only because s->answer.time, the time that they can
 * have, is above it. whole: all of them, without a question, for their commit
 * has begun and can't end. -1
 */
int64_t pw_sync_let_go(struct pw_sync *s, const struct pw_batch *batch, uint32_t from, bool whole,
		       const struct pw_sync_times *times, pw_time *time);

/* The commit in hand has ended, and is in the journal if there is one. 0 or -1 */
int pw_sync_committed(struct pw_sync *s);

/* None may go: until when is watch, or (if that is -1) nothing, to be waited for? On the boot clock. */
int64_t pw_sync_between_looks(struct pw_sync *s, int *watch);
void pw_sync_looked(struct pw_sync *s);

/* ---- all ---- */

/* The source is about to be waited for: when it has been for `idle`, this reader holds nobody back. 0 or -1. */
int pw_sync_silent(struct pw_sync *s);

/* Nothing more will be sent. Waits until all members have been there, then leaves. 0 or -1. */
int pw_sync_end(struct pw_sync *s);

void pw_sync_close(struct pw_sync *s);

#endif
