#include "window_internal.h"

#include <stdlib.h>

struct groups {
	uint32_t first; /* slot + 1; 0: none */
};

/* ---- heaps: the least place is at 0 ---- */

static void push(struct pw_window_heap *h, pw_place at, uint32_t window)
{
	uint32_t i = h->count++;

	h->list = pw_mem_grow(h->list, &h->capacity, h->count, sizeof *h->list);
	for (; i > 0 && at < h->list[(i - 1) / 2].at; i = (i - 1) / 2)
		h->list[i] = h->list[(i - 1) / 2];
	h->list[i] = (struct pw_window_due){at, window};
}

static uint32_t pop(struct pw_window_heap *h)
{
	const uint32_t least = h->list[0].window;
	const struct pw_window_due last = h->list[--h->count];
	uint32_t i = 0;

	for (;;) {
		uint32_t child = 2 * i + 1;

		if (child >= h->count)
			break;
		if (child + 1 < h->count && h->list[child + 1].at < h->list[child].at)
			child++;
		if (last.at <= h->list[child].at)
			break;
		h->list[i] = h->list[child];
		i = child;
	}
	h->list[i] = last;
	return least;
}

/* ---- windows ---- */

void pw_window_open_init(struct pw_window_open *o)
{
	pw_arrangement_init(&o->windows, sizeof(struct groups));
}

void pw_window_open_release(struct pw_window_open *o)
{
	pw_arrangement_release(&o->windows);
	free(o->to_show.list);
	free(o->to_close.list);
	free(o->of);
	free(o->next);
	free(o->before);
	*o = (struct pw_window_open){0};
}

size_t pw_window_open_bytes(const struct pw_window_open *o)
{
	return pw_arrangement_bytes(&o->windows) + o->to_show.capacity * sizeof *o->to_show.list +
	       o->to_close.capacity * sizeof *o->to_close.list +
	       (o->of_capacity + o->next_capacity + o->before_capacity) * sizeof(uint32_t);
}

static struct groups *groups_of(const struct pw_window_open *o, uint32_t window)
{
	return pw_arrangement_record(&o->windows, window);
}

uint32_t pw_window_open_find(struct pw_window_open *o, pw_place start, pw_place end)
{
	const pw_place bounds[2] = {start, end};
	const struct pw_slice key = {(const char *)bounds, sizeof bounds};
	bool fresh;
	const uint32_t window = pw_arrangement_put(&o->windows, key, &fresh);

	if (fresh && o->shows)
		push(&o->to_show, o->shown_by_end ? end : start, window);
	if (fresh && o->closes)
		push(&o->to_close, end, window);
	return window;
}

/* ---- groups ---- */

static void grow(uint32_t **list, size_t *capacity, uint32_t count)
{
	const size_t known = *capacity;

	*list = pw_mem_grow(*list, capacity, count, sizeof **list);
	memset(*list + known, 0xff, (*capacity - known) * sizeof **list);
}

void pw_window_open_reserve(struct pw_window_open *o, uint32_t count)
{
	grow(&o->of, &o->of_capacity, count);
	grow(&o->next, &o->next_capacity, count);
	grow(&o->before, &o->before_capacity, count);
}

void pw_window_open_add(struct pw_window_open *o, uint32_t window, uint32_t slot)
{
	struct groups *g = groups_of(o, window);

	o->of[slot] = window;
	o->before[slot] = PW_SLOT_NONE;
	o->next[slot] = g->first - 1; /* 0 becomes PW_SLOT_NONE */
	if (g->first != 0)
		o->before[g->first - 1] = slot;
	g->first = slot + 1;
}

void pw_window_open_remove(struct pw_window_open *o, uint32_t slot)
{
	const uint32_t next = o->next[slot], before = o->before[slot];

	if (next != PW_SLOT_NONE)
		o->before[next] = before;
	if (before != PW_SLOT_NONE)
		o->next[before] = next;
	else
		groups_of(o, o->of[slot])->first = next + 1; /* PW_SLOT_NONE becomes 0 */
	o->of[slot] = PW_SLOT_NONE;
}

static void list_groups(const struct pw_window_open *o, uint32_t window,
			struct pw_window_slots *slots)
{
	for (uint32_t slot = groups_of(o, window)->first - 1; slot != PW_SLOT_NONE;
	     slot = o->next[slot]) {
		slots->list = pw_mem_grow(slots->list, &slots->capacity, (size_t)slots->count + 1,
					  sizeof *slots->list);
		slots->list[slots->count++] = slot;
	}
}

static void forget(struct pw_window_open *o, uint32_t window)
{
	for (uint32_t slot = groups_of(o, window)->first - 1; slot != PW_SLOT_NONE;
	     slot = o->next[slot])
		o->of[slot] = PW_SLOT_NONE;
	pw_arrangement_drop(&o->windows, window);
}

/* Is it the window that waits there? It may have been closed before it was shown. */
static bool is_due(const struct pw_window_open *o, uint32_t window, pw_place at)
{
	pw_place bounds[2];

	if (!pw_arrangement_live(&o->windows, window))
		return false;
	memcpy(bounds, pw_arrangement_key(&o->windows, window).data, sizeof bounds);
	return bounds[o->shown_by_end] == at;
}

bool pw_window_open_show(struct pw_window_open *o, pw_place to, struct pw_window_slots *slots)
{
	if (o->to_show.count == 0 || o->to_show.list[0].at > to)
		return false;
	const pw_place at = o->to_show.list[0].at;
	const uint32_t window = pop(&o->to_show);

	if (!is_due(o, window, at))
		return true;
	list_groups(o, window, slots);
	if (!o->closes)
		forget(o, window);
	return true;
}

bool pw_window_open_close(struct pw_window_open *o, pw_place to, struct pw_window_slots *slots)
{
	if (o->to_close.count == 0 || o->to_close.list[0].at > to)
		return false;
	const uint32_t window = pop(&o->to_close);

	list_groups(o, window, slots);
	forget(o, window);
	return true;
}
