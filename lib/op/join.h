/*
 * pw_join_op - rows of two inputs with equal keys
 *
 * There are two ways. Where one input is one commit and only adds, it is built
 * once, and the rows of the other are matched with it as they come, in their
 * order, and not stored (match). Else the rows of both inputs are held, and
 * what is new among the pairs goes out with each commit (pairing).
 *
 * Fails:    bind: PW_USAGE. A row of an input would have less than no copies
 *           (PW_DATA); the rows held outgrow the memory allowed (PW_SYSTEM).
 * Memory:   the rows of the input that is built, or of both, by key.
 */
#ifndef PW_OP_JOIN_H
#define PW_OP_JOIN_H

#include "op.h"

PW_C_BEGIN

enum pw_join_kind {
	PW_JOIN_INNER,
	PW_JOIN_LEFT,
	PW_JOIN_RIGHT,
	PW_JOIN_FULL,
	PW_JOIN_SEMI,
	PW_JOIN_ANTI,
	PW_JOIN_CROSS,
	PW_JOIN_KINDS
};

/* Do pairs come out? Else left rows alone do. */
static inline bool pw_join_pairs(enum pw_join_kind kind)
{
	return kind != PW_JOIN_SEMI && kind != PW_JOIN_ANTI;
}

/* Do rows of the side (0 left, 1 right) come out that have no match? */
static inline bool pw_join_shows_lonely(enum pw_join_kind kind, int side)
{
	return side == 0 ? kind == PW_JOIN_LEFT || kind == PW_JOIN_FULL || kind == PW_JOIN_ANTI
			 : kind == PW_JOIN_RIGHT || kind == PW_JOIN_FULL;
}

struct pw_join_wish {
	enum pw_join_kind kind;
	bool kind_given;     /* else it is the default of what is joined */
	const char *keys;    /* "id,a=b"; NULL: of a cross join */
	const char *suffix;  /* "L,R", or NULL */
	bool null_equal;     /* null keys match null keys */
	bool now;            /* each left row is answered once, and not revised */
	char *const *select; /* "[NAME =] EXPR"; none: all columns */
	size_t select_count;

	/* joins by event time: texts as the options have them, NULL: not given */
	const char *time;      /* -t: "t", or "t,u" where names differ */
	const char *asof;      /* "", "backward", "forward" or "nearest" */
	const char *tolerance; /* of asof */
	const char *interval;  /* "L,U" */
	const char *tumbling, *sliding, *every, *session, *origin, *zone;
	const char *delay, *cutoff; /* "D", or "L,R" */
	bool keep, no_keep;
	const char *late;     /* "FILE", or "L,R" */
	const char *max_step; /* as delay */
};

/* Input 0 is left, 1 right. */
extern const struct pw_op_kind pw_join_op;
extern const struct pw_op_kind pw_asof_op, pw_interval_op, pw_window_join_op;

/*
 * The time column of each input, as options name it: two texts, which the caller
 * frees. 0, or fails (then some may be NULL).
 */
int pw_join_times(const char *text, char *names[2]);

/* The kind that the wish asks for. NULL: fails (PW_USAGE), options do not go together. */
const struct pw_op_kind *pw_join_kind_of(const struct pw_join_wish *wish);

PW_C_END

#endif
