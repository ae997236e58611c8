/*
 * A model of --sync with commits: members that read, let go, commit, journal and
 * are killed, in any order. At every commit time what they have sent must be as
 * the rule of sync_rule.h says. Each part of the rule of commits is needed: a
 * model without it is caught.
 */
#include "check.h"

#include "../../lib/read/sync_rule_internal.h"

#include <string.h>

static uint64_t random_state = 11;

static uint32_t draw(uint32_t below)
{
	random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(random_state >> 33) % below;
}

enum { MEMBERS = 4, ROWS = 120 };

/* What the model leaves out. */
enum without {
	NOTHING,
	COMMIT_WHEN_LET_GO,       /* rows have the time at which they were read */
	COMMIT_AFTER_ITS_REASONS, /* and may be in a commit before those of the others that let them go */
	JOURNAL_BEFORE_TOLD /* with a journal: the others rely on rows that it does not hold yet */
};

struct member {
	int values[ROWS];
	int64_t times[ROWS]; /* of their commits */
	uint32_t rows, read, sent, journalled;
	uint32_t told;      /* rows that the others rely on */
	uint32_t forgotten; /* rows of earlier runs, whose values nobody knows in this run */
	int64_t time,
		least; /* of the commit in hand, if sent > journalled; and which the next one has at least */
};

static struct member members[MEMBERS];
static size_t count;
static int difference;
static int64_t now;

static bool is_over(const struct member *m)
{
	return m->sent == m->rows && m->journalled == m->rows;
}

/* A member that has so many of its rows sent. */
static struct pw_sync_rule_member after(const struct member *m, uint32_t rows)
{
	struct pw_sync_rule_member x = {.active = !is_over(m)};

	for (uint32_t i = m->forgotten; i < rows; i++)
		if (!x.has_last || m->values[i] > x.last) {
			x.has_last = true;
			x.last = m->values[i];
		}
	x.has_next = rows < m->rows;
	x.next = x.has_next ? m->values[rows] : 0;
	return x;
}

static bool may_send(const struct member *self)
{
	struct pw_sync_rule_member all[MEMBERS];
	const size_t i = (size_t)(self - members);
	long double bound;

	for (size_t j = 0; j < count; j++)
		all[j] = after(&members[j], j == i ? self->sent : members[j].told);
	return all[i].active && pw_sync_rule_bound(all, count, i, difference, &bound) &&
	       all[i].next <= bound;
}

/* The latest commit of the others that they have told of. */
static int64_t latest(const struct member *self)
{
	int64_t time = 0;

	for (size_t j = 0; j < count; j++)
		if (&members[j] != self && members[j].told > 0 &&
		    members[j].times[members[j].told - 1] > time)
			time = members[j].times[members[j].told - 1];
	return time;
}

/* ---- steps of a member ---- */

static void end_commit(struct member *m)
{
	m->journalled = m->told = m->sent;
	if (m->time >= m->least)
		m->least = m->time + 2;
}

static void read_rows(struct member *m)
{
	for (uint32_t n = 1 + draw(30); n > 0 && m->read < m->rows; n--)
		m->times[m->read++] = now;
}

static void let_go(struct member *m, enum without without, bool journal)
{
	if (without == COMMIT_WHEN_LET_GO && m->sent == m->read)
		read_rows(m);
	if (m->sent == m->rows || !may_send(m))
		return;
	const int64_t least = without == COMMIT_AFTER_ITS_REASONS ? 0 : latest(m);
	if (m->sent > m->journalled && least > m->time)
		end_commit(m);
	if (m->sent == m->journalled) {
		m->time = now > m->least ? now : m->least;
		m->time = m->time > least ? m->time : least;
	}
	if (without != COMMIT_WHEN_LET_GO)
		m->times[m->sent] = m->time;
	m->sent++;
	if (!journal || without == JOURNAL_BEFORE_TOLD)
		m->told = m->sent;
}

static void kill_all(void)
{
	now += 2 + 2 * draw(50);
	for (size_t i = 0; i < count; i++) {
		struct member *m = &members[i];
		m->sent = m->read = m->told = m->journalled;
		m->least = m->least > now ? m->least : now;
		m->forgotten = draw(2) == 0 ? m->journalled : 0;
	}
}

/* ---- the judge ---- */

static int greatest(const struct member *m, int64_t t, uint32_t *rows)
{
	int most = -1;

	for (*rows = 0; *rows < m->rows && m->times[*rows] <= t; ++*rows)
		if (m->values[*rows] > most)
			most = m->values[*rows];
	return most;
}

/* Is the one that is ahead at t no further than all others allow? */
static bool is_within(int64_t t, int *most)
{
	uint32_t rows;
	int ahead = -1;
	bool good = true;

	for (size_t i = 0; i < count; i++) {
		const int x = greatest(&members[i], t, &rows);
		ahead = x > ahead ? x : ahead;
	}
	for (size_t j = 0; j < count && ahead > *most; j++) {
		const int last = greatest(&members[j], t, &rows);
		int bound = last >= 0 ? last + difference : -1;
		if (rows < members[j].rows && members[j].values[rows] > bound)
			bound = members[j].values[rows];
		good &= ahead <= bound || rows == members[j].rows;
	}
	*most = ahead;
	return good;
}

static bool is_good(void)
{
	uint32_t next[MEMBERS] = {0};
	int most = -1;

	for (;;) {
		int64_t t = INT64_MAX;
		for (size_t i = 0; i < count; i++)
			if (next[i] < members[i].rows && members[i].times[next[i]] < t)
				t = members[i].times[next[i]];
		if (t == INT64_MAX)
			return true;
		if (!is_within(t, &most))
			return false;
		for (size_t i = 0; i < count; i++)
			while (next[i] < members[i].rows && members[i].times[next[i]] <= t)
				next[i]++;
	}
}

/* ---- schedules ---- */

static void draw_members(void)
{
	count = 2 + draw(MEMBERS - 1);
	difference = (int)draw(12);
	now = 1000;
	for (size_t i = 0; i < count; i++) {
		struct member *m = &members[i];
		*m = (struct member){.rows = 1 + draw(ROWS - 1)};
		int at = 20 + (int)draw(20);
		for (uint32_t r = 0; r < m->rows; r++) {
			m->values[r] = at;
			at += draw(10) == 0 ? (int)draw(40) : (int)draw(4);
			at -= draw(10) == 0 ? (int)draw(6) : 0;
		}
	}
}

static bool all_over(void)
{
	for (size_t i = 0; i < count; i++)
		if (!is_over(&members[i]))
			return false;
	return true;
}

/* Is a random schedule judged to be good? It comes to its end in any case. */
static bool run(enum without without, bool journal)
{
	uint32_t steps = 0, kills = journal ? draw(4) : 0;

	draw_members();
	for (; !all_over() && steps < 1000000; steps++) {
		struct member *m = &members[draw((uint32_t)count)];
		now += draw(3) == 0 ? 2 : 0;
		if (kills > 0 && draw(200) == 0) {
			kill_all();
			kills--;
		} else if (draw(4) == 0) {
			end_commit(m);
		} else {
			for (uint32_t n = 1 + draw(6); n > 0; n--)
				let_go(m, without, journal);
		}
	}
	CHECK(all_over());
	return is_good();
}

static uint32_t faults(enum without without, bool journal)
{
	uint32_t bad = 0;

	for (int round = 0; round < 2000; round++)
		bad += !run(without, journal);
	return bad;
}

static void at_every_commit_all_are_within_the_difference(void)
{
	CHECK(faults(NOTHING, false) == 0);
}

static void and_after_kills(void)
{
	CHECK(faults(NOTHING, true) == 0);
}

static void a_row_is_in_the_commit_in_which_it_is_let_go(void)
{
	CHECK(faults(COMMIT_WHEN_LET_GO, false) > 100);
}

static void and_not_before_what_let_it_go(void)
{
	CHECK(faults(COMMIT_AFTER_ITS_REASONS, false) > 100);
}

static void which_is_in_the_journal(void)
{
	CHECK(faults(JOURNAL_BEFORE_TOLD, true) > 100);
}

int main(void)
{
	TEST(at_every_commit_all_are_within_the_difference);
	TEST(and_after_kills);
	TEST(a_row_is_in_the_commit_in_which_it_is_let_go);
	TEST(and_not_before_what_let_it_go);
	TEST(which_is_in_the_journal);
	return check_done();
}
