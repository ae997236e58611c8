/*
 * skew - passes bytes on, but keeps the last of them back
 *
 * Use:      skew BYTES     (64M, 4K)
 * Promises: as long as stdin has not ended, what has gone out is what came
 *           in but for the last BYTES, and stdin is always read.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PIECE = 64 << 10 };

static size_t size_of(const char *text)
{
	char *end;
	const size_t n = strtoull(text, &end, 10);

	return n << (*end == 'M' ? 20 : *end == 'K' ? 10 : 0);
}

static void put(const char *data, size_t n)
{
	while (n > 0) {
		const ssize_t done = write(STDOUT_FILENO, data, n);
		if (done < 0)
			exit(5);
		data += done;
		n -= (size_t)done;
	}
}

int main(int argc, char **argv)
{
	const size_t back = argc > 1 ? size_of(argv[1]) : 0;
	const size_t room = 2 * (back + PIECE);
	char *held = malloc(room);
	size_t from = 0, to = 0;
	ssize_t n;

	while (held != NULL && (n = read(STDIN_FILENO, held + to, PIECE)) > 0) {
		to += (size_t)n;
		if (to - from > back) {
			put(held + from, to - from - back);
			from = to - back;
		}
		if (room - to < PIECE) {
			memmove(held, held + from, to - from);
			to -= from;
			from = 0;
		}
	}
	put(held + from, to - from);
	free(held);
	return 0;
}
