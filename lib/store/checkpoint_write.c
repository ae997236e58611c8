/* A checkpoint is written: beside its name, synced, and renamed when it is whole. */
#include "../base/io.h"
#include "checkpoint_internal.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { PART_BYTES = 1 << 20 };

int pw_checkpoint_begin(struct pw_checkpoint_writer *w, const struct pw_checkpoints *c,
			pw_time time, bool full, uint64_t rows)
{
	struct pw_head head;

	if (c->count > 0 ? time <= c->items[c->count - 1].time : !full)
		pw_bug("a checkpoint at %" PRIu64 " that has nothing to follow", time);
	*w = (struct pw_checkpoint_writer){
		.checkpoints = c, .time = time, .path = pw_checkpoint_path(c->store->folder, time)};
	w->beside = pw_mem_print("%s.tmp", w->path);
	w->fd = pw_io()->open(w->beside, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0600);
	if (w->fd < 0)
		return pw_fail_system(w->beside);
	pw_output_open(&w->output, w->fd, false);
	pw_checkpoint_head_make(c, full ? PW_TIME_END : c->items[c->count - 1].time, rows, &head);
	const int rc = pw_output_head(&w->output, &head);
	pw_head_release(&head);
	return rc < 0 ? pw_fail_at("%s", w->beside) : 0;
}

/*
 * Sends parts to the disk as they are written, at most two at a time: an fsync at
 * the end would write the whole checkpoint at once, and the journals of readers on
 * the same disk, for which the stream waits, would have to wait for it.
 */
static int send_part(struct pw_checkpoint_writer *w)
{
	const off_t at = pw_io()->lseek(w->fd, 0, SEEK_CUR);

	if (at < 0)
		return pw_fail_system(w->beside);
	if ((uint64_t)at < w->sent + PART_BYTES)
		return 0;
	pw_io_write_behind(w->fd, w->sent, (uint64_t)at - w->sent);
	if (w->sent > w->written &&
	    pw_io_await_written(w->fd, w->written, w->sent - w->written) < 0)
		return pw_fail_system(w->beside);
	w->written = w->sent;
	w->sent = (uint64_t)at;
	return 0;
}

int pw_checkpoint_batch(struct pw_checkpoint_writer *w, const struct pw_batch *batch)
{
	return pw_output_batch(&w->output, batch) < 0 ? pw_fail_at("%s", w->beside) : send_part(w);
}

int pw_checkpoint_finish(struct pw_checkpoint_writer *w)
{
	pw_output_frontier(&w->output, pw_time_after(w->time));
	if (pw_output_end(&w->output, PW_FINISHED, PW_OK, PW_TIME_END) < 0)
		return pw_fail_at("%s", w->beside);
	if (pw_io_sync(w->fd) < 0)
		return pw_fail_system(w->beside);
	const int fd = w->fd;
	w->fd = -1;
	if (pw_io()->close(fd) < 0 || pw_io()->rename(w->beside, w->path) < 0 ||
	    pw_io_sync_directory(w->path) < 0)
		return pw_fail_system(w->path);
	pw_checkpoint_drop(w);
	return 0;
}

void pw_checkpoint_drop(struct pw_checkpoint_writer *w)
{
	if (w->path == NULL)
		return;
	if (w->fd >= 0) {
		pw_io()->close(w->fd);
		pw_io()->unlink(w->beside);
	}
	pw_output_close(&w->output);
	free(w->path);
	free(w->beside);
	*w = (struct pw_checkpoint_writer){.fd = -1};
}
