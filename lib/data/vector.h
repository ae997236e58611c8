/*
 * pw_vector - a column that is being written, owned
 *
 * Use:      init with a type; append a value per row, or a null; view it as a
 *           pw_column; clear and go on. An appended text is copied.
 * Promises: amortised constant time per value and no allocation per row.
 *           A text vector interns its values while that pays: it keeps a
 *           table of recent texts, and its view is dictionary-encoded when
 *           at most half of its rows (and at most PW_ROWS_MAX) are different.
 *           A view in which all rows are equal is constant.
 * Lends:    the view, until the next append or clear.
 * Bounds:   at most UINT32_MAX bytes of text in a vector: whoever fills it
 *           looks at pw_vector_bytes and ends the batch in time; else the
 *           program ends as for want of memory.
 */
#ifndef PW_DATA_VECTOR_H
#define PW_DATA_VECTOR_H

#include "column.h"

PW_C_BEGIN

struct pw_intern;

struct pw_vector {
	struct pw_type type;
	uint8_t form; /* enum pw_form */
	uint32_t rows;
	uint32_t nulls;
	uint32_t capacity;     /* rows that there is room for */
	uint8_t *valid;        /* a bit per row once there was a null, else NULL */
	void *values;          /* byte, word, wide */
	uint32_t *offsets;     /* text, list: of entries when interned */
	struct pw_bytes bytes; /* text */
	bool interned;         /* text: rows are codes now, else plain */
	uint16_t *codes;       /* text, interned: row -> entry */
	uint32_t entries;      /* text, interned: entries so far */
	uint32_t entry_capacity;
	struct pw_intern *intern; /* text: table of recent texts, or NULL */
	struct pw_vector *inner;  /* list: the elements */
	struct pw_column view[2]; /* what pw_vector_view hands out */
};

/* For the pieces: an offset among a vector's bytes, checked to fit into 32 bits. */
static inline uint32_t pw_vector_offset(size_t at)
{
	if (__builtin_expect(at > UINT32_MAX, 0))
		pw_mem_exceeded("a column of a batch takes more than 4 GB");
	return (uint32_t)at;
}

void pw_vector_init(struct pw_vector *v, struct pw_type type);
void pw_vector_release(struct pw_vector *v);
void pw_vector_clear(struct pw_vector *v);

/* Turns interning of a text vector on; without it the view is plain. */
void pw_vector_intern(struct pw_vector *v);

void pw_vector_null(struct pw_vector *v);
void pw_vector_bool(struct pw_vector *v, bool x);
void pw_vector_word(struct pw_vector *v, int64_t x); /* int, datetimes, duration */
void pw_vector_float(struct pw_vector *v, double x); /* made canonical */
void pw_vector_uuid(struct pw_vector *v, const uint8_t x[16]);
void pw_vector_text(struct pw_vector *v, const char *data, size_t length);

/* The text of an entry that the batch has already, by its code; while v->interned. */
void pw_vector_code(struct pw_vector *v, uint16_t code);

/* The list whose elements have been appended to v->inner since the last one. */
void pw_vector_list(struct pw_vector *v);

/*
 * For loops that fill a fixed form themselves: room for count more values,
 * to be written, and then declared to be there and not null.
 */
void *pw_vector_room(struct pw_vector *v, uint32_t count);
void pw_vector_filled(struct pw_vector *v, uint32_t count);

/* Copies rows of a column of the same type: one, a range, or those selected. */
void pw_vector_copy(struct pw_vector *v, const struct pw_column *c, uint32_t row);
void pw_vector_append(struct pw_vector *v, const struct pw_column *c, uint32_t from,
		      uint32_t count);
void pw_vector_gather(struct pw_vector *v, const struct pw_column *c, const uint32_t *rows,
		      uint32_t count);

/* Drops the last rows: what is left has the given count. */
void pw_vector_truncate(struct pw_vector *v, uint32_t rows);

/* Bytes that the vector's rows take, about. */
size_t pw_vector_bytes(const struct pw_vector *v);

const struct pw_column *pw_vector_view(struct pw_vector *v);

PW_C_END

#endif
