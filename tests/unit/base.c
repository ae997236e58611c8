/* errors, bytes, arenas, hashing, the io table */
#include "../../lib/base/arena.h"
#include "../../lib/base/fail.h"
#include "../../lib/base/hash.h"
#include "../../lib/base/io.h"
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static int inner(void)
{
	return pw_fail(PW_DATA, "found %d, expected %d", 3, 4);
}

static void places_come_in_front(void)
{
	CHECK(inner() == -1);
	CHECK(pw_fail_at("frame %d", 12) == -1);
	pw_fail_at("stdin");
	CHECK(strcmp(pw_fail_text(), "stdin: frame 12: found 3, expected 4") == 0);
	CHECK(pw_fail_status() == PW_DATA);
	pw_fail_detail("  a + b");
	pw_fail_detail("    ^");
	CHECK(strcmp(pw_fail_text(), "stdin: frame 12: found 3, expected 4\n  a + b\n    ^") == 0);
	pw_fail(PW_USAGE, "another");
	CHECK(strcmp(pw_fail_text(), "another") == 0);
	pw_fail(PW_DATA, "no such file");
	pw_fail_at("a\nname\033[31m");
	CHECK(strcmp(pw_fail_text(), "a\\x0aname\\x1b[31m: no such file") == 0);
	pw_fail_clear();
	CHECK(pw_fail_status() == PW_OK);
}

/* A message has a limit; places are kept, its end is cut. */
static void long_messages_are_cut(void)
{
	char text[9000];

	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	pw_fail(PW_DATA, "%s", text);
	for (int i = 0; i < 20; i++)
		pw_fail_at("a place of some length, number %d", i);
	CHECK(strncmp(pw_fail_text(), "a place of some length, number 19: a place", 42) == 0);
	CHECK(strlen(pw_fail_text()) < 4096);
}

static void system_errors_have_reasons(void)
{
	errno = ENOSPC;
	pw_fail_system("write");
	CHECK(strcmp(pw_fail_text(), "write: No space left on device") == 0);
	CHECK(pw_fail_status() == PW_SYSTEM);
}

static void bytes_as_hex(void)
{
	struct pw_bytes text = {0}, back = {0};
	char all[256];

	for (int i = 0; i < 256; i++)
		all[i] = (char)i;
	pw_bytes_hex(&text, all, sizeof all);
	CHECK(text.length == 512 && memcmp(text.data, "000102", 6) == 0 &&
	      memcmp(text.data + 506, "fdfeff", 6) == 0);
	CHECK(pw_bytes_unhex(&back, (struct pw_slice){text.data, text.length}));
	CHECK(back.length == sizeof all && memcmp(back.data, all, sizeof all) == 0);
	CHECK(pw_bytes_unhex(&back, PW_SLICE("AbcD")) &&
	      memcmp(back.data + 256, "\xab\xcd", 2) == 0);
	CHECK(!pw_bytes_unhex(&back, PW_SLICE("abc")));
	CHECK(!pw_bytes_unhex(&back, PW_SLICE("+5")));
	CHECK(!pw_bytes_unhex(&back, PW_SLICE(" 5")));
	CHECK(!pw_bytes_unhex(&back, PW_SLICE("0x")));
	pw_bytes_release(&text);
	pw_bytes_release(&back);
}

static void bytes_grow(void)
{
	struct pw_bytes b = {0};

	for (int i = 0; i < 10000; i++)
		pw_bytes_print(&b, "%d,", i);
	CHECK(b.length == 48890 && strncmp(pw_bytes_string(&b) + 48880, "9998,9999,", 10) == 0);
	pw_bytes_release(&b);
	pw_bytes_release(&b);
	CHECK(b.data == NULL && b.length == 0);
}

static void arenas_keep_their_pieces(void)
{
	enum { PIECES = 20000 };
	static char *piece[PIECES];
	static size_t size[PIECES];
	struct pw_arena a = {0};

	srand(3);
	for (int i = 0; i < PIECES; i++) {
		size[i] = (size_t)(rand() % 1000 == 0 ? rand() % 3000000 : rand() % 100);
		piece[i] = i % 2 ? pw_arena_alloc(&a, size[i]) : pw_arena_copy(&a, "", 0);
		if (i % 2)
			CHECK(((uintptr_t)piece[i] & 15) == 0);
		else
			size[i] = 0;
		memset(piece[i], i & 0xff, size[i]);
	}
	for (int i = 0; i < PIECES; i++)
		for (size_t j = 0; j < size[i]; j += 97)
			CHECK((unsigned char)piece[i][j] == (i & 0xff));
	pw_arena_release(&a);
	CHECK(a.held == 0);
}

/* XXH3-64 as its specification has it; the keyed hash is another. */
static void checksums_are_xxh3(void)
{
	CHECK(pw_hash_checksum("", 0) == UINT64_C(0x2d06800538d394c2));
	CHECK(pw_hash_checksum("abc", 3) == UINT64_C(0x78af5f94892f3950));
	CHECK(pw_hash_bytes("abc", 3) != pw_hash_checksum("abc", 3));
	CHECK(pw_hash_bytes("abc", 3) == pw_hash_bytes("abcd", 3));
}

static int calls;

static ssize_t two_bytes(int fd, const void *data, size_t n)
{
	if (++calls % 3 == 0) {
		errno = EINTR;
		return -1;
	}
	return write(fd, data, n < 2 ? n : 2);
}

static ssize_t full(int fd, const void *data, size_t n)
{
	(void)fd, (void)data, (void)n;
	errno = ENOSPC;
	return -1;
}

static void short_writes_go_on(void)
{
	struct pw_io table = *pw_io();
	char back[64] = "";
	int ends[2];

	CHECK(pipe(ends) == 0);
	table.write = two_bytes;
	pw_io_use(&table);
	CHECK(pw_io_write_full(ends[1], "a text of some length", 21) == 0);
	table.write = full;
	CHECK(pw_io_write_full(ends[1], "x", 1) == -1 && errno == ENOSPC);
	pw_io_use(NULL);
	close(ends[1]);
	CHECK(pw_io_read_full(ends[0], back, sizeof back) == 21);
	CHECK(strcmp(back, "a text of some length") == 0);
	close(ends[0]);
}

static void files_have_a_limit(void)
{
	struct pw_bytes b = {0};

	CHECK(pw_io_load("/dev/zero", 100000, &b) == -1 && pw_fail_status() == PW_DATA);
	pw_bytes_clear(&b);
	CHECK(pw_io_load("/nowhere/at/all", 10, &b) == -1 && pw_fail_status() == PW_SYSTEM);
	CHECK(pw_io_load("/dev/null", 10, &b) == 0 && b.length == 0);
	pw_bytes_release(&b);
}

int main(void)
{
	pw_hash_start();
	TEST(places_come_in_front);
	TEST(long_messages_are_cut);
	TEST(system_errors_have_reasons);
	TEST(bytes_as_hex);
	TEST(bytes_grow);
	TEST(arenas_keep_their_pieces);
	TEST(checksums_are_xxh3);
	TEST(short_writes_go_on);
	TEST(files_have_a_limit);
	return check_done();
}
