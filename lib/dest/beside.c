#include "../base/path.h"
#include "dest_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/* A name beside path: in its directory, and none that pw-read would take for data. */
static char *temp_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	const int directory = slash != NULL ? (int)(slash + 1 - path) : 0;
	uint32_t number = 0;

	pw_io()->getrandom(&number, sizeof number, 0);
	return pw_mem_print("%.*s.%.200s.%08x.tmp", directory, path, path + directory,
			    (unsigned)number);
}

static int open_temp(struct pw_dest_beside *b, const struct stat *old)
{
	struct pw_dest *d = &b->d;

	for (int tries = 0; tries < 100; tries++) {
		b->temp = temp_name(b->path);
		d->fd = pw_io()->open(b->temp, O_RDWR | O_CREAT | O_EXCL | O_APPEND, 0666);
		if (d->fd >= 0)
			break;
		const int saved = errno;
		free(b->temp);
		b->temp = NULL;
		errno = saved;
		if (errno != EEXIST)
			return pw_dest_fail(d, "open");
	}
	if (d->fd < 0)
		return pw_dest_fail(d, "open");
	d->hidden = true;
	if (old != NULL && fchmod(d->fd, old->st_mode & 07777) < 0)
		return pw_dest_fail(d, "chmod");
	return 0;
}

int pw_dest_beside_open(struct pw_dest *d)
{
	struct pw_dest_beside *b = (struct pw_dest_beside *)d;
	const char *path = d->how->name;
	struct stat st;
	const bool exists = pw_io()->stat(path, &st) == 0;

	if (exists && pw_io()->access(path, W_OK) < 0)
		return pw_dest_fail(d, "open");
	b->path = pw_path_resolve(path);
	if (b->path == NULL) /* its directory is missing: opening says so */
		b->path = pw_mem_copy(path, strlen(path));
	d->continues = d->kind->adds;
	pw_dest_pack_open(&b->pack, path);
	return open_temp(b, exists ? &st : NULL);
}

int pw_dest_beside_write(struct pw_dest *d, const void *data, size_t n)
{
	struct pw_dest_beside *b = (struct pw_dest_beside *)d;

	b->bytes += n;
	d->held_back = !d->hidden && b->pack.squeeze.kind != PW_UNPACKED;
	return pw_dest_pack_write(&b->pack, d, data, n);
}

void pw_dest_beside_shown(struct pw_dest_beside *b)
{
	free(b->temp);
	b->temp = NULL;
	b->d.hidden = false;
	b->d.held_back = b->bytes > 0 && b->pack.squeeze.kind != PW_UNPACKED;
}

int pw_dest_beside_sync(struct pw_dest_beside *b, enum pw_dest_sync how,
			int (*publish)(struct pw_dest_beside *b))
{
	struct pw_dest *d = &b->d;

	if (d->hidden && publish(b) < 0)
		return -1;
	if (how >= PW_DEST_VISIBLE && d->held_back) {
		d->held_back = false;
		if (pw_dest_pack_flush(&b->pack, d) < 0)
			return -1;
	}
	return how >= PW_DEST_DURABLE && pw_io()->fsync(d->fd) < 0 ? pw_dest_fail(d, "fsync") : 0;
}

void pw_dest_beside_drop(struct pw_dest *d)
{
	struct pw_dest_beside *b = (struct pw_dest_beside *)d;

	if (d->fd >= 0)
		pw_io()->close(d->fd);
	if (b->temp != NULL)
		pw_io()->unlink(b->temp);
	pw_dest_pack_release(&b->pack);
	free(b->path);
	free(b->temp);
}
