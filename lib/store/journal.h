/*
 * pw_journal - what a reader has committed, before anybody may rely on it
 *
 * DIR/STAGE/journal-RUN: a line per entry, JSON, the length of the file that
 * was durable when it was written, and a checksum chained to the line before.
 * The first line is the header. An entry is an object; the journal looks at
 *
 *   time     the commit's, or the last of several; ascending, from entry to entry
 *   offsets  {KEY: VALUE, ...}: how far each part of the source has been read,
 *            where that has changed; null: the part is gone
 *   ended    true: behind it the reader's stream came to its end
 *
 * and keeps whatever else it holds as it is. Entries below the restart point
 * are merged into one when the journal is opened: the last value of each key.
 * An entry that covers several times is kept as long as its last is at or above
 * R: those of its rows whose times are below R are not to be sent again.
 *
 * Use:      open; look at header and merged; next until 0, for the entries
 *           from R on; then append, and sync before a frontier passes the
 *           time; close.
 * Promises: what was synced is there after any kill or power checkpoint, or its loss
 *           is PW_STATE: a tail that was not synced yet is cut off, but never
 *           one that a later line or a sink's record vouches for.
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
	struct pw_line_chain chain; /* to the last line */
	uint64_t length;            /* of the file */
	uint64_t durable;           /* what of it is synced */
	json_t *header;             /* the caller's members of it; NULL: the journal is new */
	json_t *offsets;            /* merged: the last value of each key below R */
	pw_time merged;             /* the last time below R, if there was one: */
	bool has_merged, merged_ended;
	bool merged_gone; /* parts of the source were there then that have gone */
	bool has_last;
	pw_time last;         /* of the last entry, merged or not */
	bool ended;           /* so it says */
	struct pw_bytes kept; /* the text of entries from R on */
	size_t at;
	json_t *entry;
	uint64_t lines;      /* that were written in one step with the header, which says so */
	uint64_t compact_at; /* length at which entries are merged again, */
	pw_time compacted;   /* ... if all sinks have passed more than this */
};

/*
 * The store's folder must be there. 0 or -1. Where header is NULL afterwards
 * there was no journal: pw_journal_begin with one, before the first append.
 */
int pw_journal_open(struct pw_journal *j, struct pw_store *s);

/* header: an object of the caller's (options, schema), taken; durable when it returns. */
int pw_journal_begin(struct pw_journal *j, json_t *header);

/* The entries from R on. 1: *entry is lent; 0: no more; -1 */
int pw_journal_next(struct pw_journal *j, const json_t **entry);

/* Calls each for every entry from R on, none of which is taken for that, until it fails. 0 or -1 */
int pw_journal_scan(const struct pw_journal *j, int (*each)(void *to, const json_t *entry),
		    void *to);

/* entry is taken. Not durable yet. Now and then it merges what all sinks have passed. */
int pw_journal_append(struct pw_journal *j, json_t *entry);

/* All that was appended is durable. Costs nothing if it is. */
int pw_journal_sync(struct pw_journal *j);

void pw_journal_close(struct pw_journal *j);

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
