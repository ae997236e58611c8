/*
 * pw_replay_end - how far a replay has read its files, for a follower to go on
 *
 * Use:      note, when a reader has read its one file to the end; release.
 * Promises: all that a file held when it was first opened has been read, but
 *           for a last line without its end; nothing that came later has.
 * Fails:    "NAME: shrank while it was replayed" (PW_STATE).
 */
#ifndef PW_READ_REPLAY_END_H
#define PW_READ_REPLAY_END_H

#include "../conn/offsets.h"
#include "reader.h"

struct pw_replay_ends {
	struct pw_offsets offsets; /* as the files connector has them */
	struct pw_offsets headers; /* by the same keys: the text that names the columns */
};

/* The reader has read its one file, and has it open: 0 or -1. */
int pw_replay_end_note(struct pw_replay_ends *e, const struct pw_reader *r);

/* The files connector's value for a file that the reader has read up to offset and line. 0 or -1 */
int pw_replay_end_value(const struct pw_reader *r, uint64_t offset, uint64_t line,
			struct pw_bytes *value);

void pw_replay_ends_release(struct pw_replay_ends *e);

#endif
