/* A checkpoint is read: its head, its rows, and that it is whole. */
#include "../base/io.h"
#include "../wire/source.h"
#include "checkpoint_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

static int check_batch(const struct pw_checkpoint_reading *r, const struct pw_batch *batch)
{
	if (batch->run_count != 1 || batch->runs[0].time != r->time)
		return pw_fail(PW_STATE, "it has rows of another time than its name says");
	return 0;
}

static int take_event(struct pw_checkpoint_reading *r, const struct pw_source *s,
		      const struct pw_event *ev)
{
	switch (ev->kind) {
	case PW_EVENT_HEAD:
		r->headed = true;
		return pw_checkpoint_head_take(r->checkpoints, &s->head, &r->head);
	case PW_EVENT_BATCH:
		return check_batch(r, ev->batch) < 0 ? -1 : r->take(r->to, ev->batch);
	case PW_EVENT_END:
		return ev->ending == PW_FINISHED ? 0 : pw_fail(PW_STATE, "it is not whole");
	default:
		return 0;
	}
}

/* A fault of the stream (PW_DATA) is one of the directory (PW_STATE). */
static int of_state(void)
{
	if (pw_fail_status() != PW_DATA)
		return -1;
	char *text = pw_mem_copy(pw_fail_text(), strlen(pw_fail_text()));
	pw_fail(PW_STATE, "%s: it is damaged: " PW_SIDE_REMEDY, text);
	free(text);
	return -1;
}

static int read_events(struct pw_checkpoint_reading *r, struct pw_source *s)
{
	struct pw_event ev;
	int rc;

	while ((r->take != NULL || !r->headed) && (rc = pw_source_next(s, &ev)) != 0) {
		if (rc == PW_SOURCE_WANT)
			rc = pw_source_fill(s);
		else if (rc > 0)
			rc = take_event(r, s, &ev);
		if (rc < 0)
			return of_state();
	}
	if (!r->headed)
		return pw_fail(PW_STATE, "it has no head");
	/* pw_source looks at what follows END only as far as it has come */
	if (r->take != NULL && (s->to > s->from || pw_source_fill(s) != 0))
		return pw_fail(PW_STATE, "there are bytes after its end");
	return 0;
}

int pw_checkpoint_read(struct pw_checkpoint_reading *r, const char *path)
{
	struct pw_source s;
	const int fd = pw_io()->open(path, O_RDONLY | O_NOFOLLOW, 0);

	if (fd < 0)
		return errno == ENOENT ? pw_fail(PW_STATE, "%s: is missing: " PW_SIDE_REMEDY, path)
				       : pw_fail_system(path);
	pw_source_open(&s, fd);
	const int rc = read_events(r, &s);
	pw_source_close(&s);
	return rc < 0 ? pw_fail_at("%s", path) : 0;
}

static int ignore(void *to, const struct pw_batch *batch)
{
	(void)to;
	(void)batch;
	return 0;
}

int pw_checkpoint_verify(const char *path)
{
	struct pw_checkpoint_reading r = {.take = ignore};

	if (!pw_checkpoint_time(strrchr(path, '/') != NULL ? strrchr(path, '/') + 1 : path,
				&r.time))
		return pw_fail(PW_STATE, "%s: is not named as a checkpoint is", path);
	return pw_checkpoint_read(&r, path);
}

int pw_checkpoints_load(const struct pw_checkpoints *c, size_t i,
			int (*take)(void *to, const struct pw_batch *batch), void *to)
{
	char *path = pw_checkpoint_path(c->store->folder, c->items[i].time);
	struct pw_checkpoint_reading r = {
		.checkpoints = c, .time = c->items[i].time, .take = take, .to = to};
	const int rc = pw_checkpoint_read(&r, path);

	free(path);
	return rc;
}
