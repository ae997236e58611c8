#include "watch.h"
#include "../base/io.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/inotify.h>

enum { EVENT_BYTES = 64 << 10 };

/* IN_ATTRIB tells of unlinked files that are still open, and of touch(1). */
#define MASK                                                                                       \
	(IN_MODIFY | IN_ATTRIB | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO |             \
	 IN_DELETE_SELF | IN_MOVE_SELF)

void pw_watch_open(struct pw_watch *w, bool poll)
{
	*w = (struct pw_watch){.fd = poll ? -1 : inotify_init1(IN_NONBLOCK | IN_CLOEXEC)};
	w->blind = w->fd < 0;
	if (w->fd >= 0)
		w->data = pw_mem_aligned(EVENT_BYTES);
}

/* Where the place of an id is, or belongs. */
static size_t place_of(const struct pw_watch *w, int id)
{
	size_t low = 0, high = w->count;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;
		if (w->places[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void pw_watch_add(struct pw_watch *w, const char *place)
{
	if (w->fd < 0)
		return;
	const int id = inotify_add_watch(w->fd, place[0] == '\0' ? "." : place,
					 w->closes ? MASK | IN_CLOSE_WRITE : MASK);
	if (id < 0) {
		w->blind = w->blind || (errno != ENOENT && errno != ENOTDIR);
		return;
	}
	size_t at = place_of(w, id);
	for (; at < w->count && w->places[at].id == id; at++)
		if (strcmp(w->places[at].path, place) == 0)
			return;
	w->places = pw_mem_grow(w->places, &w->capacity, w->count + 1, sizeof *w->places);
	memmove(w->places + at + 1, w->places + at, (w->count - at) * sizeof *w->places);
	w->places[at] = (struct pw_watch_place){id, pw_mem_print("%s", place)};
	w->count++;
}

/* The kernel has dropped the watch: its directory is gone. */
static void forget(struct pw_watch *w, int id)
{
	const size_t at = place_of(w, id);
	size_t n = 0;

	for (; at + n < w->count && w->places[at + n].id == id; n++)
		free(w->places[at + n].path);
	w->count -= n;
	memmove(w->places + at, w->places + at + n, (w->count - at) * sizeof *w->places);
}

/* 1: events; 0: none now */
static int refill(struct pw_watch *w)
{
	const ssize_t got = w->fd < 0 ? 0 : pw_io_read(w->fd, w->data, EVENT_BYTES);

	w->from = 0;
	w->to = got > 0 ? (size_t)got : 0;
	return got > 0;
}

int pw_watch_next(struct pw_watch *w, struct pw_watch_event *event)
{
	while (w->from < w->to || refill(w)) {
		const struct inotify_event *e = (const void *)(w->data + w->from);
		const size_t at = place_of(w, e->wd) + w->other;
		const bool known = at < w->count && w->places[at].id == e->wd;
		if (known && (e->mask & IN_IGNORED) == 0) {
			w->other++;
			*event = (struct pw_watch_event){
				.place = w->places[at].path,
				.name = e->len > 0 ? e->name : NULL,
				.grown = (e->mask & ~(uint32_t)IN_MODIFY) == 0,
				.closed = (e->mask & (IN_CLOSE_WRITE | IN_MOVED_TO)) != 0,
				.is_directory = (e->mask & IN_ISDIR) != 0,
			};
			return 1;
		}
		w->other = 0;
		w->from += sizeof *e + e->len;
		if (e->mask & IN_IGNORED)
			forget(w, e->wd);
		if (e->mask & IN_Q_OVERFLOW) {
			*event = (struct pw_watch_event){0};
			return 1;
		}
	}
	return 0;
}

void pw_watch_close(struct pw_watch *w)
{
	for (size_t i = 0; i < w->count; i++)
		free(w->places[i].path);
	free(w->places);
	free(w->data);
	if (w->fd >= 0)
		pw_io()->close(w->fd);
	*w = (struct pw_watch){.fd = -1};
}
