#include "dest_internal.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define PART ((size_t)256 << 10) /* bytes of a file that are compared at once */

/* Does the file at path hold what was written? 1, 0 (also when it can't be read), or fails. */
static int same_content(struct pw_dest_beside *b)
{
	const int old = pw_io()->open(b->path, O_RDONLY, 0);
	char *x = pw_mem_alloc(2, PART), *y = x + PART;
	ssize_t n = 0, m = 0;
	int same = old >= 0;

	if (same && pw_io()->lseek(b->d.fd, 0, SEEK_SET) < 0)
		same = pw_dest_fail(&b->d, "seek");
	while (same == 1) {
		n = pw_io_read_full(b->d.fd, x, PART);
		m = pw_io_read_full(old, y, PART);
		if (n < 0 || m < 0)
			same = pw_dest_fail(&b->d, "read");
		else if (n != m || memcmp(x, y, (size_t)n) != 0)
			same = 0;
		else if (n == 0)
			break;
	}
	if (old >= 0)
		pw_io()->close(old);
	free(x);
	return same;
}

/* What was written beside the file takes its name. */
static int take_name(struct pw_dest_beside *b)
{
	if (pw_io()->fsync(b->d.fd) < 0)
		return pw_dest_fail(&b->d, "fsync");
	if (pw_io()->rename(b->temp, b->path) < 0)
		return pw_dest_fail(&b->d, "rename");
	pw_dest_beside_shown(b);
	if (pw_io_sync_directory(b->path) < 0)
		return pw_dest_fail(&b->d, "fsync of its directory");
	return 0;
}

static int replaced_sync(struct pw_dest *d, pw_time below, enum pw_dest_sync how)
{
	(void)below;
	return pw_dest_beside_sync((struct pw_dest_beside *)d, how, take_name);
}

static int replaced_finish(struct pw_dest *d, bool all, bool *changed)
{
	struct pw_dest_beside *b = (struct pw_dest_beside *)d;
	const bool hidden = d->hidden;

	(void)all;
	if (pw_dest_pack_end(&b->pack, d) < 0)
		return -1;
	const int same = hidden && d->how->if_changed ? same_content(b) : 0;
	if (same < 0 || (hidden && !same && take_name(b) < 0))
		return -1;
	*changed = !same;
	return pw_dest_close(d, !hidden);
}

const struct pw_dest_kind pw_dest_replaced = {
	.name = "table",
	.size = sizeof(struct pw_dest_beside),
	.is_file = true,
	.open = pw_dest_beside_open,
	.write = pw_dest_beside_write,
	.sync = replaced_sync,
	.finish = replaced_finish,
	.drop = pw_dest_beside_drop,
};
