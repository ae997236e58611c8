#include "check.h"

#include "../../lib/read/sync_rule_internal.h"

#include <math.h>
#include <string.h>

static uint64_t random_state = 7;

static uint32_t draw(uint32_t below)
{
	random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(random_state >> 33) % below;
}

typedef struct pw_sync_rule_member member;

#define NONE -1000

static member of(int priority, int last, int next)
{
	return (member){true, last != NONE, next != NONE, priority, last, next};
}

/* "5 - 7": what each may send at most */
static const char *bounds(const member *m, size_t n, int difference)
{
	static char text[256];
	size_t at = 0;

	for (size_t i = 0; i < n; i++) {
		long double bound = 0;
		const char *space = i > 0 ? " " : "";
		if (!m[i].active)
			at += (size_t)sprintf(text + at, "%sx", space);
		else if (pw_sync_rule_bound(m, n, i, difference, &bound))
			at += (size_t)sprintf(text + at, isinf(bound) ? "%s*" : "%s%d", space,
					      isinf(bound) ? 0 : (int)bound);
		else
			at += (size_t)sprintf(text + at, "%s-", space);
	}
	return text;
}

#define BOUNDS(want, difference, ...)                                                              \
	do {                                                                                       \
		const member m[] = {__VA_ARGS__};                                                  \
		const char *is = bounds(m, sizeof m / sizeof *m, difference);                      \
		CHECK(strcmp(is, want) == 0 || (printf("# %s\n", is), 0));                         \
	} while (0)

static void nothing_before_all_have_shown_a_value(void)
{
	BOUNDS("- -", 5, of(0, NONE, 3), of(0, NONE, NONE));
	BOUNDS("4 3", 5, of(0, NONE, 3), of(0, NONE, 4));
	BOUNDS("*", 5, of(0, NONE, 4));
}

static void within_the_difference_of_each_other(void)
{
	BOUNDS("8 6", 5, of(0, 1, 2), of(0, 3, 7));
	BOUNDS("8 6", 5, of(0, 1, NONE), of(0, 3, 7)); /* the first may show anything yet */
	BOUNDS("8 8", 5, of(0, NONE, 8), of(0, 3, 4));
	BOUNDS("35 30", 5, of(0, 1, 2),
	       of(0, 30, 31)); /* what has been sent by one, all may send */
}

static void a_gap_of_all_is_jumped(void)
{
	BOUNDS("23 21", 5, of(0, 2, 21), of(0, 4, 23));
	BOUNDS("200 100", 5, of(0, 10, 100), of(0, 10, 200));
	BOUNDS("25 100", 5, of(0, 10, 100), of(0, 20, 22));
}

static void higher_priorities_go_first(void)
{
	BOUNDS("8 3", 5, of(1, 3, 5), of(0, 3, 4));
	BOUNDS("8 -", 5, of(1, NONE, 5), of(0, NONE, 8));
	BOUNDS("9 7 4", 5, of(2, 7, 8), of(1, 4, 7), of(0, 4, 5));
	BOUNDS("5 5", 5, of(1, 5, NONE), of(0, 0, 3));
}

/* The low one is next, but behind the high one, which is far ahead. */
static void priorities_do_not_lock_each_other_out(void)
{
	BOUNDS("100 10", 5, of(1, 10, 100), of(0, 10, 12));
	BOUNDS("100 -", 5, of(1, NONE, 100), of(0, NONE, 12));
	BOUNDS("50 9 50", 5, of(1, 10, 100), of(0, 10, 12), of(1, 9, 50));
}

static void the_idle_hold_nobody_back(void)
{
	member idle = of(9, 1, NONE), left = of(9, NONE, NONE);

	idle.active = left.active = false;
	BOUNDS("* x x", 5, of(0, 3, 4), idle, left);
	idle.last = 40;
	BOUNDS("* x", 5, of(0, 3, 4), idle);
}

/* ---- the rule, read word by word, over whole numbers ---- */

static int brute_term(const member *m, int difference)
{
	int x = NONE;

	if (m->has_last)
		x = (int)m->last + difference;
	if (m->has_next && (int)m->next > x)
		x = (int)m->next;
	return x;
}

static bool brute_may(const member *m, size_t n, size_t i, int v, int all)
{
	if (v > all)
		return false;
	for (size_t j = 0; j < n; j++)
		if (m[j].active && m[j].priority > m[i].priority &&
		    (!m[j].has_last || m[j].last < v))
			return false;
	return true;
}

static int brute_common(const member *m, size_t n, int difference)
{
	int all = NONE;

	for (size_t i = 0; i < n; i++) {
		if (m[i].active && !m[i].has_last && !m[i].has_next)
			return NONE;
		if (m[i].active && (all == NONE || brute_term(&m[i], difference) < all))
			all = brute_term(&m[i], difference);
	}
	for (size_t i = 0; i < n; i++)
		if (all != NONE && m[i].has_last && m[i].last > all)
			all = (int)m[i].last;
	bool may = false, want = true;
	for (size_t i = 0; i < n; i++) {
		want &= !m[i].active || m[i].has_next;
		may |= m[i].active && m[i].has_next && brute_may(m, n, i, (int)m[i].next, all);
	}
	if (all == NONE || !want || may)
		return all;
	int64_t highest = -1;
	for (size_t i = 0; i < n; i++)
		if (m[i].active && m[i].priority > highest)
			highest = m[i].priority;
	all = NONE;
	for (size_t i = 0; i < n; i++)
		if (m[i].active && m[i].priority == highest && (all == NONE || m[i].next < all))
			all = (int)m[i].next;
	return all;
}

static void as_the_rule_reads(void)
{
	for (int round = 0; round < 100000; round++) {
		const size_t n = 1 + draw(4);
		const int difference = (int)draw(6);
		member m[4];
		for (size_t i = 0; i < n; i++) {
			m[i] = of((int)draw(3), draw(4) == 0 ? NONE : (int)draw(12),
				  draw(4) == 0 ? NONE : (int)draw(24));
			m[i].active = draw(6) != 0;
		}
		for (size_t i = 0; i < n; i++) {
			long double bound;
			if (!m[i].active)
				continue;
			m[i].has_next = true;
			m[i].next = draw(30);
			const int all = brute_common(m, n, difference);
			const bool may = all != NONE && brute_may(m, n, i, (int)m[i].next, all);
			CHECK((pw_sync_rule_bound(m, n, i, difference, &bound) &&
			       m[i].next <= bound) == may);
		}
	}
}

/*
 * Members that send whatever they may always come to their ends, and send
 * nothing that is too early: a member that is behind by more than the
 * difference has a gap up to there, or is the one of a lower priority.
 */
static void nobody_waits_for_ever(void)
{
	for (int round = 0; round < 3000; round++) {
		const size_t n = 1 + draw(4);
		const int difference = (int)draw(10);
		member m[4];
		int left[4];
		size_t going = n;
		for (size_t i = 0; i < n; i++) {
			m[i] = of((int)draw(1 + draw(3)), NONE, (int)draw(30));
			left[i] = 1 + (int)draw(30);
		}
		while (going > 0) {
			bool moved = false;
			for (size_t i = 0; i < n; i++) {
				long double bound;
				if (!m[i].active ||
				    !pw_sync_rule_bound(m, n, i, difference, &bound) ||
				    m[i].next > bound)
					continue;
				moved = true;
				if (!m[i].has_last || m[i].next > m[i].last)
					m[i].last = m[i].next;
				m[i].has_last = true;
				m[i].next += draw(10) == 0 ? draw(100) : draw(4);
				m[i].next -= draw(10) == 0 ? draw(5) : 0;
				if (--left[i] == 0) {
					m[i].active = m[i].has_next = false;
					going--;
				}
			}
			CHECK(moved);
			if (!moved)
				return;
		}
	}
}

/* What one call allows, calls one by one would. */
static void a_batch_is_its_rows(void)
{
	for (int round = 0; round < 20000; round++) {
		const size_t n = 1 + draw(4);
		const int difference = (int)draw(6);
		member m[4];
		for (size_t i = 0; i < n; i++)
			m[i] = of((int)draw(3), draw(4) == 0 ? NONE : (int)draw(12),
				  draw(4) == 0 ? NONE : (int)draw(24));
		m[0].has_next = true;
		m[0].next = draw(24);
		long double bound, again;
		if (!pw_sync_rule_bound(m, n, 0, difference, &bound) || m[0].next > bound)
			continue;
		for (int v = (int)m[0].next; v <= 60; v++) {
			m[0].next = v;
			const int all = brute_common(m, n, difference);
			const bool may = brute_may(m, n, 0, v, all);
			CHECK((pw_sync_rule_bound(m, n, 0, difference, &again) && v <= again) ==
			      may);
			CHECK(may || v > bound);
			if (!may)
				break;
			m[0].last = m[0].has_last && m[0].last > v ? m[0].last : v;
			m[0].has_last = true;
		}
	}
}

int main(void)
{
	TEST(nothing_before_all_have_shown_a_value);
	TEST(within_the_difference_of_each_other);
	TEST(a_gap_of_all_is_jumped);
	TEST(higher_priorities_go_first);
	TEST(priorities_do_not_lock_each_other_out);
	TEST(the_idle_hold_nobody_back);
	TEST(as_the_rule_reads);
	TEST(nobody_waits_for_ever);
	TEST(a_batch_is_its_rows);
	return check_done();
}
