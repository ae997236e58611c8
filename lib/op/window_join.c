/*
 * Pairs of rows that share a window of event time: a chain of other operators
 *
 *   tumbling and sliding   left  -> rows in windows -> columns in order -> join
 *                          right -> rows in windows --------------------->
 *
 *   sessions               left  -> keys and time -> both -> sessions -> once each: bounds
 *                          right -> keys and time ->
 *                          left, bounds  -> join by keys and time -> join
 *                          right, bounds -> join by keys and time ->
 *
 * The join at the end has the bounds of the window among its keys.
 */
#include "../data/axis.h"
#include "../data/names.h"
#include "chain.h"
#include "concat.h"
#include "grouped.h"
#include "join.h"
#include "joined_internal.h"
#include "select.h"
#include "window.h"

#include <stdlib.h>

#define START "window_start"
#define END   "window_end"

/* Expressions. */
struct list {
	char **items;
	size_t count;
};

struct window_join {
	struct pw_chain chain;
	const struct pw_join_wish *wish;
	int *keys[2];
	size_t key_count;
	int times[2]; /* columns of the inputs */
	char *time_names[2];

	/* wishes of parts */
	struct pw_window_wish windows[2];
	struct pw_select_wish selects[2];
	struct pw_join_wish bounded[2], join;
	struct pw_grouped_wish once;
	char **texts; /* that they point to */
	size_t text_count, text_capacity;
	struct list lists[4];
	size_t list_count;
};

/* ---- texts ---- */

/* Takes what the bytes hold as a text of the operator's, and empties them. */
static char *own(struct window_join *j, struct pw_bytes *b)
{
	char *text = pw_mem_copy(b->data, b->length);

	pw_bytes_release(b);
	*b = (struct pw_bytes){0};
	j->texts = pw_mem_grow(j->texts, &j->text_capacity, j->text_count + 1, sizeof *j->texts);
	return j->texts[j->text_count++] = text;
}

/* A new list of expressions, with room for so many. */
static struct list *new_list(struct window_join *j, size_t room)
{
	struct list *l = &j->lists[j->list_count++];

	l->items = pw_mem_alloc(room, sizeof *l->items);
	return l;
}

static void add_column(struct window_join *j, struct list *l, const char *before, const char *name)
{
	struct pw_bytes b = {0};

	pw_bytes_text(&b, before);
	pw_names_add_ticked(&b, pw_slice_of(name));
	l->items[l->count++] = own(j, &b);
}

static bool is_key(const struct window_join *j, int side, int column)
{
	for (size_t k = 0; k < j->key_count; k++)
		if (j->keys[side][k] == column)
			return true;
	return false;
}

/* The columns of an input in the order of the output: keys, bounds, the others. */
static const struct list *columns_in_order(struct window_join *j, int side, const char *before)
{
	const struct pw_schema *s = &j->chain.op.in[side];
	struct list *l = new_list(j, s->count + 2);

	for (size_t k = 0; k < j->key_count; k++)
		add_column(j, l, before, s->fields[j->keys[side][k]].name);
	add_column(j, l, "", START);
	add_column(j, l, "", END);
	for (size_t i = 0; i < s->count; i++)
		if (!is_key(j, side, (int)i))
			add_column(j, l, before, s->fields[i].name);
	return l;
}

static void add_pair(struct pw_bytes *b, const char *left, const char *right)
{
	if (b->length > 0)
		pw_bytes_text(b, ",");
	pw_names_add(b, pw_slice_of(left));
	pw_bytes_text(b, "=");
	pw_names_add(b, pw_slice_of(right));
}

static const char *key_name(const struct window_join *j, int side, size_t k)
{
	return j->chain.op.in[side].fields[j->keys[side][k]].name;
}

/* ---- what is wished ---- */

static void bind_times(struct window_join *j)
{
	static const char *const sides[] = {"left", "right"};
	struct pw_op *op = &j->chain.op;
	struct pw_axis axes[2];

	pw_op_must(op, pw_join_times(j->wish->time, j->time_names));
	for (int side = 0; side < 2; side++) {
		if (pw_axis_open(&axes[side], &op->in[side], "-t", j->time_names[side]) < 0) {
			pw_fail_at("%s", op->host->names[side]);
			pw_op_fail(op);
		}
		j->times[side] = axes[side].column;
		for (int end = 0; end < 2; end++)
			if (pw_schema_find(&op->in[side], pw_slice_of(end ? END : START)) >= 0)
				pw_op_must(op,
					   pw_fail(PW_USAGE,
						   "'%s' is a column of the %s input, and is the "
						   "name of a bound of windows: rename the column",
						   end ? END : START, sides[side]));
	}
	if (axes[0].type.base != axes[1].type.base)
		pw_op_must(op,
			   pw_fail(PW_USAGE,
				   "-t: '%s' is %s in the left input and '%s' is %s in the right "
				   "one; make them alike, with pw-select --add 't = CAST(t AS %s)'",
				   op->in[0].fields[j->times[0]].name, pw_type_name(axes[0].type),
				   op->in[1].fields[j->times[1]].name,
				   pw_type_name((struct pw_type){.base = axes[1].type.base}),
				   axes[0].type.base == PW_INT || axes[1].type.base == PW_INT
					   ? "float"
					   : "datetime_utc"));
}

static void bind_keys(struct window_join *j)
{
	struct pw_op *op = &j->chain.op;

	for (int side = 0; side < 2; side++)
		j->keys[side] = pw_mem_alloc(PW_COLUMNS_MAX, sizeof(int));
	if (j->wish->keys != NULL)
		j->key_count =
			(size_t)pw_op_must(op, pw_joined_keys(&op->in[0], &op->in[1], j->wish->keys,
							      j->keys[0], j->keys[1]));
}

/* The join at the end: as it is wished, by the keys and the bounds. */
static void wish_join(struct window_join *j)
{
	struct pw_bytes keys = {0};

	for (size_t k = 0; k < j->key_count; k++)
		add_pair(&keys, key_name(j, 0, k), key_name(j, 1, k));
	add_pair(&keys, START, START);
	add_pair(&keys, END, END);
	j->join = *j->wish;
	j->join.keys = own(j, &keys);
}

static int add(struct window_join *j, const char *name, const struct pw_op_kind *kind,
	       const void *wish, int from, int from2)
{
	return pw_chain_add(&j->chain,
			    &(struct pw_chain_part){.name = name,
						    .kind = kind,
						    .wish = wish,
						    .from = {from, from2},
						    .from_count = from2 == from ? 1 : 2});
}

static int add_select(struct window_join *j, int side, const char *name, const struct list *columns,
		      int from)
{
	j->selects[side] = (struct pw_select_wish){.expressions = columns->items,
						   .expression_count = columns->count};
	return add(j, name, &pw_select_op, &j->selects[side], from, from);
}

/* ---- tumbling and sliding windows ---- */

static int add_windows(struct window_join *j, int side, const char *name)
{
	const struct pw_join_wish *w = j->wish;

	j->windows[side] = (struct pw_window_wish){.time = j->time_names[side],
						   .tumbling = w->tumbling,
						   .sliding = w->sliding,
						   .every = w->every,
						   .origin = w->origin,
						   .zone = w->zone};
	return add(j, name, &pw_window_rows_op, &j->windows[side], PW_CHAIN_INPUT(side),
		   PW_CHAIN_INPUT(side));
}

static void bind_windows(struct window_join *j, int sides[2])
{
	const int left = add_windows(j, 0, "left windows");
	const struct list *columns = columns_in_order(j, 0, "");

	sides[1] = add_windows(j, 1, "right windows");
	sides[0] = add_select(j, 0, "left", columns, left);
}

/* ---- sessions ---- */

#define TIME "time"

static char *own_key(struct window_join *j, size_t k)
{
	struct pw_bytes b = {0};

	pw_bytes_print(&b, "key%zu", k);
	return own(j, &b);
}

/* The keys, under names of their own, and the time of an input's rows. */
static int add_moments(struct window_join *j, int side, const char *name)
{
	const struct pw_schema *s = &j->chain.op.in[side];
	struct list *l = new_list(j, j->key_count + 1);
	struct pw_bytes before = {0};

	for (size_t k = 0; k < j->key_count; k++) {
		pw_bytes_clear(&before);
		pw_bytes_print(&before, "key%zu = ", k);
		add_column(j, l, pw_bytes_string(&before), key_name(j, side, k));
	}
	add_column(j, l, TIME " = ", s->fields[j->times[side]].name);
	const int part = add_select(j, side, name, l, PW_CHAIN_INPUT(side));

	pw_bytes_release(&before);
	return part;
}

/* Each moment of a session once, with the bounds of the session. */
static int add_bounds(struct window_join *j)
{
	const int left = add_moments(j, 0, "left times");
	const int right = add_moments(j, 1, "right times");
	const int both = add(j, "times", &pw_concat_op, NULL, left, right);
	struct pw_bytes keys = {0}, all = {0};

	for (size_t k = 0; k < j->key_count; k++) {
		pw_bytes_print(&keys, "%skey%zu", k > 0 ? "," : "", k);
		pw_bytes_print(&all, "key%zu,", k);
	}
	pw_bytes_text(&all, TIME "," START "," END);
	j->windows[0] = (struct pw_window_wish){
		.time = TIME,
		.session = j->wish->session,
		.keys = j->key_count > 0 ? own(j, &keys) : NULL,
	};
	j->once = (struct pw_grouped_wish){.keys = own(j, &all)};
	const int sessions = add(j, "sessions", &pw_session_op, &j->windows[0], both, both);

	return add(j, "bounds", &pw_grouped_op, &j->once, sessions, sessions);
}

/* The rows of an input with the bounds of their sessions; those without a time go. */
static int add_bounded(struct window_join *j, int side, const char *name, int bounds)
{
	const struct list *columns = columns_in_order(j, side, "left.");
	struct pw_bytes keys = {0};

	for (size_t k = 0; k < j->key_count; k++)
		add_pair(&keys, key_name(j, side, k), own_key(j, k));
	add_pair(&keys, j->chain.op.in[side].fields[j->times[side]].name, TIME);
	j->bounded[side] = (struct pw_join_wish){
		.keys = own(j, &keys),
		.null_equal = true, /* rows without a key have sessions, too */
		.select = columns->items,
		.select_count = columns->count,
	};
	return add(j, name, &pw_join_op, &j->bounded[side], PW_CHAIN_INPUT(side), bounds);
}

static void bind_sessions(struct window_join *j, int sides[2])
{
	const int bounds = add_bounds(j);

	sides[0] = add_bounded(j, 0, "left", bounds);
	sides[1] = add_bounded(j, 1, "right", bounds);
}

/* ---- the operator ---- */

static void bind(struct pw_op *op, const void *wish)
{
	struct window_join *j = (struct window_join *)op;
	int sides[2];

	j->wish = wish;
	bind_keys(j);
	bind_times(j);
	wish_join(j);
	pw_chain_begin(&j->chain);
	if (j->wish->session != NULL)
		bind_sessions(j, sides);
	else
		bind_windows(j, sides);
	add(j, "join", &pw_join_op, &j->join, sides[0], sides[1]);
	pw_chain_done(&j->chain);
}

static void release(struct pw_op *op)
{
	struct window_join *j = (struct window_join *)op;

	pw_chain_release(op);
	while (j->text_count > 0)
		free(j->texts[--j->text_count]);
	free(j->texts);
	while (j->list_count > 0)
		free(j->lists[--j->list_count].items);
	for (int side = 0; side < 2; side++) {
		free(j->keys[side]);
		free(j->time_names[side]);
	}
}

const struct pw_op_kind pw_window_join_op = {
	.size = sizeof(struct window_join),
	.bind = bind,
	PW_CHAIN_FUNCTIONS,
	.release = release,
	.rejects = true,
};
