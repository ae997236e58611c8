/*
 * pw_cells - the values of a batch as text, a column at a time
 *
 * Use:      init for a schema and a style; per batch bind; per block of at
 *           most PW_CELLS_BLOCK rows format, then read cells with pw_cells_at
 *           or let pw_cells_rows put them together; release.
 * Promises: an entry of a dictionary and the value of a constant are formatted
 *           once per batch; no branch on a type per row.
 *           A cell is followed by PW_CELLS_SLACK readable bytes, so that short
 *           ones are copied without a loop.
 * Lends:    cells, until the next format or bind.
 * Memory:   grows with the text of a block.
 */
#ifndef PW_FMT_CELLS_H
#define PW_FMT_CELLS_H

#include "../data/batch.h"

PW_C_BEGIN

#define PW_CELLS_BLOCK 1024
#define PW_CELLS_SLACK 32

enum pw_cells_form {
	PW_CELLS_CSV,   /* quoted where needed; null is empty */
	PW_CELLS_JSON,  /* JSON values */
	PW_CELLS_SHOWN, /* for people: control characters as escapes; null is "null" */
	PW_CELLS_RAW    /* bytes as they are; null is empty */
};

struct pw_cells_style {
	enum pw_cells_form form;
	char delimiter; /* csv: what stands between cells */
	bool names;     /* json: each cell has its name in front, and the first one a brace, too */
	bool changes;   /* there are two more columns, _time and _diff */
};

struct pw_cell {
	void (*format)(struct pw_cell *c, uint32_t from, uint32_t count);
	char *(*quote)(char *at, const char *text, size_t length, char delimiter);
	const struct pw_cells_style *style;
	const struct pw_batch *batch;
	const struct pw_column *column; /* NULL: _time or _diff */
	struct pw_slice null;
	char *lead; /* in front of every cell: a delimiter, or a name */
	size_t lead_length;
	struct pw_bytes text; /* formatted cells, one after the other */
	struct pw_bytes scratch;
	size_t *ends; /* cell i is ends[i] .. ends[i + 1] of text */
	size_t capacity;
	uint32_t base;    /* plain: the row of cell 0 */
	uint32_t *at;     /* dictionary: row of the block -> cell */
	uint8_t encoding; /* enum pw_encoding */
};

struct pw_cells {
	struct pw_cells_style style;
	const struct pw_batch *batch;
	struct pw_cell *cells;
	size_t count;        /* columns, _time and _diff among them */
	uint32_t from, rows; /* the block */
};

/* The schema is read only here. */
void pw_cells_init(struct pw_cells *c, const struct pw_schema *schema,
		   const struct pw_cells_style *style);
void pw_cells_release(struct pw_cells *c);

void pw_cells_bind(struct pw_cells *c, const struct pw_batch *batch);
void pw_cells_format(struct pw_cells *c, uint32_t from, uint32_t count);

/* The text of a cell of the block, its lead included; row counts from the block's first. */
static inline struct pw_slice pw_cells_at(const struct pw_cell *c, uint32_t row)
{
	const uint32_t i = c->encoding == PW_PLAIN      ? row
			   : c->encoding == PW_CONSTANT ? 0
							: c->at[row];
	return (struct pw_slice){c->text.data + c->ends[i], c->ends[i + 1] - c->ends[i]};
}

/* Appends the rows of the block, or one of them, each once (whatever its diff), ended by tail. */
void pw_cells_rows(const struct pw_cells *c, struct pw_bytes *out, struct pw_slice tail);
void pw_cells_row(const struct pw_cells *c, uint32_t row, struct pw_bytes *out,
		  struct pw_slice tail);

/* Appends a text as people are shown it: what a terminal would act on as escapes. */
void pw_cells_add_shown(struct pw_bytes *b, struct pw_slice text);

/* Writes a text with the quotes that csv asks for, at most 2 * length + 2 bytes; returns their end. */
char *pw_cells_quote_csv(char *at, const char *text, size_t length, char delimiter);

PW_C_END

#endif
