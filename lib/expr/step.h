/*
 * pw_step - one operation of a compiled expression, and its result's memory
 *
 * A compiled expression is a list of steps in the order in which they run; a
 * step's arguments are earlier steps. Each holds its result (out, errors)
 * until the next run, so that a row error can be explained afterwards.
 *
 * What a kernel may rely on:
 *  - in[0 .. arg_count) are its arguments' columns, n rows each (1 row, when
 *    all are constant, or as many as a dictionary has entries); fixed forms
 *    are plain or constant, texts anything, lists plain or constant;
 *  - live is NULL, or a bitmap of the rows in which no argument is null
 *    (functions with PW_NULLS_OWN: in which none has failed);
 *  - values has room for n values of its type; begin_text was called.
 * What it must do: write n values, also where the row is dead or null, each
 * decided by the arguments alone, as other kernels compute with it (best: 0);
 * or n texts; call pw_step_error for rows that fail and pw_step_null for rows
 * that are null though their arguments are not. Nulls are decided by the
 * caller: the loop has no branch on type or null.
 */
#ifndef PW_EXPR_STEP_H
#define PW_EXPR_STEP_H

#include "../data/batch.h"
#include "../data/vector.h"

PW_C_BEGIN

struct pw_step;

enum {
	PW_NULLS_OWN = 1, /* nulls are looked at by the kernel, or a null argument is no null */
	PW_PER_ROW = 2,   /* not to be run per dictionary entry or folded: looks at the batch */
};

struct pw_function {
	const char *name;
	/*
	 * "float(float,int)": T is any type, the same wherever it stands in a
	 * signature; D is datetime or datetime_utc; E is any type, another one
	 * each time; "..." repeats the last.
	 */
	const char *signature;
	unsigned flags;
	void (*run)(struct pw_step *s, uint32_t n);
	/* Looks at constant arguments once (a pattern, a unit); 0, or fails. Or NULL. */
	int (*prepare)(struct pw_step *s);
	void (*release)(struct pw_step *s); /* of state; or NULL */
	/* Why row failed; NULL: `reason` is the text. */
	void (*why)(const struct pw_step *s, uint32_t row, struct pw_bytes *text);
	const char *reason;
	const char *help;    /* one line; NULL: an operator or a part of the language */
	const char *example; /* an expression without columns; and its value as text */
	const char *result;
};

enum pw_step_kind {
	PW_STEP_COLUMN,   /* the batch's column number `column` */
	PW_STEP_CONSTANT, /* its result is there from the start */
	PW_STEP_CALL,     /* function of args */
	PW_STEP_AND,
	PW_STEP_OR,
	PW_STEP_IN,       /* args[0] = one of the others */
	PW_STEP_CASE,     /* when, then, ..., else */
	PW_STEP_COALESCE, /* the first arg that is not null */
	PW_STEP_TRY       /* args[0], or args[1] where that failed */
};

/* Growing memory of a fixed use; its contents are lost when it grows. */
struct pw_buffer {
	void *data;
	size_t capacity;
};

struct pw_step {
	uint8_t kind; /* enum pw_step_kind */
	bool done;    /* the result is there for all batches: constants */
	bool marked;  /* while a message is made: what the failed output uses */
	struct pw_type type;
	const struct pw_function *function;
	int column;
	uint32_t arg_count;
	struct pw_step **args;
	const struct pw_column **in;
	const struct pw_schema *schema;
	const struct pw_batch *batch;
	void *state; /* of the function */

	struct pw_column out;
	const uint8_t *errors; /* a bit per row, or just bit 0 for all of them; NULL: none */
	bool one;              /* all arguments are constant: errors is bit 0 */

	/* during a run */
	const uint8_t *live;
	void *values;
	uint32_t n;
	bool has_null, has_error;

	/* memory */
	struct pw_buffer set_memory; /* of IN's constants, made once */
	uint32_t set_size;
	struct pw_buffer value_memory, spread_memory, valid_memory, error_memory, null_memory,
		fail_memory, offset_memory, code_memory, pick_memory;
	struct pw_bytes text, spare;
	uint32_t *offsets;
	struct pw_column inner;
	struct pw_vector list; /* of a list type; the value of a constant */
	bool has_list;
	uint64_t hash; /* of what it computes */
};

/* At least that many bytes, aligned to 64; what was there is lost. */
void *pw_buffer_need(struct pw_buffer *b, size_t bytes);

/* Row i failed; row i is null. */
void pw_step_error(struct pw_step *s, uint32_t row);
void pw_step_null(struct pw_step *s, uint32_t row);

static inline bool pw_step_dead(const struct pw_step *s, uint32_t i)
{
	return s->live != NULL && !pw_bit(s->live, i);
}

/* Ends text i, whose bytes have been appended to s->text. */
static inline void pw_step_text_end(struct pw_step *s, uint32_t i)
{
	s->offsets[i + 1] = (uint32_t)s->text.length;
}

/* The most bytes that all texts of a result may have together; more is a row error. */
#define PW_STEP_TEXT_MAX (UINT32_C(1) << 31)

/* Result i becomes the value of a row of a column of the same type, which is not null. */
void pw_step_store(struct pw_step *s, uint32_t i, const struct pw_column *c, uint32_t row);

/* Result i, of a fixed form, becomes zero: the value of a null. */
void pw_step_zero(struct pw_step *s, uint32_t i);

/* As pw_step_store, or a null where c is NULL; and the result is done: its text is ended. */
void pw_step_set(struct pw_step *s, uint32_t i, const struct pw_column *c, uint32_t row);

/* The bytes already appended for a text, given back. */
static inline void pw_step_text_undo(struct pw_step *s, uint32_t i)
{
	s->text.length = s->offsets[i];
}

/* 0 of a constant, 1 of a plain column: values[i * stride]. */
static inline size_t pw_stride(const struct pw_column *c)
{
	return c->encoding == PW_CONSTANT ? 0 : 1;
}

static inline bool pw_is_constant(const struct pw_column *c)
{
	return c->encoding == PW_CONSTANT;
}

/* Computes the step's result over the batch (n rows); its arguments' are there. */
void pw_step_run(struct pw_step *s, const struct pw_batch *batch, uint32_t n);

/* Why a row that has its error bit set failed. */
void pw_step_why(const struct pw_step *s, uint32_t row, struct pw_bytes *text);

void pw_step_release(struct pw_step *s);

/* CASE, COALESCE, try, AND, OR, IN: where a side may be left out. (step_choose.c) */
void pw_step_choose(struct pw_step *s, uint32_t n);

/* For the pieces: a bool column's rows that are true, and that are false, as bitmaps. */
void pw_step_truth(const struct pw_column *c, uint32_t n, uint8_t *truth, uint8_t *falsity);

/* Sets the step's result from such bitmaps; a row in neither is null. errors: bitmap, or NULL. */
void pw_step_set_truth(struct pw_step *s, uint32_t n, const uint8_t *truth, const uint8_t *falsity,
		       const uint8_t *errors);

/* x IN (...). (step_in.c) */
void pw_step_in(struct pw_step *s, uint32_t n);

/* The argument that decides row in a step that pw_step_choose runs: its error is the reason. */
const struct pw_step *pw_step_choose_culprit(const struct pw_step *s, uint32_t row);

static inline bool pw_step_failed(const struct pw_step *s, uint32_t row)
{
	return s->errors != NULL && pw_bit(s->errors, s->one ? 0 : row);
}

/*
 * The dictionary column whose entries the step may be run for instead of rows: all
 * other arguments are constants, and there are no more entries than rows. Else NULL.
 */
const struct pw_column *pw_step_dictionary(const struct pw_step *s, uint32_t n);

/* The results per entry (values or texts, valid and errors in out) become those per row. */
void pw_step_spread(struct pw_step *s, const struct pw_column *dictionary, uint32_t n);

/* Room for n values or texts. */
void pw_step_begin(struct pw_step *s, uint32_t n);

/* Equality of two columns of one type as bytes 0, 1; nulls aside. (kernel_compare.c) */
void pw_kernel_equal(const struct pw_column *a, const struct pw_column *b, uint8_t *equal,
		     uint32_t n);

PW_C_END

#endif
