#include "dedup_internal.h"

#include <stdlib.h>

enum { PAIRS = PW_BATCH_ROWS, LONGEST_STEP = 4096 };

void pw_dedup_bind_accept(struct pw_dedup *d, struct pw_type type)
{
	struct pw_ast ast;

	type.required = true;
	pw_op_must(&d->op, pw_schema_add(&d->pair_schema, PW_SLICE("new"), type, false));
	pw_op_must(&d->op, pw_schema_add(&d->pair_schema, PW_SLICE("old"), type, false));
	d->pair_schema.append_only = d->op.in->append_only;
	pw_builder_init(&d->pairs, &d->pair_schema);
	pw_builder_init(&d->rejected, d->op.in);
	pw_expr_init(&d->accept, &d->pair_schema);
	pw_op_must(&d->op, pw_ast_parse(&ast, d->wish.accept, false, d->op.in, &d->pair_schema));
	pw_op_must(&d->op, pw_expr_add_typed(&d->accept, &ast, ast.root, PW_TYPE(PW_BOOL)));
	pw_ast_release(&ast);
}

void pw_dedup_contend(struct pw_dedup *d, uint32_t slot, uint32_t from, uint32_t end)
{
	const struct pw_blob *shown = pw_keyed_now(&d->shown, slot, 0);
	struct pw_dedup_contest c = {.slot = slot, .at = from, .end = end, .step = 1};

	c.changed = shown == NULL;
	c.holder = c.changed ? pw_dedup_rest(d, c.at++) : pw_blob_slice(shown);
	d->contests = pw_mem_grow(d->contests, &d->contest_capacity, d->contest_count + 1,
				  sizeof *d->contests);
	d->contests[d->contest_count++] = c;
}

/* The first column of the rest, that of -o, appended. */
static void take_value(const struct pw_dedup *d, struct pw_slice rest, struct pw_vector *v)
{
	const char *at = rest.data;

	pw_rowkey_take(&at, rest.data + rest.length, d->pair_schema.fields[0].type, false, v);
}

static uint32_t trial_size(const struct pw_dedup_contest *c)
{
	return c->end - c->at < c->step ? c->end - c->at : c->step;
}

static void add_trial(struct pw_dedup *d, struct pw_dedup_contest *c)
{
	const uint32_t n = trial_size(c);

	c->trial = d->pairs.rows;
	for (uint32_t i = 0; i < n; i++) {
		take_value(d, pw_dedup_rest(d, c->at + i), &d->pairs.vectors[0]);
		take_value(d, c->holder, &d->pairs.vectors[1]);
		pw_builder_row(&d->pairs, d->op.commit.time, 1);
	}
}

/* The condition fails for a row that is offered. */
static void fail_row(struct pw_dedup *d, uint32_t pair, uint32_t offered)
{
	struct pw_reject *reject = d->op.host->reject;
	struct pw_bytes reason = {0};

	if (reject->policy == PW_REJECT_NULL)
		return;
	pw_expr_reason(&d->accept, 0, pair, &reason);
	if (reject->policy == PW_REJECT_STOP)
		pw_op_must(&d->op, pw_fail(PW_DATA, "expression '%s': %s", d->wish.accept,
					   pw_bytes_string(&reason)));
	pw_roworder_decode(&d->order, pw_arrangement_key(&d->commit.rows, d->offered[offered]),
			   &d->rejected);
	pw_builder_row(&d->rejected, d->op.commit.time, 1);
	pw_op_must(&d->op, pw_reject_row(reject, (struct pw_slice){reason.data, reason.length},
					 pw_builder_view(&d->rejected), 0));
	pw_builder_clear(&d->rejected);
	pw_bytes_release(&reason);
}

/* The first of the rows tried that is accepted takes the key; those after it wait for another trial. */
static void judge(struct pw_dedup *d, struct pw_dedup_contest *c)
{
	const struct pw_column *accepted = pw_expr_column(&d->accept, 0);
	const uint8_t *errors = pw_expr_errors(&d->accept, 0);
	const uint32_t n = trial_size(c);
	uint32_t i = 0;

	for (; i < n; i++) {
		const uint32_t pair = c->trial + i;
		if (errors != NULL && pw_bit(errors, pair))
			fail_row(d, pair, c->at + i);
		else if (!pw_column_null(accepted, pair) && pw_column_bool(accepted, pair))
			break;
	}
	if (i < n) {
		c->holder = pw_dedup_rest(d, c->at + i);
		c->changed = true;
		c->at += i + 1;
		c->step = 1;
		return;
	}
	c->at += n;
	c->step = c->step * 2 < LONGEST_STEP ? c->step * 2 : LONGEST_STEP;
}

static void judge_all(struct pw_dedup *d, size_t from, size_t to)
{
	if (d->pairs.rows == 0)
		return;
	pw_expr_run(&d->accept, pw_builder_view(&d->pairs));
	for (size_t i = from; i < to; i++)
		judge(d, &d->contests[i]);
	pw_builder_clear(&d->pairs);
}

/* A trial for each key in turn, many keys at once, until no row is left to offer. */
static void offer_all(struct pw_dedup *d)
{
	size_t left = d->contest_count;

	while (left > 0) {
		size_t from = 0, next = 0;
		for (size_t i = 0; i < left; i++) {
			if (d->pairs.rows + trial_size(&d->contests[i]) > PAIRS) {
				judge_all(d, from, i);
				from = i;
			}
			add_trial(d, &d->contests[i]);
		}
		judge_all(d, from, left);
		for (size_t i = 0; i < left; i++) { /* those with rows left to the front */
			const struct pw_dedup_contest c = d->contests[i];
			if (c.at == c.end)
				continue;
			d->contests[i] = d->contests[next];
			d->contests[next++] = c;
		}
		left = next;
	}
}

void pw_dedup_decide(struct pw_dedup *d)
{
	offer_all(d);
	for (size_t i = 0; i < d->contest_count; i++)
		if (d->contests[i].changed)
			pw_keyed_put(&d->shown, d->contests[i].slot, 0, d->contests[i].holder);
	d->contest_count = 0;
}

void pw_dedup_release_accept(struct pw_dedup *d)
{
	free(d->contests);
	pw_expr_release(&d->accept);
	pw_builder_release(&d->pairs);
	pw_builder_release(&d->rejected);
	pw_schema_release(&d->pair_schema);
}
