/*
 * pw_upsert - a row replaces the earlier row with its key
 *
 * Use:      open; add batches in the order of their times: a row of a later time
 *           commits the rows before it; commit, for the last of them. The
 *           changes of a commit are handed to the tool. close.
 * Promises: per commit and key one -1 of the row that stood there before the
 *           commit and one +1 of the row that stands there now, neither if they
 *           are equal; keys in the order in which the commit first names them.
 *           A row for which delete_when fails is treated as --on-error says:
 *           stop ends the program; null takes the row for no deletion; a row
 *           that is skipped neither replaces nor deletes.
 * Fails:    open: "--delete-when: ..." (PW_USAGE).
 * Memory:   the row of each key, and up to as many again that were replaced.
 */
#ifndef PW_READ_UPSERT_H
#define PW_READ_UPSERT_H

#include "../state/dirty.h"
#include "../tool/evaluate.h"

struct pw_upsert {
	const struct pw_schema *schema;
	int keys[PW_COLUMNS_MAX];
	size_t key_count;
	struct pw_arrangement rows; /* records: struct pw_upsert_record */
	struct pw_rowkeys encoded;
	struct pw_builder **chunks; /* rows as they came, a batch each */
	size_t chunk_count, chunk_capacity;
	size_t stored;     /* rows in all chunks */
	uint32_t *touched; /* slots that the open commit has named */
	size_t touched_count, touched_capacity;
	uint32_t slots[PW_ROWS_MAX];
	pw_time time;              /* of the open commit */
	struct pw_builder changes; /* of the open commit, on their way out */
	bool deletes;
	struct pw_expr delete_when;
	struct pw_reject *reject;      /* lent */
	struct pw_bytes lost;          /* a bit per row in hand: it was rejected */
	struct pw_builder sound;       /* the rows in hand that were not rejected, if any was */
	uint8_t gone[PW_ROWS_MAX / 8]; /* a bit per row in hand: it deletes its key */
	struct pw_dirty dirty;         /* keys whose rows have changed since they were saved */
	struct pw_schema saved;        /* as schema, but columns that are no keys may be null */
	struct pw_checkpointer_table table;
};

/* delete_when: a row for which it is true deletes its key; NULL: none does. reject is lent. */
int pw_upsert_open(struct pw_upsert *u, const struct pw_schema *schema, const char *delete_when,
		   struct pw_reject *reject);
void pw_upsert_close(struct pw_upsert *u);

/* Rows whose diffs are all 1. */
void pw_upsert_add(struct pw_upsert *u, struct pw_tool *t, const struct pw_batch *batch);

/* Hands the changes of the open commit to the tool. */
void pw_upsert_commit(struct pw_upsert *u, struct pw_tool *t);

/* Its checkpointer: give it to pw_tool_register_state, and set dirty.on if that returns 1. */
struct pw_checkpointer pw_upsert_checkpointer(struct pw_upsert *u);

#endif
