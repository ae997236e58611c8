/* Two files that begin alike: which lines belong to which? */
#include "../base/io.h"
#include "files_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

enum { BEFORE = PW_IDENTITY_BYTES };

struct pair {
	int log, file;
	uint64_t log_size, file_size;
};

/* The log's file, open: its descriptor; -1: it is not there. */
static int open_log(const struct pw_log *log)
{
	struct stat st;

	if (log->fd >= 0)
		return log->fd;
	const int fd = pw_io()->open(log->origin.name, O_RDONLY | O_NONBLOCK, 0);
	if (fd >= 0 && pw_io()->fstat(fd, &st) == 0 && st.st_dev == log->id.device &&
	    st.st_ino == log->id.inode)
		return fd;
	if (fd >= 0)
		pw_io()->close(fd);
	return -1;
}

/* How many bytes, of up to n from a place on, are the same in both? */
static size_t same_at(const struct pair *p, uint64_t at, size_t n)
{
	char a[BEFORE], b[BEFORE];
	const ssize_t got_a = pw_io_read_at(p->log, a, n, at),
		      got_b = pw_io_read_at(p->file, b, n, at);
	const size_t m =
		got_a < got_b ? (got_a > 0 ? (size_t)got_a : 0) : (got_b > 0 ? (size_t)got_b : 0);
	size_t same = 0;

	while (same < m && a[same] == b[same])
		same++;
	return same;
}

/* Are the first bytes the same, and the last of the first n? */
static bool same_up_to(const struct pair *p, uint64_t n)
{
	const size_t part = n < BEFORE ? (size_t)n : BEFORE;

	return same_at(p, 0, part) == part && same_at(p, n - part, part) == part;
}

/* Passes over lines that both have after `from`; *line counts them. Is anything left of the file? */
static bool pass_common(const struct pair *p, uint64_t *from, uint64_t *line)
{
	char bytes[BEFORE];
	uint64_t at = *from;
	size_t same;

	do {
		same = same_at(p, at, sizeof bytes);
		if (pw_io_read_at(p->file, bytes, same, at) != (ssize_t)same)
			return false;
		for (size_t i = 0; i < same; i++)
			if (bytes[i] == '\n') {
				*from = at + i + 1;
				++*line;
			}
		at += same;
	} while (same == sizeof bytes);
	return at < p->file_size;
}

static enum pw_files_kin judge(const struct pw_log *log, const struct pair *p, uint64_t *from,
			       uint64_t *line)
{
	const uint64_t offset = log->id.offset;

	*from = offset;
	*line = log->id.line;
	/* A log that has shrunk is judged in its turn. */
	if (p->file_size == 0 || p->log_size < offset)
		return PW_FILES_UNKNOWN;
	if (!same_up_to(p, p->file_size < offset ? p->file_size : offset))
		return PW_FILES_STRANGER;
	if (p->file_size <= offset || !pass_common(p, from, line))
		return PW_FILES_PART;
	return PW_FILES_FORK;
}

int pw_files_kin(const struct pw_log *log, const char *path, enum pw_files_kin *kin, uint64_t *from,
		 uint64_t *line)
{
	struct pair p = {.log = open_log(log), .file = -1};
	struct stat file, mine;

	*kin = PW_FILES_UNKNOWN;
	if (p.log < 0)
		return 0;
	p.file = pw_io()->open(path, O_RDONLY | O_NONBLOCK, 0);
	/* The size of the copy is asked for first: what is copied is there. */
	if (p.file >= 0 && pw_io()->fstat(p.file, &file) == 0 &&
	    pw_io()->fstat(p.log, &mine) == 0) {
		p.file_size = (uint64_t)file.st_size;
		p.log_size = (uint64_t)mine.st_size;
		*kin = judge(log, &p, from, line);
	}
	if (p.file >= 0)
		pw_io()->close(p.file);
	if (p.log != log->fd)
		pw_io()->close(p.log);
	return 0;
}

/* The header of a file whose other lines begin at `from`, and the prints of its bytes up to there. */
static int take_prints(struct pw_log *log, int fd, uint64_t header, uint64_t from)
{
	const size_t part = from < BEFORE ? (size_t)from : BEFORE;
	char bytes[BEFORE];
	const ssize_t head = pw_io_read_at(fd, bytes, part, 0);

	if (head == (ssize_t)part) {
		pw_identity_set_head(&log->id, bytes, part);
		if (header <= part)
			pw_bytes_add(&log->origin.header, bytes, header);
	}
	const ssize_t tail = pw_io_read_at(fd, bytes, part, from - part);
	if (tail == (ssize_t)part)
		pw_identity_set_tail(&log->id, bytes, part);
	return head < 0 || tail < 0 ? pw_fail_system(log->origin.name) : 0;
}

int pw_files_begin_at(struct pw_log *log, const struct pw_log *model, uint64_t from, uint64_t line)
{
	const int fd = pw_io()->open(log->origin.name, O_RDONLY | O_NONBLOCK, 0);

	if (fd < 0)
		return errno == ENOENT ? 0 : pw_fail_system(log->origin.name);
	pw_bytes_clear(&log->origin.header);
	const int result = take_prints(log, fd, model->id.header, from);
	pw_io()->close(fd);
	log->origin.offset = log->id.offset = log->seen = from;
	log->origin.line = log->id.line = line;
	log->id.header = log->origin.header.length;
	return result;
}
