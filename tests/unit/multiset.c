/* The ordered multiset against a plain array of copies per value, large and small, words and texts.
 */
#include "../../lib/state/multiset.h"
#include "check.h"

#include <stdlib.h>

#define VALUES 5000

static uint64_t state = 88172645463325252;

static uint64_t draw(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

struct pair {
	struct pw_multisets all;
	struct pw_multiset set;
	int64_t model[VALUES];
};

/* Values of the model as texts: numbers that sort as they are, of differing lengths. */
static struct pw_slice text_of(int value, char buffer[64])
{
	const int length = snprintf(buffer, 64, "%05d%.*s", value, value % 40,
				    "........................................");

	return (struct pw_slice){buffer, (size_t)length};
}

static void add(struct pair *p, int value, int64_t copies)
{
	char buffer[64];

	p->model[value] += copies;
	if (p->all.text)
		pw_multiset_add_text(&p->all, &p->set, text_of(value, buffer), copies);
	else
		pw_multiset_add(&p->all, &p->set, (uint64_t)value << 40, copies);
}

static int number_of(const struct pair *p, pw_value v)
{
	int number = 0;

	if (!p->all.text)
		return (int)(v >> 40);
	for (int i = 0; i < 5; i++) /* its text begins with five digits, and no NUL ends it */
		number = number * 10 + (pw_value_text(v).data[i] - '0');
	return number;
}

struct walked {
	const struct pair *pair;
	int next;
	bool same;
};

static void visit(void *context, pw_value value, int64_t copies)
{
	struct walked *w = context;

	while (w->next < VALUES && w->pair->model[w->next] == 0)
		w->next++;
	w->same &= w->next < VALUES && number_of(w->pair, value) == w->next &&
		   copies == w->pair->model[w->next];
	w->next++;
}

static bool agrees(const struct pair *p)
{
	struct walked w = {p, 0, true};
	int64_t all = 0, most = 0;
	int first = -1, last = -1, mode = -1;
	uint32_t negative = 0, values = 0;

	pw_multiset_walk(&p->set, visit, &w);
	for (; w.next < VALUES; w.next++)
		w.same &= p->model[w.next] == 0;
	for (int i = 0; i < VALUES; i++) {
		const int64_t n = p->model[i];

		all += n;
		negative += n < 0;
		values += n != 0;
		if (n == 0)
			continue;
		first = first < 0 ? i : first;
		last = i;
		if (mode < 0 || n > most) {
			mode = i;
			most = n;
		}
	}
	if (!w.same || p->set.negative != negative || p->set.values != values ||
	    pw_multiset_copies(&p->set) != all)
		return false;
	if (first < 0)
		return pw_multiset_empty(&p->set);
	if (number_of(p, pw_multiset_first(&p->set)) != first ||
	    number_of(p, pw_multiset_last(&p->set)) != last)
		return false;
	return !p->all.modes || negative || number_of(p, pw_multiset_mode(&p->set)) == mode;
}

static bool kth_agrees(const struct pair *p)
{
	int64_t below = 0;

	for (int i = 0; i < VALUES; i++) {
		if (p->model[i] == 0)
			continue;
		if (number_of(p, pw_multiset_kth(&p->set, below)) != i ||
		    number_of(p, pw_multiset_kth(&p->set, below + p->model[i] - 1)) != i)
			return false;
		below += p->model[i];
	}
	return true;
}

static void release(struct pair *p)
{
	pw_multiset_clear(&p->all, &p->set);
	CHECK(p->all.pool.large == 0);
	pw_pool_release(&p->all.pool);
}

static void random_changes(bool text, bool modes, int range, int rounds)
{
	struct pair *p = pw_mem_zero(1, sizeof *p);

	p->all.text = text;
	p->all.modes = modes;
	for (int i = 0; i < rounds; i++) {
		const int value = (int)(draw() % (uint64_t)range);
		/* waves: mostly adding, then mostly taking away */
		const bool away = draw() % 8 < ((i / (range * 2)) % 2 ? 6 : 2);

		if (!away)
			add(p, value, 1 + (int64_t)(draw() % 3));
		else if (p->model[value] > 0)
			add(p, value, draw() % 2 ? -p->model[value] : -1);
		else if (draw() % 64 == 0)
			add(p, value, -1);
		if (i % (rounds / 50) == 0)
			CHECK(agrees(p));
	}
	for (int i = 0; i < range; i++)
		if (p->model[i] < 0)
			add(p, i, 5 - p->model[i]);
	CHECK(agrees(p) && kth_agrees(p));
	for (int i = 0; i < range; i++)
		if (p->model[i] && draw() % 8)
			add(p, i, -p->model[i]);
	CHECK(agrees(p) && kth_agrees(p));
	for (int i = range - 1; i >= 0; i--)
		if (p->model[i])
			add(p, i, -p->model[i]);
	CHECK(agrees(p));
	release(p);
	free(p);
}

static void small_words(void)
{
	random_changes(false, true, 3, 2000);
	random_changes(false, false, 70, 5000);
}

static void large_words(void)
{
	random_changes(false, false, VALUES, 60000);
	random_changes(false, true, VALUES, 60000);
}

static void texts(void)
{
	random_changes(true, true, 2, 2000);
	random_changes(true, false, VALUES, 60000);
}

static void ascending_and_descending(void)
{
	for (int down = 0; down < 2; down++) {
		struct pair *p = pw_mem_zero(1, sizeof *p);

		for (int i = 0; i < VALUES; i++)
			add(p, down ? VALUES - 1 - i : i, i + 1);
		CHECK(agrees(p) && kth_agrees(p));
		for (int i = 0; i < VALUES; i += 2)
			add(p, i, -p->model[i]);
		CHECK(agrees(p) && kth_agrees(p));
		release(p);
		free(p);
	}
}

static void saved_and_loaded(void)
{
	for (int text = 0; text < 2; text++) {
		struct pair *p = pw_mem_zero(1, sizeof *p);
		struct pw_bytes b = {0};

		p->all.text = text;
		for (int i = 0; i < 1000; i++)
			add(p, i * 3, i % 7 - 3);
		pw_multiset_save(&p->all, &p->set, &b);
		pw_multiset_clear(&p->all, &p->set);
		const char *at = b.data, *end = b.data + b.length;
		CHECK(pw_multiset_load(&p->all, &p->set, &at, end) == 0 && at == end);
		CHECK(agrees(p));
		pw_multiset_clear(&p->all, &p->set);
		at = b.data;
		CHECK(pw_multiset_load(&p->all, &p->set, &at, end - 1) == -1);
		release(p);
		pw_bytes_release(&b);
		free(p);
	}
}

int main(void)
{
	TEST(small_words);
	TEST(large_words);
	TEST(texts);
	TEST(ascending_and_descending);
	TEST(saved_and_loaded);
	return check_done();
}
