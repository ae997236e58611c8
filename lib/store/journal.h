/*
 * pw_journal - what a reader has committed, on disk before anything relies on it
 *
 * DIR/STAGE/journal-RUN has a line per entry: the entry as JSON, how many bytes
 * of the file were durable when it was written, and a checksum chained to the
 * line before (pw_line). The first line is the header. An entry is an object;
 * the journal looks at these members, and stores the others as they are:
 *
 *   time     of the commit, or of the last of several; times of entries ascend
 *   offsets  {KEY: VALUE, ...}: how far each part of the source has been read,
 *            where that has changed; null: the part is gone
 *   kinds    {KEY: VALUE, ...}: what the reader remembers of its columns, where
 *            that has changed
 *   replayed {"time": TIME, ...}: in one entry, what the reader remembers of the
 *            end of its replay; TIME is that of the entry
 *
 * Where rows have times of their own, the reader's stream may come to its end: a
 * line without a time has only the member ended, the number of the run in which
 * it did. The next run looks at it if it is the last line (pw_journal_peek_end).
 *
 * When the journal is opened, entries below the restart point R are merged into
 * one: the last value of each key of offsets and kinds, and replayed. An entry that covers several times is not
 * merged while its last time is at or above R; its rows of times below R are
 * not to be sent again.
 *
 * Use:      open; look at header and merged; next until 0, for the entries
 *           from R on; then append, and sync before a frontier passes the
 *           time; close.
 * Promises: what was synced is there after any kill or power cut, or its loss
 *           is PW_STATE: a tail that was not synced is cut off, but never one
 *           that a later line or a sink's record vouches for.
 * Lends:    header, merged, and entries until the next call of next.
 * Fails:    "PATH: line N: ..." (PW_STATE); "PATH: write: ..." (PW_SYSTEM).
 */
#ifndef PW_STORE_JOURNAL_H
#define PW_STORE_JOURNAL_H

#include "line.h"
#include "side.h"
#include "store.h"

PW_C_BEGIN

struct pw_journal {
	struct pw_store *store; /* lent */
	char *path;
	int fd;
	struct pw_line_chain chain; /* of the last line */
	uint64_t length;            /* of the file */
	uint64_t durable;           /* bytes of it that are synced */
	json_t *header;             /* the caller's members of it; NULL: the journal is new */
	json_t *offsets;            /* merged: the last value of each key below R */
	json_t *kinds;              /* likewise */
	pw_time merged;             /* the last time below R, if has_merged */
	bool has_merged;
	json_t *replayed; /* of the entry that has it, merged or not; NULL: none has */
	bool merged_gone; /* a merged entry says that a part of the source is gone */
	bool has_last;
	pw_time last;            /* time of the last entry, merged or not, if has_last */
	bool ended;              /* the last line is an end, of whatever run */
	struct pw_bytes entries; /* the text of those from R on */
	size_t at;
	json_t *entry;
	uint64_t lines;      /* lines that were written in one step with the header */
	uint64_t compact_at; /* a longer file is merged again, if all sinks have gone on */
	pw_time compacted;   /* the least of what sinks had passed at the last merge */
};

/*
 * The store's folder must be there. 0 or -1. header is NULL afterwards where
 * there was no journal: call pw_journal_begin before the first append.
 */
int pw_journal_open(struct pw_journal *j, struct pw_store *s);

/* header: an object of the caller's (options, schema), taken; durable when it returns. */
int pw_journal_begin(struct pw_journal *j, json_t *header);

/* The entries from R on. 1: *entry is lent; 0: no more; -1 */
int pw_journal_next(struct pw_journal *j, const json_t **entry);

/* Calls each for the entries that next has still to give, until it fails. 0 or -1 */
int pw_journal_scan(const struct pw_journal *j, int (*each)(void *to, const json_t *entry),
		    void *to);

/* entry is taken, and not durable yet. Now and then entries that all sinks have passed are merged. */
int pw_journal_append(struct pw_journal *j, json_t *entry);

/* Has an entry said that the replay has ended, and at which time? */
bool pw_journal_replayed(const struct pw_journal *j, pw_time *time);

/* Makes durable all that was appended; costs nothing if it is. */
int pw_journal_sync(struct pw_journal *j);

/* The reader has come to its end, and appends no more in this run; durable when it returns. */
int pw_journal_end(struct pw_journal *j);

void pw_journal_close(struct pw_journal *j);

/* Is the last line of the journal in a stage's folder an end? 1: the run of that end; 0: no; -1 */
int pw_journal_peek_end(const char *folder, uint64_t *run);

/* The last time below `below` that the journal in a stage's folder holds: 1; 0: none, or no journal; -1 */
int pw_journal_peek(const char *folder, pw_time below, pw_time *time);

/*
 * The journal in a stage's folder as it is, read only (pw-state): offsets are of
 * all entries, last is the time of the last. 1; 0: none; -1. To be closed.
 */
int pw_journal_look(struct pw_journal *j, const char *folder);

/* Is every line of it as it was written? A tail that is being written may be torn. 0 or -1 */
int pw_journal_verify(const char *path, bool alive);

PW_C_END

#endif
