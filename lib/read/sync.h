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

/* The source is about to be waited for: when it has been for `idle`, this reader holds nobody back. 0 or -1. */
int pw_sync_silent(struct pw_sync *s);

/* Nothing more will be sent. Waits until all members have been there, then leaves. 0 or -1. */
int pw_sync_end(struct pw_sync *s);

void pw_sync_close(struct pw_sync *s);

#endif
