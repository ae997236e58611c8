#include "file.h"
#include "../base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

enum { PACKED_BYTES = 128 << 10 };

static void describe(struct pw_file *f, const struct stat *st)
{
	const bool regular = S_ISREG(st->st_mode);

	f->waits = !regular;
	f->size = regular && f->codec == NULL ? st->st_size : -1;
	f->modified = regular ? pw_io_ns_of(&st->st_mtim) : INT64_MIN;
}

int pw_file_open(struct pw_file *f, const char *name)
{
	struct stat st;

	const bool standard = strcmp(name, "-") == 0;

	*f = (struct pw_file){.name = standard ? "stdin" : name, .modified = INT64_MIN, .size = -1};
	f->fd = standard ? 0 : pw_io()->open(name, O_RDONLY | O_CLOEXEC, 0);
	if (f->fd < 0)
		return pw_fail_system(f->name);
	if (pw_io()->fstat(f->fd, &st) < 0)
		return pw_fail_system(f->name);
	if (S_ISDIR(st.st_mode)) {
		errno = EISDIR;
		return pw_fail_system(f->name);
	}
	f->codec = pw_codec_of_path(name);
	if (f->codec != NULL) {
		f->state = f->codec->open();
		f->packed = pw_mem_alloc(PACKED_BYTES, 1);
		f->whole = true;
	}
	describe(f, &st);
	return 0;
}

static ptrdiff_t read_plain(struct pw_file *f, char *data, size_t n)
{
	const ssize_t got = pw_io_read(f->fd, data, n);

	return got < 0 ? pw_fail_system(f->name) : got;
}

/* The next compressed bytes, when those there were are used up. */
static int refill(struct pw_file *f)
{
	if (f->from < f->to || f->packed_end)
		return 0;
	const ptrdiff_t got = read_plain(f, f->packed, PACKED_BYTES);
	if (got < 0)
		return -1;
	f->from = 0;
	f->to = (size_t)got;
	f->packed_end = got == 0;
	return 0;
}

static ptrdiff_t read_packed(struct pw_file *f, char *data, size_t n)
{
	for (;;) {
		if (refill(f) < 0)
			return -1;
		struct pw_codec_step s = {f->packed + f->from, f->to - f->from, data, n};
		const int result = f->codec->step(f->state, &s);
		if (result < 0) {
			pw_fail_at("%s", f->name);
			return -1;
		}
		f->from = f->to - s.in_left;
		f->whole = result == 1;
		if (s.out_left < n)
			return (ptrdiff_t)(n - s.out_left);
		if (f->packed_end && (f->whole || f->grows)) {
			f->packed_end = !f->grows;
			return 0;
		}
		if (f->packed_end)
			return pw_fail(PW_DATA, "%s: the compressed data end early", f->name);
	}
}

ptrdiff_t pw_file_read(struct pw_file *f, char *data, size_t n)
{
	ptrdiff_t got;

	if (f->ended)
		return 0;
	got = f->codec == NULL ? read_plain(f, data, n) : read_packed(f, data, n);
	f->ended = got == 0 && !f->grows;
	return got;
}

bool pw_file_ready(const struct pw_file *f)
{
	struct pollfd p = {.fd = f->fd, .events = POLLIN};

	return !f->waits || f->from < f->to || pw_io()->poll(&p, 1, 0) != 0;
}

void pw_file_close(struct pw_file *f)
{
	if (f->codec != NULL)
		f->codec->close(f->state);
	free(f->packed);
	if (f->fd > 0 && f->name != NULL)
		pw_io()->close(f->fd);
	*f = (struct pw_file){.fd = -1};
}
