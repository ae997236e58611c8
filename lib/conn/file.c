#include "file.h"
#include "../base/io.h"
#include "../base/magic.h"
#include "../base/utf8.h"

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

static void begin_codec(struct pw_file *f, const struct pw_codec *codec)
{
	f->codec = codec;
	if (codec == NULL)
		return;
	f->state = codec->open();
	f->whole = true;
	if (f->packed == NULL)
		f->packed = pw_mem_alloc(PACKED_BYTES, 1);
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
	begin_codec(f, pw_codec_of_path(name));
	f->unknown = f->codec == NULL && (standard || !S_ISREG(st.st_mode));
	describe(f, &st);
	return 0;
}

static ptrdiff_t read_bytes(struct pw_file *f, char *data, size_t n)
{
	const ssize_t got = pw_io_read(f->fd, data, n);

	return got < 0 ? pw_fail_system(f->name) : got;
}

/* Plain bytes that were looked at come first. */
static ptrdiff_t read_plain(struct pw_file *f, char *data, size_t n)
{
	const size_t left = f->to - f->from;

	if (left == 0)
		return read_bytes(f, data, n);
	n = n < left ? n : left;
	memcpy(data, f->packed + f->from, n);
	f->from += n;
	return (ptrdiff_t)n;
}

/* ---- compressed ---- */

/* Finds out by the first bytes whether a pipe brings compressed ones. */
static int look(struct pw_file *f)
{
	bool more = true;
	enum pw_packing packing = PW_UNPACKED;

	f->packed = pw_mem_alloc(PACKED_BYTES, 1);
	while (more) {
		const ptrdiff_t got = read_bytes(f, f->packed + f->to, PACKED_BYTES - f->to);
		if (got < 0)
			return -1;
		f->to += (size_t)got;
		packing = pw_packing_of_bytes(f->packed, f->to, &more);
		more &= got > 0;
	}
	f->unknown = false;
	f->checked = true;
	begin_codec(f, pw_codec_of(packing));
	if (f->codec != NULL)
		f->size = -1;
	return 0;
}

static int fail_name(const struct pw_file *f, enum pw_packing found)
{
	const struct pw_magic *m =
		found == PW_UNPACKED
			? pw_magic_of(f->packed, f->to < PW_MAGIC_BYTES ? f->to : PW_MAGIC_BYTES)
			: NULL;
	const int stem = (int)pw_packing_stem(f->name);
	struct pw_bytes b = {0};

	pw_bytes_print(&b, "%s: its name says %s, and it holds ", f->name,
		       pw_packing_name(f->codec->packing));
	if (found != PW_UNPACKED) {
		pw_bytes_print(&b, "%s: call it %.*s%s", pw_packing_name(found), stem, f->name,
			       pw_packing_suffix(found));
	} else if (m != NULL && !m->text) {
		pw_bytes_print(&b, "%s: ", m->name);
		pw_magic_advice(m, f->name, PW_UNPACKED, "csv", &b);
	} else {
		pw_bytes_print(&b, "bytes that are not compressed: call it %.*s", stem, f->name);
	}
	pw_fail(PW_DATA, "%s", pw_bytes_string(&b));
	pw_bytes_release(&b);
	return -1;
}

/* Are the first compressed bytes what the name says? zlib's own form, which gzip's reader takes too, has no mark. */
static int check(struct pw_file *f)
{
	enum { ZLIB = 0x78 };
	bool more;
	const enum pw_packing found = pw_packing_of_bytes(f->packed, f->to, &more);

	f->checked = true;
	if (more || f->to == 0 || found == f->codec->packing ||
	    (f->codec == &pw_gz && f->packed[0] == ZLIB && pw_magic_of(f->packed, f->to) == NULL &&
	     !pw_utf8_valid(f->packed, f->to < PW_MAGIC_BYTES ? f->to : PW_MAGIC_BYTES)))
		return 0;
	return fail_name(f, found);
}

/* The next compressed bytes, when those there were are used up. */
static int refill(struct pw_file *f)
{
	if (f->from < f->to || f->packed_end)
		return 0;
	const ptrdiff_t got = read_bytes(f, f->packed, PACKED_BYTES);
	if (got < 0)
		return -1;
	f->from = 0;
	f->to = (size_t)got;
	f->packed_end = got == 0;
	return f->checked ? 0 : check(f);
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

	if (f->ended || (f->unknown && look(f) < 0))
		return f->ended ? 0 : -1;
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
