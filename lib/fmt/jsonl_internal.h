/*
 * jsonl - the pieces of the JSON lines parser, and what they share
 *
 * A block of lines goes through two steps. jsonl_scan.c finds the values: one
 * token per row and member wanted. It predicts that a line has the same text
 * between its values as the line before; a line that has other text is read member
 * by member.
 * jsonl_cell.c turns tokens into columns, one column after the other; where a
 * cell does not fit, the block is taken back and done row by row, so that
 * faults are met in the order of the source.
 */
#ifndef PW_FMT_JSONL_INTERNAL_H
#define PW_FMT_JSONL_INTERNAL_H

#include "../data/json.h"
#include "parser.h"

/* ---- names of members ---- */

#define PW_JSONL_NONE UINT32_MAX

/* Names in the order of their addition, found by hash. */
struct pw_jsonl_names {
	struct pw_slice *names; /* owned */
	size_t count, capacity;
	uint32_t *places; /* name + 1, or 0; mask + 1 of them, at most half used */
	size_t mask;
};

uint32_t pw_jsonl_names_find(const struct pw_jsonl_names *n, struct pw_slice name);
uint32_t pw_jsonl_names_add(struct pw_jsonl_names *n, struct pw_slice name);
void pw_jsonl_names_release(struct pw_jsonl_names *n);

/* ---- lines ---- */

/*
 * The members of one line, one after the other. Open with p at the start of
 * the line and end after its last byte (the newline may be part of it).
 */
struct pw_jsonl_line {
	const char *p, *end;
	bool begun;
	struct pw_json_fault fault;
};

/* 1: a member; 0: the line has ended well; -1: the fault */
int pw_jsonl_line_next(struct pw_jsonl_line *l, struct pw_json_value *name,
		       struct pw_json_value *value);

/* ---- blocks ---- */

#define PW_JSONL_ROWS   128 /* of a block */
#define PW_JSONL_ABSENT 255 /* a token's kind: the line has no such member */

struct pw_jsonl_row {
	const char *start, *end; /* of its line, with the newline */
	uint64_t line;
};

/* A value of the line before, and the text between it and the value before that. */
struct pw_jsonl_step {
	uint32_t text;   /* where the text is in the template's, in words of 8 bytes */
	uint32_t length; /* of the text, in bytes */
	uint64_t mask;   /* of its last word */
	uint32_t member; /* where the value goes; PW_JSONL_NONE: nowhere */
};

/* The line before, as the next is expected to be: texts and values; the last step has no value. */
struct pw_jsonl_template {
	uint64_t *text;
	size_t text_count, text_capacity;
	struct pw_jsonl_step *steps;
	size_t count, capacity; /* count 0: none */
	uint32_t *absent;       /* members that the line did not have */
	size_t absent_count;
	bool unseen; /* it had members that no column has */
};

struct pw_jsonl_block {
	struct pw_json_value *tokens; /* of member m and row r: m * PW_JSONL_ROWS + r */
	struct pw_jsonl_row rows[PW_JSONL_ROWS];
	uint32_t count;
	const char *bad, *bad_end;  /* the line at which the block stops, or NULL */
	bool too_long;              /* the bad line is too long */
	struct pw_json_fault fault; /* else: what is bad about the line */
};

struct pw_jsonl_column {
	uint32_t member;        /* whose value it takes; PW_JSONL_NONE: the whole line */
	struct pw_slice *steps; /* the way from the member to the value, if the pointer is longer */
	size_t step_count;
};

struct pw_jsonl {
	struct pw_parser parser;
	bool started; /* bytes of the file have been seen: no BOM any more */

	/* inference */
	struct pw_jsonl_names found;
	struct pw_found_kinds *fields; /* found.count of them */
	size_t field_capacity;

	/* reading */
	struct pw_jsonl_names members;   /* those that columns take their values from */
	uint32_t *next;                  /* of each member: the one that came after it last time */
	uint32_t first;                  /* the member that came first */
	uint32_t time, diff;             /* with --changes: members of their own */
	struct pw_jsonl_column *columns; /* layout->count of them */
	struct pw_jsonl_block block;
	struct pw_jsonl_template template;
	struct pw_jsonl_step *parts; /* of the line in hand; text is an offset in it */
	size_t part_capacity;
	uint64_t *reached; /* of each member: the value of reach at the last line that had it */
	uint64_t reach;    /* lines that scan_any has read so far */
	bool watch;        /* without --only: count members that no column has */
	struct pw_bytes scratch;
};

/*
 * Fills the block with the tokens of at most limit lines from data on; stop is
 * the end of the last whole line. Returns where the lines taken end; p->line
 * moves along.
 */
const char *pw_jsonl_scan(struct pw_jsonl *j, const char *data, const char *stop, uint32_t limit);

/*
 * Appends the block's rows to out. 0; 1 after a promise (p->line and *end are
 * after its row); -1.
 */
int pw_jsonl_take(struct pw_jsonl *j, struct pw_builder *out, const char **end);

/* Deals with the line at which the block stopped. 0: it is dropped; -1 */
int pw_jsonl_bad_line(struct pw_jsonl *j);

/* Length of the byte order mark, if these are the first bytes of a file. */
size_t pw_jsonl_mark(struct pw_jsonl *j, const char *data, size_t n);

/* The end of the last whole line of the bytes; NULL: it failed, the line is too long. */
const char *pw_jsonl_stop(struct pw_jsonl *j, const char *data, size_t n, bool last);

/* The kind of a value that is there and not null. scratch is for its memory. */
enum pw_kind pw_jsonl_kind(const struct pw_json_value *v, struct pw_bytes *scratch);

ptrdiff_t pw_jsonl_sample(struct pw_parser *p, const char *data, size_t n, bool last);
int pw_jsonl_columns(struct pw_parser *p, struct pw_found *f);

#endif
