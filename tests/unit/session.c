/*
 * Sessions of random streams, against sessions that are made anew from all rows
 * at every commit: what is emitted must be the difference of two tables.
 */
#include "../../lib/op/window.h"
#include "check.h"
#include "operators.h"

enum { KEYS = 4, VALUES = 24 };

typedef bool condition(int64_t cur, int64_t next);

static bool near(int64_t cur, int64_t next)
{
	return next - cur < 3;
}

static bool odd_steps(int64_t cur, int64_t next)
{
	return (next - cur) % 2 == 1 && next % 5 != 0;
}

static pw_diff rows[KEYS][VALUES]; /* by key and value, whose time is value - 3; 0 has none */

/* The rows of values [from, to], which are a session, as lines. */
static void add_session(struct run *r, struct lines *to, uint32_t key, uint32_t from, uint32_t last,
			pw_time time, pw_diff sign)
{
	struct pw_builder b;
	struct pw_roworder order;

	pw_builder_init(&b, &r->op->schema);
	CHECK(pw_roworder_init(&order, &r->op->schema, NULL) == 0);
	for (uint32_t value = from; value <= last; value++) {
		const struct trial_change c = {key, value, 1, time};

		if (rows[key][value] == 0)
			continue;
		pw_vector_word(&b.vectors[4], (int64_t)from - 3);
		pw_vector_word(&b.vectors[5], (int64_t)last - 3);
		trial_add_row(r->trial, &b, &c);
		pw_roworder_encode(&order, &r->keys, pw_builder_view(&b));
		lines_add(to, time, pw_rowkeys_at(&r->keys, 0), sign * rows[key][value]);
		pw_builder_clear(&b);
	}
	pw_roworder_release(&order);
	pw_builder_release(&b);
}

static void add_table(struct run *r, struct lines *to, condition *together, pw_time time,
		      pw_diff sign)
{
	for (uint32_t key = 0; key < KEYS; key++) {
		uint32_t from = 0, last = 0;

		for (uint32_t value = 1; value < VALUES; value++) {
			if (rows[key][value] == 0)
				continue;
			if (from > 0 && !together((int64_t)last - 3, (int64_t)value - 3)) {
				add_session(r, to, key, from, last, time, sign);
				from = 0;
			}
			from = from > 0 ? from : value;
			last = value;
		}
		if (from > 0)
			add_session(r, to, key, from, last, time, sign);
	}
}

static bool compare(const struct trial *t, condition *together, uint64_t seed)
{
	const struct trial_input *in = &trial_inputs[0];
	struct lines expected = {0};
	struct run r;

	random_state = seed;
	trial_generate(t);
	run_open(&r, t, seed % 3 == 0 ? one_row : seed % 3 == 1 ? large : at_random, false, 0);
	memset(rows, 0, sizeof rows);
	for (size_t i = 0; i < in->count;) {
		const pw_time time = in->changes[i].time;

		add_table(&r, &expected, together, time, -1);
		for (; i < in->count && in->changes[i].time == time; i++)
			rows[in->changes[i].key][in->changes[i].value] += in->changes[i].diff;
		add_table(&r, &expected, together, time, 1);
	}
	run_end(&r);
	const bool same = lines_same(&r.emitted, &expected);

	run_close(&r);
	if (!same)
		printf("# seed %llu\n", (unsigned long long)seed);
	return same;
}

static void check(const struct pw_window_wish *wish, condition *together)
{
	struct trial t = {.kind = &pw_session_op,
			  .wish = wish,
			  .inputs = 1,
			  .keys = KEYS,
			  .values = VALUES,
			  .rows = 7};

	for (uint64_t seed = 1; seed <= 120; seed++) {
		t.append_only[0] = seed & 1;
		t.is_static[0] = seed % 8 == 7;
		t.odd = seed & 2;
		CHECK(compare(&t, together, seed));
	}
}

static void by_gap(void)
{
	check(&(struct pw_window_wish){.time = "v", .session = "3", .keys = "k"}, near);
	check(&(struct pw_window_wish){.time = "v", .session = "2.5", .keys = "k"}, near);
}

static void by_condition(void)
{
	check(&(struct pw_window_wish){.time = "v",
				       .session_while = "(next - cur) % 2 = 1 AND next % 5 != 0",
				       .keys = "k"},
	      odd_steps);
}

int main(void)
{
	TEST(by_gap);
	TEST(by_condition);
	return check_done();
}
