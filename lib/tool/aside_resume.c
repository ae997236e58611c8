#include "../base/fail.h"
#include "../base/io.h"
#include "aside_resume_internal.h"

#include <sys/stat.h>
#include <unistd.h>

enum { PIECE = 64 << 10 };

/* A number at the start of a text; PW_TIME_END if there is none. */
static pw_time number_at(const char *at, const char *end)
{
	pw_time time = 0;

	if (at == end || *at < '0' || *at > '9')
		return PW_TIME_END;
	for (; at < end && *at >= '0' && *at <= '9'; at++)
		time = time * 10 + (pw_time)(*at - '0');
	return time;
}

/*
 * The time of a line; PW_TIME_END if it has none. A line of ours ends in
 * "_time":N,"_diff":N}, and nothing in a row looks like that.
 */
static pw_time time_of_line(const char *line, size_t length)
{
	static const char name[] = ",\"_time\":";
	const size_t n = sizeof name - 1;

	for (size_t at = length < n ? 0 : length - n + 1; at-- > 0;)
		if (memcmp(line + at, name, n) == 0)
			return number_at(line + at + n, line + length);
	return PW_TIME_END;
}

/* The time of a record of change-CSV, the last cell but one; 0 of the header. */
static pw_time time_of_record(const char *record, size_t length)
{
	static const char header[] = "_time,";
	const char *end = memrchr(record, ',', length);
	const char *at = end != NULL ? memrchr(record, ',', (size_t)(end - record)) : NULL;

	if (end == NULL)
		return PW_TIME_END;
	at = at == NULL ? record : at + 1;
	if (memcmp(at, header, sizeof header - 1 < length ? sizeof header - 1 : length) == 0)
		return 0;
	return number_at(at, end);
}

/* The line end of the record that begins the text, or NULL. A quoted cell may hold line ends. */
static const char *end_of(const char *text, size_t length, bool csv)
{
	bool quoted = false;

	if (!csv)
		return memchr(text, '\n', length);
	for (size_t i = 0; i < length; i++) {
		quoted ^= text[i] == '"';
		if (text[i] == '\n' && !quoted)
			return text + i;
	}
	return NULL;
}

/* The offset at which the records end that stay, into *end. */
static int find_end(int fd, pw_time restart, bool csv, off_t *end)
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
			at = end_of(held.data + from, held.length - from, csv);
			if (at == NULL)
				break;
			const size_t length = (size_t)(at - held.data) - from;

			more = (csv ? time_of_record(held.data + from, length)
				    : time_of_line(held.data + from, length)) < restart;
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

int pw_aside_mend(int fd)
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

int pw_aside_resume(int fd, pw_time restart, bool csv)
{
	struct stat st;
	off_t end = 0;

	if (pw_io()->fstat(fd, &st) < 0)
		return pw_fail_system("stat");
	if (!S_ISREG(st.st_mode))
		return 0;
	if (pw_io()->lseek(fd, 0, SEEK_SET) < 0)
		return pw_fail_system("seek");
	if (restart > 0 && find_end(fd, restart, csv, &end) < 0)
		return -1;
	if (end < st.st_size && pw_io()->ftruncate(fd, end) < 0)
		return pw_fail_system("truncate");
	return end > 0;
}
