#include "../base/io.h"
#include "../base/plant.h"
#include "checkpoint_internal.h"
#include "store_run_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#define PREFIX "checkpoint-"
#define SUFFIX ".pws"
enum { SLACK_BYTES = 64 << 10 };

/* ---- names ---- */

char *pw_checkpoint_path(const char *folder, pw_time time)
{
	return pw_mem_print("%s/" PREFIX "%0*" PRIu64 SUFFIX, folder, PW_CHECKPOINT_DIGITS, time);
}

bool pw_checkpoint_time(const char *name, pw_time *time)
{
	const char *digits = name + strlen(PREFIX);

	if (strncmp(name, PREFIX, strlen(PREFIX)) != 0 ||
	    strspn(digits, "0123456789") != PW_CHECKPOINT_DIGITS ||
	    strcmp(digits + PW_CHECKPOINT_DIGITS, SUFFIX) != 0)
		return false;
	errno = 0;
	*time = strtoull(digits, NULL, 10);
	return errno == 0;
}

static int add_name(void *to, const char *name)
{
	struct pw_bytes *names = to;

	if (strncmp(name, PREFIX, strlen(PREFIX)) == 0)
		pw_bytes_add(names, name, strlen(name) + 1);
	return 0;
}

/* The names of all that begins like a checkpoint, each with its NUL. */
static int list(const char *folder, struct pw_bytes *names)
{
	if (pw_io_list(folder, add_name, names) < 0 && errno != ENOENT)
		return pw_fail_system(folder);
	return 0;
}

int pw_checkpoint_peek(const char *folder, pw_time at, pw_time *time)
{
	struct pw_bytes names = {0};
	bool any = false;
	pw_time t;
	const int rc = list(folder, &names);

	for (size_t i = 0; i < names.length; i += strlen(names.data + i) + 1)
		if (pw_checkpoint_time(names.data + i, &t) && t <= at && (!any || t > *time)) {
			*time = t;
			any = true;
		}
	pw_bytes_release(&names);
	return rc < 0 ? -1 : any;
}

/* ---- the checkpoints that make up a state ---- */

static int remove_checkpoint(const struct pw_checkpoints *c, const char *name)
{
	char *path = pw_store_path(c->store->folder, name);
	const int rc = pw_io()->unlink(path) < 0 && errno != ENOENT ? pw_fail_system(path) : 0;

	free(path);
	return rc;
}

static int size_of(const char *path, uint64_t *bytes)
{
	struct stat st;
	const int fd = pw_io()->open(path, O_RDONLY | O_NOFOLLOW, 0);

	if (fd < 0)
		return pw_fail_system(path);
	const int rc = pw_io()->fstat(fd, &st) < 0 ? pw_fail_system(path) : 0;
	pw_io()->close(fd);
	*bytes = (uint64_t)st.st_size;
	return rc;
}

static void add_checkpoint(struct pw_checkpoints *c, struct pw_checkpoint checkpoint)
{
	c->items = pw_mem_grow(c->items, &c->capacity, c->count + 1, sizeof *c->items);
	c->items[c->count++] = checkpoint;
}

/* The checkpoints from the newest at or below R back to a full one: each names the one that it follows. */
static int find_chain(struct pw_checkpoints *c, pw_time newest)
{
	struct pw_checkpoint_reading r = {.checkpoints = c, .time = newest};

	for (;;) {
		char *path = pw_checkpoint_path(c->store->folder, r.time);
		struct pw_checkpoint checkpoint = {.time = r.time};
		int rc = pw_checkpoint_read(&r, path);
		if (rc == 0 && !r.head.full && r.head.after >= r.time)
			rc = pw_fail(PW_STATE, "%s: comes after itself", path);
		if (rc == 0)
			rc = size_of(path, &checkpoint.bytes);
		free(path);
		if (rc < 0)
			return -1;
		checkpoint.full = r.head.full;
		checkpoint.rows = r.head.rows;
		add_checkpoint(c, checkpoint);
		if (checkpoint.full)
			break;
		r = (struct pw_checkpoint_reading){.checkpoints = c, .time = r.head.after};
	}
	for (size_t i = 0, k = c->count - 1; i < k; i++, k--) {
		const struct pw_checkpoint swap = c->items[i];
		c->items[i] = c->items[k];
		c->items[k] = swap;
	}
	return 0;
}

/* Has a sink seen a newer state than there is? */
static int check_marks(const struct pw_checkpoints *c)
{
	pw_time mark;

	if (!pw_store_mark(c->store, "checkpoint", &mark) ||
	    (c->count > 0 && c->items[c->count - 1].time >= mark))
		return 0;
	char *path = pw_checkpoint_path(c->store->folder, mark);
	pw_fail(PW_STATE, "%s: is missing, and a sink has recorded what it holds: " PW_SIDE_REMEDY,
		path);
	free(path);
	return -1;
}

/* Deletes files that are not part of the state: newer than R, unfinished, or too old. */
static int sweep(const struct pw_checkpoints *c, const struct pw_bytes *names)
{
	bool any = false;
	pw_time t;
	int rc = 0;

	for (size_t i = 0; i < names->length && rc == 0; i += strlen(names->data + i) + 1) {
		if (pw_checkpoint_time(names->data + i, &t) && c->count > 0 &&
		    t >= c->items[0].time && t <= c->items[c->count - 1].time)
			continue;
		rc = remove_checkpoint(c, names->data + i);
		any = true;
	}
	if (rc == 0 && any) {
		char *path = pw_checkpoint_path(c->store->folder, 0);
		if (pw_io_sync_directory(path) < 0)
			rc = pw_fail_system(path);
		free(path);
	}
	return rc;
}

int pw_checkpoints_open(struct pw_checkpoints *c, const struct pw_store *s,
			const struct pw_stage *stage, const struct pw_schema *schema)
{
	struct pw_bytes names = {0};
	pw_time newest;

	*c = (struct pw_checkpoints){.store = s, .stage = stage, .schema = schema};
	const int found = pw_checkpoint_peek(s->folder, s->restart, &newest);
	if (found < 0 || (found > 0 && find_chain(c, newest) < 0) || check_marks(c) < 0)
		return -1;
	int rc = list(s->folder, &names);
	if (rc == 0)
		rc = sweep(c, &names);
	pw_bytes_release(&names);
	return rc;
}

void pw_checkpoints_close(struct pw_checkpoints *c)
{
	free(c->items);
	*c = (struct pw_checkpoints){0};
}

bool pw_checkpoints_want_full(const struct pw_checkpoints *c)
{
	uint64_t full = 0, since = 0;

	for (size_t i = 0; i < c->count; i++) {
		full = c->items[i].full ? c->items[i].bytes : full;
		since = c->items[i].full ? 0 : since + c->items[i].bytes;
	}
	return c->count == 0 || since > full + SLACK_BYTES;
}

void pw_checkpoints_begun(struct pw_checkpoints *c, pw_time time, bool full)
{
	add_checkpoint(c, (struct pw_checkpoint){.time = time, .full = full});
}

int pw_checkpoints_written(struct pw_checkpoints *c)
{
	size_t i = 0;

	while (i < c->count && c->items[i].bytes > 0)
		i++;
	if (i == c->count)
		pw_bug("a checkpoint is written that was not begun");
	char *path = pw_checkpoint_path(c->store->folder, c->items[i].time);
	const int rc = size_of(path, &c->items[i].bytes);

	free(path);
	return rc;
}

/* The first checkpoint that the state at or above least needs: the newest full one not above it. */
static size_t first_needed(const struct pw_checkpoints *c, pw_time least)
{
	size_t first = 0;

	for (size_t i = 0; i < c->count; i++)
		if (c->items[i].full && c->items[i].time <= least)
			first = i;
	if (pw_plant(PW_PLANT_CLEANUP_BY_COUNT) && c->count > 2)
		first = c->count - 2;
	return first;
}

int pw_checkpoints_trim(struct pw_checkpoints *c, pw_time least)
{
	const size_t first = first_needed(c, least);
	int rc = 0;

	for (size_t i = 0; i < first && rc == 0; i++) {
		char *path = pw_checkpoint_path(c->store->folder, c->items[i].time);
		if (pw_io()->unlink(path) < 0 && errno != ENOENT)
			rc = pw_fail_system(path);
		free(path);
	}
	if (rc < 0)
		return -1;
	memmove(c->items, c->items + first, (c->count - first) * sizeof *c->items);
	c->count -= first;
	return 0;
}
