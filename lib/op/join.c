#include "join.h"
#include "match_internal.h"
#include "pairing_internal.h"

#include <stdlib.h>

struct join {
	struct pw_op op;
	const struct pw_join_wish *wish;
	struct pw_joined joined;
	struct pw_bytes state_text; /* that op.state_text points to */
	int build;                  /* the side that is built first; PW_OP_NONE: both are held */
	struct pw_match match;      /* used if a side is built */
	struct pw_pairing pairing;  /* used if both sides are held */
};

static bool pairs(const struct join *g)
{
	return pw_join_pairs(g->wish->kind);
}

static bool shows_lonely(const struct join *g, int side)
{
	return pw_join_shows_lonely(g->wish->kind, side);
}

/* ---- bind ---- */

/* Can the side be built first, and rows of the other be matched as they come? */
static bool can_build(const struct join *g, int side)
{
	const struct pw_schema *s = &g->op.in[side], *other = &g->op.in[!side];

	if (!s->is_static || !s->append_only || g->op.host->has_state)
		return false;
	if (side == PW_LEFT && !pairs(g))
		return false;
	/* its rows without a match go out at the end: both sides must be one commit */
	return !shows_lonely(g, side) || (other->is_static && other->append_only);
}

static void choose_way(struct join *g)
{
	const struct pw_schema *left = &g->op.in[PW_LEFT], *right = &g->op.in[PW_RIGHT];
	const enum pw_join_kind kind = g->wish->kind;
	struct pw_schema *out = &g->op.schema;

	g->build = g->wish->now             ? PW_OP_NONE
		   : can_build(g, PW_RIGHT) ? PW_RIGHT
		   : can_build(g, PW_LEFT)  ? PW_LEFT
					    : PW_OP_NONE;
	out->is_static = left->is_static && right->is_static;
	if (g->build != PW_OP_NONE)
		out->append_only = g->op.in[!g->build].append_only;
	else
		out->append_only =
			g->wish->now ||
			(left->append_only && right->append_only &&
			 (kind == PW_JOIN_INNER || kind == PW_JOIN_CROSS || kind == PW_JOIN_SEMI));
	g->joined.wide.append_only = out->append_only; /* for commit_time() */
}

static void bind_columns(struct join *g)
{
	struct pw_joined *j = &g->joined;

	j->schema = &g->op.schema;
	for (int s = PW_LEFT; s <= PW_RIGHT; s++) {
		j->in[s] = &g->op.in[s];
		j->keys[s] = pw_mem_alloc(PW_COLUMNS_MAX, sizeof(int));
		j->missing[s] = pairs(g) && shows_lonely(g, !s);
	}
	if (g->wish->now && !j->in[PW_LEFT]->append_only)
		pw_op_must(&g->op,
			   pw_fail(PW_USAGE,
				   "--now: the left input is not append-only, and an answer "
				   "given once can't be taken back"));
	if (g->wish->keys != NULL)
		j->key_count =
			(size_t)pw_op_must(&g->op, pw_joined_keys(j->in[0], j->in[1], g->wish->keys,
								  j->keys[0], j->keys[1]));
	choose_way(g);
	j->left_only = !pairs(g);
	j->suffix = g->wish->suffix;
	pw_op_must(&g->op, pw_joined_bind(j, g->wish->select, g->wish->select_count));
	pw_joined_open(j, &g->op);
}

static void describe(struct join *g)
{
	static const char *const sides[] = {"left", "right"};

	if (g->build != PW_OP_NONE)
		pw_bytes_print(
			&g->state_text,
			"the rows of the %s input by key, built once; grows with them; the %s "
			"input is not stored%s",
			sides[g->build], sides[!g->build],
			g->op.in[!g->build].append_only ? "" : ", nor checked");
	else if (g->wish->now)
		pw_bytes_text(&g->state_text,
			      "the rows of the right input by key; grows with them; of the left "
			      "input those of the commit in hand");
	else
		pw_bytes_text(&g->state_text, "the rows of both inputs by key; grows with them");
	g->op.state_text = pw_bytes_string(&g->state_text);
}

static void open_match(struct join *g)
{
	g->match = (struct pw_match){
		.op = &g->op,
		.joined = &g->joined,
		.build = g->build,
		.lonely = {shows_lonely(g, PW_LEFT), shows_lonely(g, PW_RIGHT)},
		.pairs = pairs(g),
		.matched = g->wish->kind == PW_JOIN_SEMI,
		.null_equal = g->wish->null_equal,
	};
	g->op.first = g->build;
	g->op.at_end =
		g->match.lonely[g->build]; /* its rows without a match are shown at the end */
	pw_match_open(&g->match);
}

static void open_pairing(struct join *g)
{
	g->pairing = (struct pw_pairing){
		.op = &g->op,
		.joined = &g->joined,
		.pairs = pairs(g),
		.matched = g->wish->kind == PW_JOIN_SEMI,
		.lonely = {shows_lonely(g, PW_LEFT), shows_lonely(g, PW_RIGHT)},
		.null_equal = g->wish->null_equal,
		.now = g->wish->now,
	};
	pw_pairing_open(&g->pairing);
}

static void bind(struct pw_op *op, const void *wish)
{
	struct join *g = (struct join *)op;

	g->wish = wish;
	op->bounded = true;
	bind_columns(g);
	describe(g);
	if (g->build != PW_OP_NONE)
		open_match(g);
	else
		open_pairing(g);
}

/* ---- the operator ---- */

static void take_batch(struct pw_op *op, int input, const struct pw_batch **batch)
{
	struct join *g = (struct join *)op;

	if (g->build == PW_OP_NONE) {
		pw_pairing_batch(&g->pairing, input, *batch);
		return;
	}
	pw_match_take(&g->match, input, *batch);
	*batch = NULL;
}

static void take_rows(struct pw_op *op, int input, const struct pw_batch *batch, uint32_t from,
		      uint32_t count)
{
	pw_pairing_rows(&((struct join *)op)->pairing, input, batch, from, count);
}

static void commit(struct pw_op *op)
{
	pw_pairing_commit(&((struct join *)op)->pairing);
}

static void flush(struct pw_op *op)
{
	struct join *g = (struct join *)op;

	if (g->build == PW_OP_NONE)
		pw_pairing_flush(&g->pairing);
}

static void end(struct pw_op *op)
{
	struct join *g = (struct join *)op;

	if (g->build != PW_OP_NONE)
		pw_match_end(&g->match);
}

static size_t bytes(const struct pw_op *op)
{
	const struct join *g = (const struct join *)op;

	return g->build != PW_OP_NONE ? pw_match_bytes(&g->match) : pw_pairing_bytes(&g->pairing);
}

static void release(struct pw_op *op)
{
	struct join *g = (struct join *)op;

	if (g->build != PW_OP_NONE)
		pw_match_release(&g->match);
	else
		pw_pairing_release(&g->pairing);
	pw_joined_release(&g->joined);
	pw_bytes_release(&g->state_text);
}

const struct pw_op_kind pw_join_op = {
	.size = sizeof(struct join),
	.bind = bind,
	.batch = take_batch,
	.rows = take_rows,
	.commit = commit,
	.end = end,
	.flush = flush,
	.bytes = bytes,
	.release = release,
	.rejects = true,
};
