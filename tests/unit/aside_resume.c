/* Rejected rows that will come again are cut off. */
#include "../../lib/base/bytes.h"
#include "../../lib/tool/aside_resume_internal.h"
#include "check.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static char *path;

static const char *const lines[] = {
	"{\"reason\":\"no\",\"stage\":\"a\",\"row\":{\"x\":\",\\\"_time\\\":9\"},\"_time\":2,\"_"
	"diff\":1}\n",
	"{\"reason\":\"no\",\"stage\":\"a\",\"row\":{\"x\":1,\"_time\":99},\"_time\":4,\"_diff\":-"
	"1}\n",
	"{\"reason\":\"no\",\"stage\":\"a\",\"row\":{},\"_time\":4,\"_diff\":1}\n",
	"{\"reason\":\"no\",\"stage\":\"a\",\"row\":{},\"_time\":6,\"_diff\":1}\n",
	"{\"reason\":\"no\",\"stage\":\"a\",\"row\":{},\"_time\":\"end\",\"_diff\":1}\n",
};

enum { LINES = sizeof lines / sizeof *lines };

/* How many of so many lines (and some bytes of another) are left; -1: not whole ones. */
static int left(int count, size_t torn, pw_time restart)
{
	const int fd = open(path, O_CREAT | O_TRUNC | O_RDWR | O_APPEND, 0600);
	long long size = 0;
	int i = 0;

	for (int n = 0; n < count; n++)
		CHECK(write(fd, lines[n], strlen(lines[n])) > 0);
	CHECK(torn == 0 || write(fd, lines[0], torn) > 0);
	CHECK(pw_aside_resume(fd, restart, false) >= 0);
	const long long is = lseek(fd, 0, SEEK_END);

	close(fd);
	while (i < count && size < is)
		size += (long long)strlen(lines[i++]);
	return size == is ? i : -1;
}

static void lines_below(void)
{
	CHECK(left(LINES, 0, 0) == 0);
	CHECK(left(LINES, 0, 2) == 0);
	CHECK(left(LINES, 0, 3) == 1);
	CHECK(left(LINES, 0, 4) == 1);
	CHECK(left(LINES, 0, 6) == 3);
	CHECK(left(LINES, 0, 100) == 4);
	CHECK(left(3, 0, 100) == 3);
	CHECK(left(0, 0, 100) == 0);
}

static void torn_line(void)
{
	CHECK(left(2, 20, 100) == 2);
	CHECK(left(0, 1, 100) == 0);
}

/* Lines beyond what is read at once. */
static void many_lines(void)
{
	const int fd = open(path, O_CREAT | O_TRUNC | O_RDWR | O_APPEND, 0600);
	long long size = 0;

	for (int time = 2; time < 6000; time += 2) {
		char line[200];
		const int n =
			snprintf(line, sizeof line, "{\"row\":\"%0*d\",\"_time\":%d,\"_diff\":1}\n",
				 time % 100, time, time);

		CHECK(write(fd, line, (size_t)n) == n);
		size += time < 4001 ? n : 0;
	}
	CHECK(pw_aside_resume(fd, 4001, false) == 1);
	CHECK(lseek(fd, 0, SEEK_END) == size);
	close(fd);
}

static void no_regular_file(void)
{
	int ends[2];

	CHECK(pipe(ends) == 0);
	CHECK(pw_aside_resume(ends[1], 100, false) == 0);
	close(ends[0]);
	close(ends[1]);
}

int main(void)
{
	const char *top = getenv("TMPDIR");

	path = pw_mem_print("%s/rejects-%d", top ? top : "/tmp", (int)getpid());
	TEST(lines_below);
	TEST(torn_line);
	TEST(many_lines);
	TEST(no_regular_file);
	unlink(path);
	free(path);
	return check_done();
}
