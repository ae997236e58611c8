/*
 * Chains of operators: however their inputs are cut into batches, they emit
 * what their parts emit one after the other, each given its whole input.
 */
#include "chains.h"
#include "check.h"
#include "operators.h"

/* ---- the parts, one after the other ---- */

/* A part on its own, and all that it has emitted. */
struct stage {
	struct pw_op *op;
	struct pw_op_host host;
	struct pw_reject reject;
	struct pw_schema in[2];
	struct pw_builder out;
};

static void stage_emit(void *to, const struct pw_batch *batch)
{
	pw_builder_append(&((struct stage *)to)->out, batch, 0, batch->rows);
}

static void stage_fail(void *to)
{
	(void)to;
	pw_bug("%s", pw_fail_text());
}

/* The rows of the batch with times from one on up to another. */
static void stage_take(struct stage *s, int input, const struct pw_batch *batch, pw_time from,
		       pw_time to)
{
	struct pw_builder part;

	pw_builder_init(&part, batch->schema);
	for (uint32_t i = 0; i < batch->rows; i++)
		if (pw_batch_time(batch, i) >= from && pw_batch_time(batch, i) <= to)
			pw_builder_append(&part, batch, i, 1);
	if (part.rows > 0)
		pw_op_take(s->op, input, pw_builder_view(&part));
	pw_builder_release(&part);
}

static void stage_run(struct stage *s, const struct pw_chain_part *part,
		      const struct pw_batch *const *in)
{
	s->reject = (struct pw_reject){.policy = PW_REJECT_STOP};
	s->host = (struct pw_op_host){.to = s,
				      .emit = stage_emit,
				      .fail = stage_fail,
				      .reject = &s->reject,
				      .names = trial_names,
				      .memory = 64 << 20,
				      .has_state = true}; /* no input is wanted first */
	for (size_t i = 0; i < part->from_count; i++)
		s->in[i] = *in[i]->schema;
	s->op = pw_op_open(part->kind, &s->host, s->in, part->from_count, part->wish);
	pw_builder_init(&s->out, &s->op->schema);
	for (pw_time t = 0; t <= 2 * COMMITS + 1; t++)
		for (size_t i = 0; i < part->from_count; i++)
			stage_take(s, (int)i, in[i], t, t);
	pw_op_frontier(s->op, PW_TIME_END);
	for (size_t i = 0; i < part->from_count; i++)
		stage_take(s, (int)i, in[i], PW_TIME_END, PW_TIME_END);
	pw_op_end(s->op);
}

static void add_lines(struct lines *lines, const struct pw_batch *batch)
{
	struct pw_rowkeys keys = {0};
	struct pw_roworder order;

	if (pw_roworder_init(&order, batch->schema, NULL) < 0)
		pw_bug("%s", pw_fail_text());
	pw_roworder_encode(&order, &keys, batch);
	for (uint32_t i = 0; i < batch->rows; i++)
		lines_add(lines, pw_batch_time(batch, i), pw_rowkeys_at(&keys, i),
			  pw_batch_diff(batch, i));
	pw_rowkeys_release(&keys);
	pw_roworder_release(&order);
}

static void one_after_the_other(const struct trial *t, struct lines *lines)
{
	const struct chain_wish *w = t->wish;
	struct stage stages[PW_CHAIN_PARTS] = {0};
	struct pw_builder inputs[2];

	for (int side = 0; side < 2; side++) {
		pw_builder_init(&inputs[side], &trial_schema[side]);
		for (size_t i = 0; i < trial_inputs[side].count; i++)
			trial_add_row(t, &inputs[side], &trial_inputs[side].changes[i]);
	}
	for (size_t k = 0; k < w->count; k++) {
		const struct pw_batch *in[2];

		for (size_t i = 0; i < w->parts[k].from_count; i++) {
			const int from = w->parts[k].from[i];

			in[i] = pw_builder_view(from < 0 ? &inputs[-1 - from] : &stages[from].out);
		}
		stage_run(&stages[k], &w->parts[k], in);
	}
	add_lines(lines, pw_builder_view(&stages[w->count - 1].out));
	for (size_t k = w->count; k-- > 0;) {
		pw_builder_release(&stages[k].out);
		pw_op_close(stages[k].op);
	}
	pw_builder_release(&inputs[0]);
	pw_builder_release(&inputs[1]);
}

/* ---- against the chain ---- */

static bool same(const struct trial *t, struct cutting cutting)
{
	struct lines reference = {0};
	struct run r;

	one_after_the_other(t, &reference);
	run_open(&r, t, cutting, false, 0);
	run_end(&r);
	const bool is = lines_same(&r.emitted, &reference);

	run_close(&r);
	return is;
}

static void check(const struct chain_wish *wish, int inputs, struct trial t)
{
	t.kind = &chain_op;
	t.wish = wish;
	t.inputs = inputs;
	t.keys = 7;
	t.values = 20;
	t.rows = 10;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		random_state = seed;
		trial_generate(&t);
		CHECK(same(&t, one_row));
		CHECK(same(&t, large));
		CHECK(same(&t, at_random));
	}
}

#define IN(i)     PW_CHAIN_INPUT(i)
#define ONE(a)    {a}, 1
#define TWO(a, b) {a, b}, 2

static const struct pw_filter_wish above = {"v > 3"}, below = {"v <= 9"};
static const struct pw_head_wish first = {.keys = "k", .order = "v:desc", .count = 3};
static const struct pw_lag_wish lag = {.keys = "k", .order = "w"};
static const struct pw_join_wish full = {.kind = PW_JOIN_FULL, .keys = "k"}, inner = {.keys = "k"},
				 left = {.kind = PW_JOIN_LEFT, .keys = "k", .suffix = "_l,_r"};
static const struct fading_wish fades = {false}, fades_and_holds = {true};

static const struct chain_wish fronts = {
	{{"left", &pw_head_op, &first, ONE(IN(0))},
	 {"right", &pw_lag_op, &lag, ONE(IN(1))},
	 {"join", &pw_join_op, &full, TWO(0, 1)}},
	3,
};
static const struct chain_wish one_front = {
	{{"left", &pw_filter_op, &above, ONE(IN(0))}, {"join", &pw_join_op, &inner, TWO(0, IN(1))}},
	2,
};
static const struct chain_wish fading = {
	{{"left", &fading_op, &fades, ONE(IN(0))},
	 {"right", &fading_op, &fades_and_holds, ONE(IN(1))},
	 {"join", &pw_join_op, &full, TWO(0, 1)}},
	3,
};
static const struct chain_wish line = {
	{{"a", &pw_filter_op, &above, ONE(IN(0))},
	 {"b", &pw_head_op, &first, ONE(0)},
	 {"c", &pw_filter_op, &below, ONE(1)}},
	3,
};
/* Both inputs become one, which is parted again. */
static const struct chain_wish diamond = {
	{{"both", &pw_concat_op, NULL, TWO(IN(0), IN(1))},
	 {"some", &pw_head_op, &first, ONE(0)},
	 {"left", &pw_filter_op, &above, ONE(1)},
	 {"right", &pw_filter_op, &below, ONE(1)},
	 {"join", &pw_join_op, &left, TWO(2, 3)}},
	5,
};
static const struct chain_wish fading_diamond = {
	{{"left", &fading_op, &fades_and_holds, ONE(IN(0))},
	 {"both", &pw_concat_op, NULL, TWO(0, IN(1))},
	 {"left", &pw_filter_op, &above, ONE(1)},
	 {"right", &pw_filter_op, &below, ONE(1)},
	 {"join", &pw_join_op, &left, TWO(2, 3)}},
	5,
};

static void parts_in_front_of_a_join(void)
{
	check(&fronts, 2, (struct trial){0});
	check(&fronts, 2, (struct trial){.append_only = {true, true}});
	check(&one_front, 2, (struct trial){.append_only = {false, true}});
	check(&one_front, 2, (struct trial){0});
}

static void an_input_that_is_wanted_first(void)
{
	for (int sort = 0; sort < 4; sort++) {
		const struct trial t = {.append_only = {true, true},
					.is_static = {sort & 1, sort & 2}};

		check(&fronts, 2, t);
		check(&one_front, 2, t);
	}
}

static void rows_of_odd_times_and_of_the_end(void)
{
	check(&fading, 2, (struct trial){.append_only = {true, true}});
	check(&fading_diamond, 2, (struct trial){.append_only = {true, true}, .same_names = true});
}

static void one_after_another(void)
{
	check(&line, 1, (struct trial){0});
	check(&line, 1, (struct trial){.append_only = {true}, .is_static = {true}});
}

static void parts_that_share_a_source(void)
{
	check(&diamond, 2, (struct trial){.same_names = true});
	check(&diamond, 2,
	      (struct trial){
		      .same_names = true, .append_only = {true, true}, .is_static = {true, true}});
}

int main(void)
{
	TEST(parts_in_front_of_a_join);
	TEST(an_input_that_is_wanted_first);
	TEST(rows_of_odd_times_and_of_the_end);
	TEST(one_after_another);
	TEST(parts_that_share_a_source);
	return check_done();
}
