#include "tracked.h"
#include "../base/io.h"
#include "identity.h"
#include "names.h"

#include <errno.h>
#include <stdlib.h>

#define MS INT64_C(1000000)

struct pw_tracked_look pw_tracked_look_of(const struct stat *st)
{
	return (struct pw_tracked_look){.device = st->st_dev,
					.inode = st->st_ino,
					.size = (uint64_t)st->st_size,
					.modified = pw_io_ns_of(&st->st_mtim),
					.changed = pw_io_ns_of(&st->st_ctim)};
}

bool pw_tracked_same(const struct pw_tracked_look *a, const struct pw_tracked_look *b)
{
	return a->device == b->device && a->inode == b->inode && a->size == b->size &&
	       a->modified == b->modified && a->changed == b->changed;
}

/* ---- the files ---- */

static const char *path_at(const void *files, size_t i)
{
	return ((struct pw_tracked_file *const *)files)[i]->origin.name;
}

/* Where the file of a path is, or belongs. */
static size_t place_of(const struct pw_tracked *t, const char *path, bool *found)
{
	return pw_names_place(t->files, t->count, path_at, path, found);
}

static struct pw_tracked_file *find(const struct pw_tracked *t, const char *path)
{
	bool found;
	const size_t at = place_of(t, path, &found);

	return found ? t->files[at] : NULL;
}

struct pw_tracked_file *pw_tracked_add(struct pw_tracked *t, const char *path)
{
	bool found;
	const size_t at = place_of(t, path, &found);

	if (found)
		return t->files[at];
	struct pw_tracked_file *file = pw_mem_zero(1, sizeof *file);
	file->origin = (struct pw_origin){.key = pw_identity_text(path),
					  .name = pw_mem_copy(path, strlen(path)),
					  .modified = INT64_MIN,
					  .line = 1};
	file->rest = PW_TRACKED_REST_MS * MS;
	t->files =
		pw_mem_grow(t->files, &t->capacity, t->count + 1, sizeof(struct pw_tracked_file *));
	memmove(t->files + at + 1, t->files + at,
		(t->count - at) * sizeof(struct pw_tracked_file *));
	t->files[at] = file;
	t->count++;
	return file;
}

static void free_file(struct pw_tracked_file *file)
{
	free(file->origin.key);
	free(file->origin.name);
	pw_bytes_release(&file->origin.header);
	free(file);
}

void pw_tracked_forget(struct pw_tracked *t)
{
	size_t n = 0;

	for (size_t i = 0; i < t->count; i++)
		if (t->files[i]->since == 0 && !t->files[i]->live && t->files[i]->origin.ended)
			free_file(t->files[i]);
		else
			t->files[n++] = t->files[i];
	t->count = n;
}

void pw_tracked_open(struct pw_tracked *t)
{
	pw_watch_open(&t->watch, t->options->poll || !t->options->follow);
	t->watch.closes = true;
}

void pw_tracked_release(struct pw_tracked *t)
{
	for (size_t i = 0; i < t->count; i++)
		free_file(t->files[i]);
	free(t->files);
	pw_paths_release(&t->whole);
	pw_watch_close(&t->watch);
}

/* ---- looking ---- */

/* The file looks like this now. It has for as long as its times say, if the clocks are not at odds. */
static void note(struct pw_tracked_file *file, const struct pw_tracked_look *l, bool closed)
{
	const int64_t changed = l->changed > l->modified ? l->changed : l->modified;
	const int64_t now = pw_io_ns(CLOCK_MONOTONIC), age = pw_io_ns(CLOCK_REALTIME) - changed;

	if (file->since == 0 || !pw_tracked_same(&file->seen, l)) {
		file->since = age < 0 ? now : age < now ? now - age : 1;
		file->seen = *l;
		file->closed = false;
	}
	file->closed |= closed;
}

static int look_at(struct pw_tracked *t, const char *path, bool named, bool closed)
{
	struct pw_tracked_file *file = find(t, path);
	struct stat st;

	if (pw_io()->stat(path, &st) < 0) {
		if (errno != ENOENT && errno != ENOTDIR && errno != ELOOP)
			return pw_fail_system(path);
		if (file != NULL)
			file->since = 0;
		return 0;
	}
	if (!S_ISREG(st.st_mode))
		return !named ? 0
			      : pw_fail(PW_USAGE,
					"%s: is no regular file, and only those are tracked", path);
	const struct pw_tracked_look l = pw_tracked_look_of(&st);
	file = pw_tracked_add(t, path);
	file->sweep = t->sweep;
	note(file, &l, closed);
	return 0;
}

static char *directory_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return pw_mem_copy(path, slash == NULL ? 0 : (size_t)(slash + 1 - path));
}

static void watch_place(struct pw_tracked *t, const char *directory)
{
	const size_t n = strlen(directory);
	char *place = pw_mem_print("%s%s", directory, n > 0 && directory[n - 1] == '/' ? "" : "/");

	pw_watch_add(&t->watch, place);
	free(place);
}

/* The directories in which names are to be seen. */
static void watch_names(struct pw_tracked *t, const char *source, const struct pw_paths *found)
{
	char *last = directory_of(source);

	pw_watch_add(&t->watch, last);
	for (size_t i = 0; i < found->count; i++) {
		char *place = directory_of(found->items[i]);
		if (strcmp(place, last) != 0)
			pw_watch_add(&t->watch, place);
		free(last);
		last = place;
	}
	free(last);
}

/* Before anything has been read: fails if a source is not there, or is not what it was. */
static int fail_missing(const struct pw_tracked *t, const char *source)
{
	struct stat st;
	char *root = pw_paths_root(source);
	int result = 1;

	for (size_t i = 0; i < t->count && result > 0; i++)
		if (t->files[i]->live && pw_paths_below(t->files[i]->origin.name, root) != NULL)
			result = pw_paths_rooted(root, t->files[i]->origin.name,
						 t->files[i]->read.device);
	free(root);
	if (result <= 0 || strpbrk(source, "*?[") != NULL || find(t, source) != NULL ||
	    pw_io()->stat(source, &st) == 0 || errno != ENOENT)
		return result < 0 ? -1 : 0;
	return pw_fail_system(source);
}

/* found: which files the sources before have led to */
static int sweep_source(struct pw_tracked *t, const char *source, struct pw_paths *found)
{
	struct pw_paths places = {0};
	struct stat st;
	int rc = 0;

	if (t->sweep == 1 && fail_missing(t, source) < 0)
		return -1;
	const bool there = pw_io()->stat(source, &st) == 0,
		   directory = there && S_ISDIR(st.st_mode);
	const bool named = there && !directory;
	if (directory)
		watch_place(t,
			    source); /* first, so that names that come after the listing are told */
	found->places = &places;
	rc = pw_paths_add(found, source);
	for (size_t i = 0; i < places.count; i++)
		watch_place(t, places.items[i]);
	if (!directory)
		watch_names(t, source, found);
	for (size_t i = 0; i < found->count && rc == 0; i++)
		rc = look_at(t, found->items[i], named, false);
	pw_paths_release(&places);
	pw_paths_clear(found);
	return rc;
}

/* Looks at all files; the next sweep comes so late that sweeps take no more than a tenth of the time. */
static int sweep(struct pw_tracked *t)
{
	const int64_t began = pw_io_ns(CLOCK_MONOTONIC);
	struct pw_paths found = {.live = true, .follow = t->options->follow};
	int rc = 0;

	t->sweep++;
	t->due = false;
	for (size_t i = 0; i < t->options->source_count && rc == 0; i++)
		rc = sweep_source(t, t->options->sources[i], &found);
	pw_paths_release(&found);
	if (rc < 0)
		return -1;
	for (size_t i = 0; i < t->count; i++)
		if (t->files[i]->sweep != t->sweep)
			t->files[i]->since = 0;
	for (size_t i = 0; i < t->whole.count; i++) {
		struct pw_tracked_file *file = find(t, t->whole.items[i]);
		if (file != NULL)
			file->closed = true;
	}
	pw_paths_release(&t->whole);
	const int64_t now = pw_io_ns(CLOCK_MONOTONIC), took = now - began;
	t->sweep_least = now + took * 10;
	t->sweep_next = now + (t->watch.blind ? PW_TRACKED_REST_MS * MS : PW_TRACKED_LOOK_MS * MS);
	if (t->sweep_next < t->sweep_least)
		t->sweep_next = t->sweep_least;
	return 0;
}

/* A name that is not known: the next sweep is to find it, and a whole file if its writer has closed it. */
static void note_new(struct pw_tracked *t, const char *path, const struct pw_watch_event *e)
{
	if (e->grown || pw_paths_hidden(e->name))
		return;
	t->due = true;
	if (!e->closed)
		return;
	t->whole.items =
		pw_mem_grow(t->whole.items, &t->whole.capacity, t->whole.count + 1, sizeof(char *));
	t->whole.items[t->whole.count++] = pw_mem_copy(path, strlen(path));
}

/* Takes in the events of the kernel. */
static int take_events(struct pw_tracked *t)
{
	struct pw_watch_event e;
	int rc = 0;

	while (rc == 0 && t->watch.fd >= 0 && pw_watch_next(&t->watch, &e)) {
		if (e.place == NULL || e.name == NULL || e.is_directory) {
			t->due = true;
			continue;
		}
		char *path = pw_mem_print("%s%s", e.place, e.name);
		if (find(t, path) != NULL)
			rc = look_at(t, path, false, e.closed);
		else
			note_new(t, path, &e);
		free(path);
	}
	return rc;
}

int pw_tracked_look(struct pw_tracked *t)
{
	const int64_t now = pw_io_ns(CLOCK_MONOTONIC);

	if (take_events(t) < 0)
		return -1;
	for (size_t i = 0; i < t->count; i++)
		if (t->files[i]->changing && look_at(t, t->files[i]->origin.name, false, false) < 0)
			return -1;
	if (t->sweep == 0 || (t->due && now >= t->sweep_least) ||
	    (t->options->follow && now >= t->sweep_next))
		return sweep(t);
	return 0;
}
