/*
 * pw_track - files that are tables: --track
 *
 * A tracked file is a table: it is known by its path, and read as a whole
 * whenever it has changed. Its rows are first copied, as a saved stream; then
 * the rows that the new copy and the old one do not share are sent in one
 * commit, the old rows with diff -1. So a file that was only touched sends
 * nothing. When a file vanishes, the rows of its copy are taken away.
 *
 * With state a copy is DIR/STAGE/tracked/RUN-N.pws, durable before the journal
 * names it; commits of earlier runs are sent again from the copies, not from
 * the source. A copy is deleted when all sinks have passed the commit that took
 * its rows away. Without state a copy is an unlinked temporary file.
 *
 * Use:      a pw_follow that was opened with source.track and started; open;
 *           then next instead of pw_follow_next; close.
 * Promises: as pw_follow: the events are the same, and pw_follow_tell tells
 *           them. A commit ends only between two files.
 * Memory:   grows with the rows of a file in which old and new differ, up to
 *           some MB; beyond, rows are sent that take each other away.
 * Fails:    as the parser does, before anything of the file has been sent;
 *           PW_STATE: a copy is missing or is not what the journal says.
 */
#ifndef PW_READ_TRACK_H
#define PW_READ_TRACK_H

#include "copy.h"
#include "follow.h"

/* A file whose rows are in the stream. */
struct pw_track_table {
	char *key;
	struct pw_copy copy;
};

/* A copy that is not the last of its table any more, since a commit. */
struct pw_track_old {
	char *name;
	pw_time time;
};

struct pw_track {
	struct pw_follow *follow; /* lent */
	struct pw_copies copies;
	struct pw_track_table *tables; /* ascending by key */
	size_t count, capacity;
	struct pw_track_old *olds; /* ascending by time */
	size_t old_count, old_capacity;
	size_t old_committed; /* how many of them the journal names as old */
	int64_t swept_at;     /* ns of the boot clock: when old copies were last looked at */

	/* the file in hand: read, then sent */
	struct pw_origin *origin; /* lent */
	pw_time time;
	bool going; /* it has vanished */
	struct pw_builder rows;
	struct pw_copy_writer writer;
	struct pw_copy fresh;
	struct pw_copy_diff diff;
	bool sending;
	uint64_t sent; /* rows of the difference */

	/* commits of earlier runs */
	json_t *base; /* the tables as of base_time, if not all commits up to it are to be had */
	pw_time base_time;
	void *base_at;   /* the next table of base */
	size_t piece_at; /* the next piece of the commit that is played */
};

int pw_track_open(struct pw_track *t, struct pw_follow *f, const struct pw_schema *schema);
int pw_track_next(struct pw_track *t, struct pw_builder *out); /* as pw_follow_next */
void pw_track_close(struct pw_track *t);

#endif
