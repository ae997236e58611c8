#include "../base/fail.h"
#include "../base/io.h"
#include "reject_resume_internal.h"

#include <sys/stat.h>
#include <unistd.h>

enum { PIECE = 64 << 10 };

/*
 * The time of a line; PW_TIME_END if it has none. A line of ours ends in
 * "_time":N,"_diff":N}, and nothing in a row looks like that.
 */
static pw_time time_of(const char *line, size_t length)
{
	static const char name[] = ",\"_time\":";
	const size_t n = sizeof name - 1;
	pw_time time = 0;

	for (size_t at = length < n ? 0 : length - n + 1; at-- > 0;) {
		if (memcmp(line + at, name, n) != 0)
			continue;
		if (line[at + n] < '0' || line[at + n] > '9')
			return PW_TIME_END;
		for (at += n; at < length && line[at] >= '0' && line[at] <= '9'; at++)
			time = time * 10 + (pw_time)(line[at] - '0');
		return time;
	}
	return PW_TIME_END;
}

/* The offset at which the lines end that stay, into *end. */
static int find_end(int fd, pw_time restart, off_t *end)
{
	struct pw_bytes held = {0};
	bool more = true;
	int rc = 0;

	while (more) {
		const ssize_t n = pw_io()->read(fd, pw_bytes_room(&held, PIECE), PIECE);
		size_t from = 0;

		if (n <= 0) {
			rc = n < 0 ? pw_fail_system("read") : 0;
			break;
		}
		held.length += (size_t)n;
		for (const char *at; more; from = (size_t)(at - held.data) + 1) {
			at = memchr(held.data + from, '\n', held.length - from);
			if (at == NULL)
				break;
			const size_t length = (size_t)(at - held.data) - from;

			more = time_of(held.data + from, length) < restart;
			*end += more ? (off_t)length + 1 : 0;
		}
		held.length -= from;
		memmove(held.data, held.data + from, held.length);
	}
	pw_bytes_release(&held);
	return rc;
}

/* The offset at which the last line begins that has no end. */
static int find_torn(int fd, off_t size, off_t *from)
{
	struct pw_bytes held = {0};
	off_t at = size;
	int rc = 0;

	*from = 0;
	while (at > 0 && rc == 0) {
		const size_t n = at > PIECE ? PIECE : (size_t)at;
		char *piece = pw_bytes_room(&held, n);

		at -= (off_t)n;
		if (pw_io_read_at(fd, piece, n, (uint64_t)at) != (ssize_t)n) {
			rc = pw_fail_system("read");
			break;
		}
		const char *end = memrchr(piece, '\n', n);
		if (end != NULL) {
			*from = at + (end - piece) + 1;
			break;
		}
	}
	pw_bytes_release(&held);
	return rc;
}

int pw_reject_mend(int fd)
{
	struct stat st;
	char last;
	off_t from;

	if (pw_io()->fstat(fd, &st) < 0)
		return pw_fail_system("stat");
	if (!S_ISREG(st.st_mode) || st.st_size == 0 ||
	    pw_io_read_at(fd, &last, 1, (uint64_t)st.st_size - 1) != 1 || last == '\n')
		return 0;
	if (last == '}') /* whole, but for its end */
		return pw_io_write_full(fd, "\n", 1) < 0 ? pw_fail_system("write") : 0;
	if (find_torn(fd, st.st_size, &from) < 0)
		return -1;
	return pw_io()->ftruncate(fd, from) < 0 ? pw_fail_system("truncate") : 0;
}

int pw_reject_resume(int fd, pw_time restart)
{
	struct stat st;
	off_t end = 0;

	if (pw_io()->fstat(fd, &st) < 0)
		return pw_fail_system("stat");
	if (!S_ISREG(st.st_mode))
		return 0;
	if (pw_io()->lseek(fd, 0, SEEK_SET) < 0)
		return pw_fail_system("seek");
	if (restart > 0 && find_end(fd, restart, &end) < 0)
		return -1;
	if (end == st.st_size)
		return 0;
	return pw_io()->ftruncate(fd, end) < 0 ? pw_fail_system("truncate") : 0;
}
