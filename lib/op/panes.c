#include "panes.h"

#include <stdlib.h>

enum { FIRST_TABLE = 64 };

static uint32_t hash_of(pw_place from, uint32_t mask)
{
	uint64_t x = (uint64_t)from * UINT64_C(0x9e3779b97f4a7c15);

	return (uint32_t)(x >> 32) & mask;
}

static void put(struct pw_panes *p, uint32_t pane)
{
	uint32_t at = hash_of(p->list[pane].from, p->mask);

	while (p->table[at] != 0)
		at = (at + 1) & p->mask;
	p->table[at] = pane + 1;
}

/* An empty table for the panes there are, and room for as many more. */
static void make_table(struct pw_panes *p, uint32_t places)
{
	free(p->table);
	p->table = pw_mem_zero(places, sizeof *p->table);
	p->mask = places - 1;
	for (uint32_t i = 0; i < p->count; i++)
		put(p, i);
}

static uint32_t add(struct pw_panes *p, const struct pw_pane *pane)
{
	p->list = pw_mem_grow(p->list, &p->capacity, p->count + 1, sizeof *p->list);
	p->list[p->count] = *pane;
	if (p->table == NULL || p->count * 2 >= p->mask)
		make_table(p, p->table == NULL ? FIRST_TABLE : 2 * (p->mask + 1));
	put(p, p->count);
	return p->count++;
}

/* The number of the pane, a new one if it is not listed. */
static uint32_t number(struct pw_panes *p, const struct pw_pane *pane)
{
	if (p->count == 0)
		return add(p, pane);
	for (uint32_t at = hash_of(pane->from, p->mask);; at = (at + 1) & p->mask) {
		if (p->table[at] == 0)
			return add(p, pane);
		if (p->list[p->table[at] - 1].from == pane->from)
			return p->table[at] - 1;
	}
}

static void clear(struct pw_panes *p)
{
	if (p->count > 0 && p->mask < 16 * p->count)
		memset(p->table, 0, ((size_t)p->mask + 1) * sizeof *p->table);
	else
		for (uint32_t i = 0; i < p->count; i++) {
			uint32_t at = hash_of(p->list[i].from, p->mask);

			while (p->table[at] != 0) { /* all that follow are to go, too */
				p->table[at] = 0;
				at = (at + 1) & p->mask;
			}
		}
	p->count = 0;
}

bool pw_panes_find(struct pw_panes *p, struct pw_windows *w, const pw_place *places, uint32_t count)
{
	struct pw_pane now = {.from = PW_PLACE_LAST, .to = PW_PLACE_FIRST};
	uint32_t current = PW_PANES_NONE;
	bool unsound = false;

	clear(p);
	p->of = pw_mem_grow(p->of, &p->row_capacity, count, sizeof *p->of);
	for (uint32_t i = 0; i < count; i++) {
		const pw_place place = places[i];

		if (place >= now.from && place < now.to && place != PW_PLACE_FIRST) {
			p->of[i] = current;
			continue;
		}
		p->of[i] = PW_PANES_NONE;
		if (place == PW_PLACE_FIRST)
			continue;
		if (!pw_windows_pane(w, place, &now)) {
			unsound = true;
			now = (struct pw_pane){.from = PW_PLACE_LAST, .to = PW_PLACE_FIRST};
			continue;
		}
		p->of[i] = current = number(p, &now);
	}
	return unsound;
}

void pw_panes_release(struct pw_panes *p)
{
	free(p->list);
	free(p->of);
	free(p->table);
	*p = (struct pw_panes){0};
}
