#include "dest_internal.h"

#include <fcntl.h>
#include <unistd.h>

struct straight {
	struct pw_dest d;
	struct pw_dest_pack pack;
};

static int straight_open(struct pw_dest *d)
{
	struct straight *s = (struct straight *)d;
	const char *path = d->how->name;
	struct stat st;

	if (strcmp(path, "-") == 0) {
		d->fd = STDOUT_FILENO;
		return 0;
	}
	if (pw_io()->stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return pw_fail(PW_USAGE, "%s: is a directory; name a file in it", path);
	d->fd = pw_io()->open(path, O_WRONLY, 0);
	if (d->fd < 0)
		return pw_dest_fail(d, "open");
	pw_dest_pack_open(&s->pack, path);
	return 0;
}

static int straight_write(struct pw_dest *d, const void *data, size_t n)
{
	return pw_dest_pack_write(&((struct straight *)d)->pack, d, data, n);
}

static int straight_finish(struct pw_dest *d, bool all, bool *changed)
{
	(void)all;
	*changed = true;
	return pw_dest_pack_end(&((struct straight *)d)->pack, d) < 0 ? -1
								      : pw_dest_close(d, false);
}

static void straight_drop(struct pw_dest *d)
{
	if (d->fd > STDERR_FILENO)
		pw_io()->close(d->fd);
	pw_dest_pack_release(&((struct straight *)d)->pack);
}

const struct pw_dest_kind pw_dest_straight = {
	.name = "pipe",
	.size = sizeof(struct straight),
	.has_reader = true,
	.open = straight_open,
	.write = straight_write,
	.finish = straight_finish,
	.drop = straight_drop,
};
