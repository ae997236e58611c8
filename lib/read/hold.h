/*
 * pw_hold - rows that have been read, and are in no commit yet
 *
 * A follower that keeps step (--sync) parses a piece of its source into a hold.
 * The rows are let go one after the other; the bytes that they were made of are
 * consumed only then, so that the journal of a commit names the bytes of its
 * rows, and no others. Bytes between rows go with the row before them. Rows that
 * were rejected while the piece was parsed are reported with the rows around
 * them, as rows of the same commit.
 *
 * Use:      begin; parse into rows, lines and rejected; end. Then take, until
 *           is_empty. bytes says how many bytes go with the rows taken; they are
 *           lent by the piece until keep has been called, then by the hold.
 * Memory:   what one piece holds, and its bytes if it is kept.
 */
#ifndef PW_READ_HOLD_H
#define PW_READ_HOLD_H

#include "../conn/connector.h"
#include "../data/builder.h"
#include "../fmt/parser.h"

struct pw_hold_reject {
	uint64_t line;
	char *reason, *file;
	struct pw_bytes row;
};

struct pw_hold {
	struct pw_builder rows;
	struct pw_parser_lines lines; /* on which they stand */
	uint32_t at;                  /* the first row that is held */
	struct pw_origin *origin;     /* lent */

	const char *data; /* of the piece, or of kept: the bytes that became rows */
	size_t length, used;
	uint64_t line, last_line; /* of data[used], and after the last byte */
	struct pw_bytes kept;
	bool consumed; /* the connector is to offer the bytes again before more of them are consumed */

	struct pw_hold_reject *rejects;
	size_t reject_count, reject_at, reject_capacity;

	bool waits;   /* as last asked, no row may go */
	bool divided; /* the source block in hand has rows in the commit, which so has all of them */
};

/* line: of the first byte. */
void pw_hold_begin(struct pw_hold *h, const struct pw_schema *schema, struct pw_origin *origin,
		   uint64_t line);
void pw_hold_end(struct pw_hold *h, const char *data, size_t length, uint64_t last_line);

/* A row that was rejected while the piece was parsed is remembered, and the next one before the held rows. */
void pw_hold_reject(struct pw_hold *h, const char *reason, const char *file, uint64_t line,
		    struct pw_slice row);
const struct pw_hold_reject *pw_hold_rejected(struct pw_hold *h);

static inline bool pw_hold_is_empty(const struct pw_hold *h)
{
	return h->at == h->rows.rows;
}

/* The next n rows, all with that time, into out (empty). They are held no longer. */
void pw_hold_take(struct pw_hold *h, uint32_t n, pw_time time, struct pw_builder *out);

/* How many bytes go with the rows before h->at and have not been used; *line: where the next one stands. */
size_t pw_hold_bytes(const struct pw_hold *h, uint64_t *line);
void pw_hold_use(struct pw_hold *h, size_t bytes, uint64_t line);

void pw_hold_close(struct pw_hold *h);

#endif
