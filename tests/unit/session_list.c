/* Lists of sessions against a plain array, under random changes. */
#include "../../lib/op/session_list.h"
#include "check.h"

#include <stdlib.h>

enum { PLACES = 4000 };

static uint64_t state = 88172645463325252;

static uint32_t draw(uint32_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)((state >> 11) % below);
}

static uint32_t ids[PLACES]; /* by place; 0: no entry starts there */

/* A find at a random place, and the neighbours of what is found. */
static void look(const struct pw_session_list *l)
{
	const int place = (int)draw(PLACES + 2) - 1;
	int before = place < PLACES ? place : PLACES - 1, other;
	struct pw_session_at at = {0, 0}, next;

	while (before >= 0 && ids[before] == 0)
		before--;
	CHECK(pw_session_list_find(l, place, &at) == (before >= 0));
	if (before < 0)
		return;
	CHECK(pw_session_list_get(l, at)->start == before);
	CHECK(pw_session_list_get(l, at)->id == ids[before]);
	next = at;
	for (other = before + 1; other < PLACES && ids[other] == 0; other++)
		;
	CHECK(pw_session_list_next(l, &next) == (other < PLACES));
	CHECK(other == PLACES || pw_session_list_get(l, next)->start == other);
	for (other = before - 1; other >= 0 && ids[other] == 0; other--)
		;
	CHECK(pw_session_list_previous(l, &at) == (other >= 0));
	CHECK(other < 0 || pw_session_list_get(l, at)->start == other);
}

static void change(struct pw_session_list *l, int place, uint32_t id)
{
	if (ids[place] == 0) {
		ids[place] = id;
		pw_session_list_insert(l, place, id);
	} else if (draw(2) && place > 0 && ids[place - 1] == 0) {
		pw_session_list_move(l, place, place - 1);
		ids[place - 1] = ids[place];
		ids[place] = 0;
	} else {
		ids[place] = 0;
		pw_session_list_remove(l, place);
	}
}

static void random_changes(void)
{
	struct pw_session_list l = {0};

	for (uint32_t i = 1; i < 60000; i++) {
		change(&l, (int)draw(i % 20000 < 10000 ? PLACES : PLACES / 8), i);
		look(&l);
	}
	for (int place = 0; place < PLACES; place++)
		if (ids[place] != 0)
			pw_session_list_remove(&l, place);
	CHECK(l.count == 0 && l.chunks == NULL && l.bytes == 0);
	CHECK(pw_session_list_first(&l) == PW_SESSION_NONE);
}

static void in_order(void)
{
	struct pw_session_list l = {0};
	struct pw_session_at at = {0, 0};
	int place = 0;

	for (int i = 0; i < 10000; i++)
		pw_session_list_insert(&l, i, (uint32_t)i);
	CHECK(l.count < 10000 / 100); /* chunks are full */
	do
		CHECK(pw_session_list_get(&l, at)->start == place++);
	while (pw_session_list_next(&l, &at));
	CHECK(place == 10000);
	pw_session_list_release(&l);
}

int main(void)
{
	TEST(random_changes);
	TEST(in_order);
	return check_done();
}
