#include "dest_internal.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define PART ((size_t)256 << 10) /* bytes that are copied at once */

static int copy_to(struct pw_dest_beside *b, int fd)
{
	char *part = pw_mem_alloc(1, PART);
	ssize_t n = 0;
	int rc = pw_io()->lseek(b->d.fd, 0, SEEK_SET) < 0 ? pw_dest_fail(&b->d, "seek") : 0;

	while (rc == 0 && (n = pw_io_read_full(b->d.fd, part, PART)) > 0)
		if (pw_io_write_full(fd, part, (size_t)n) < 0)
			rc = pw_dest_fail(&b->d, "write");
	free(part);
	return n < 0 ? pw_dest_fail(&b->d, "read") : rc;
}

/* Compressed bytes are a member of their own, and no line is looked for. */
static int add_after(struct pw_dest_beside *b, int fd, off_t length)
{
	if (b->pack.squeeze.kind == PW_UNPACKED &&
	    pw_dest_end_line(&b->d, fd, (uint64_t)length) < 0)
		return -1;
	if (copy_to(b, fd) < 0)
		return -1;
	return pw_io()->fsync(fd) < 0 ? pw_dest_fail(&b->d, "fsync") : 0;
}

/* What waits beside the file is added to it, or the file is as long as it was. */
static int add_to_file(struct pw_dest_beside *b)
{
	struct pw_dest *d = &b->d;
	const int fd = pw_io()->open(b->path, O_RDWR | O_APPEND, 0);
	const off_t length = fd < 0 ? -1 : pw_io()->lseek(fd, 0, SEEK_END);

	if (fd < 0)
		return pw_dest_fail(d, "open");
	if (length < 0) {
		pw_dest_fail(d, "seek");
		pw_io()->close(fd);
		return -1;
	}
	if (add_after(b, fd, length) < 0) {
		if (pw_io()->ftruncate(fd, length) < 0)
			pw_fail_detail(
				"(and it could not be made as short again as it was, %lld bytes)",
				(long long)length);
		pw_io()->close(fd);
		return -1;
	}
	pw_io()->close(d->fd);
	d->fd = fd;
	pw_io()->unlink(b->temp);
	pw_dest_beside_shown(b);
	return 0;
}

static int appended_sync(struct pw_dest *d, pw_time below, enum pw_dest_sync how)
{
	(void)below;
	return pw_dest_beside_sync((struct pw_dest_beside *)d, how, add_to_file);
}

/* Where nothing was written the file is not touched. */
static int appended_finish(struct pw_dest *d, bool all, bool *changed)
{
	struct pw_dest_beside *b = (struct pw_dest_beside *)d;
	const bool hidden = d->hidden;

	(void)all;
	*changed = b->bytes > 0;
	if (b->bytes > 0 && pw_dest_pack_end(&b->pack, d) < 0)
		return -1;
	if (hidden && b->bytes > 0 && add_to_file(b) < 0)
		return -1;
	return pw_dest_close(d, !hidden);
}

const struct pw_dest_kind pw_dest_appended = {
	.name = "file",
	.size = sizeof(struct pw_dest_beside),
	.is_file = true,
	.adds = true,
	.open = pw_dest_beside_open,
	.write = pw_dest_beside_write,
	.sync = appended_sync,
	.finish = appended_finish,
	.drop = pw_dest_beside_drop,
};
