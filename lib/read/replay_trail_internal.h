/*
 * pw_replay_trail - how far a file of a replay with state has been read
 *
 * An entry of the journal ends where the commit in the making begins: there
 * each file has an offset, which may lie within the rows in hand, or before
 * them. A trail knows that offset, and the digest of the bytes since the last
 * entry.
 *
 * Use:      begin; mark where a file's first row of a commit stands; leave,
 *           before the rows in hand are replaced; at, to end an entry.
 * Needs:    the reader to hand out rows after each parse (steps), so that the
 *           bytes of the rows in hand are in its buffer.
 */
#ifndef PW_READ_REPLAY_TRAIL_INTERNAL_H
#define PW_READ_REPLAY_TRAIL_INTERNAL_H

#include "../base/hash.h"
#include "reader.h"

struct pw_replay_trail {
	uint64_t from, line;         /* where the entry in the making begins */
	uint64_t block, block_line;  /* where the rows in hand begin */
	uint64_t fed;                /* bytes up to here are in the digest */
	struct pw_hash_stream *all;  /* of bytes from `from` on; NULL: nothing has been read */
	struct pw_hash_stream *rest; /* of bytes from split_at on */

	pw_time mark_time; /* of a commit that has rows in this file */
	uint32_t mark_row; /* the first of them, if it is among the rows in hand */
	bool split;        /* the first of them is before the rows in hand: */
	uint64_t split_at, split_line, split_digest;
};

#define PW_REPLAY_NO_COMMIT UINT64_MAX

struct pw_replay_at {
	uint64_t from, line, to, to_line, digest;
};

void pw_replay_trail_begin(struct pw_replay_trail *t, uint64_t offset, uint64_t line);
void pw_replay_trail_release(struct pw_replay_trail *t);

static inline void pw_replay_trail_mark(struct pw_replay_trail *t, pw_time time, uint32_t row)
{
	t->mark_time = time;
	t->mark_row = row;
	t->split = false;
}

/* now: the commit in the making. How many bytes the rows in hand were made of. */
uint64_t pw_replay_trail_leave(struct pw_replay_trail *t, const struct pw_reader *r,
			       const struct pw_parser_lines *lines, pw_time now);

/*
 * The entry ends where the commit of that time begins, if the commit has rows
 * here. Else, or with PW_REPLAY_NO_COMMIT, it ends before row `row` of those in
 * hand, or after all of them if row is their number. The next entry begins there.
 */
struct pw_replay_at pw_replay_trail_at(struct pw_replay_trail *t, const struct pw_reader *r,
				       const struct pw_parser_lines *lines, pw_time time,
				       uint32_t row);

#endif
