#include "../../lib/conn/identity.h"
#include "check.h"

#include <stdlib.h>

static char text[9000];

static void heads(void)
{
	struct pw_identity id = {0};

	CHECK(pw_identity_begins(&id, text, 100) == PW_IDENTITY_UNKNOWN);
	pw_identity_set_head(&id, text, 300);
	CHECK(id.head_length == 300);
	CHECK(pw_identity_begins(&id, text, 300) == PW_IDENTITY_SAME);
	CHECK(pw_identity_begins(&id, text, 5000) == PW_IDENTITY_SAME);
	CHECK(pw_identity_begins(&id, text, 299) == PW_IDENTITY_SAME);
	CHECK(pw_identity_begins(&id, text, 63) == PW_IDENTITY_UNKNOWN);
	CHECK(pw_identity_begins(&id, text + 1, 64) == PW_IDENTITY_OTHER);
	text[290]++;
	CHECK(pw_identity_begins(&id, text, 5000) == PW_IDENTITY_OTHER);
	CHECK(pw_identity_begins(&id, text, 299) == PW_IDENTITY_SAME); /* 256 are compared */
	text[290]--;
	pw_identity_set_head(&id, text, 9000);
	CHECK(id.head_length == 4096);
	text[5000]++;
	CHECK(pw_identity_begins(&id, text, 9000) == PW_IDENTITY_SAME);
	text[5000]--;
}

/* Edited, or another of its kind? */
static void likenesses(void)
{
	struct pw_identity id = {0};
	char lines[9000], other[9000];

	for (size_t i = 0; i < sizeof lines; i++)
		lines[i] = (char)(i % 10 == 9 ? '\n' : 'a' + i * i % 23);
	memcpy(other, lines, sizeof other);
	pw_identity_set_head(&id, lines, 5000);
	other[70]++;
	CHECK(pw_identity_resembles(&id, other, 9000));
	CHECK(pw_identity_resembles(&id, other, 65)); /* it is shorter than it was */
	CHECK(!pw_identity_resembles(&id, other, 63));
	other[60]++;
	CHECK(!pw_identity_resembles(&id, other, 9000));
	memset(lines, 'x', 99); /* a header: it takes more than that */
	memcpy(other, lines, sizeof other);
	pw_identity_set_head(&id, lines, 5000);
	other[300]++;
	CHECK(pw_identity_resembles(&id, other, 9000));
	CHECK(!pw_identity_resembles(&id, other, 200));
	other[110]++;
	CHECK(!pw_identity_resembles(&id, other, 9000));
	pw_identity_set_head(&id, lines, 50); /* all there was */
	CHECK(pw_identity_resembles(&id, lines, 60) && !pw_identity_resembles(&id, lines, 49));
}

static void tails(void)
{
	struct pw_identity id = {.offset = 6000};

	pw_identity_set_tail(&id, text, 6000);
	CHECK(id.tail_length == 4096);
	CHECK(pw_identity_continues(&id, text, 6000));
	CHECK(pw_identity_continues(&id, text + 6000 - 4096, 4096));
	CHECK(!pw_identity_continues(&id, text + 6000 - 4095, 4095));
	CHECK(!pw_identity_continues(&id, text + 1, 6000));
	pw_identity_set_tail(&id, text, 0);
	CHECK(pw_identity_continues(&id, text, 10));
}

static void round_trip(const char *path, const struct pw_identity *id)
{
	struct pw_identity back;
	struct pw_bytes value = {0};
	char *name = NULL, *place = NULL, *home = NULL;

	pw_identity_encode(&value, path, NULL, NULL, id);
	CHECK(pw_identity_decode(&back, &name, &place, &home, pw_bytes_string(&value)) == 0);
	CHECK(name != NULL && strcmp(name, path) == 0);
	CHECK(memcmp(&back, id, sizeof back) == 0);
	free(name);
	pw_bytes_release(&value);
}

static void as_json_and_back(void)
{
	struct pw_identity id = {.device = 2049,
				 .inode = 77,
				 .size = 9000,
				 .modified = -5,
				 .offset = 6000,
				 .line = 12};

	round_trip("a b/\xc3\xa9.csv", &id);
	pw_identity_set_head(&id, text, 300);
	pw_identity_set_tail(&id, text, 6000);
	round_trip("100%/\xff\"\n.csv", &id);
	pw_identity_set_head(&id, text, 9000);
	round_trip("/x%41", &id);
}

static void bad_values_fail(void)
{
	static const char *const bad[] = {
		"",
		"1",
		"{}",
		"{\"path\":1}",
		"{\"path\":\"a\",\"device\":1,\"inode\":1,\"size\":1,\"modified\":1,\"offset\":-1,"
		"\"line\":1,\"head\":[0,\"0000000000000000\"],\"tail\":[0,\"0000000000000000\"]}",
		"{\"path\":\"a\",\"device\":1,\"inode\":1,\"size\":1,\"modified\":1,\"offset\":1,"
		"\"line\":1,\"head\":[9999,\"0000000000000000\"],\"tail\":[0,\"0000000000000000\"]"
		"}",
		"{\"path\":\"a\",\"device\":1,\"inode\":1,\"size\":1,\"modified\":1,\"offset\":1,"
		"\"line\":1,\"head\":[0,\"xx\"],\"tail\":[0,\"0000000000000000\"]}",
		"{\"path\":\"a\",\"device\":1,\"inode\":1,\"size\":1,\"modified\":1,\"offset\":1,"
		"\"line\":1,\"head\":[0,\"0000000000000000\"],\"tail\":[]}",
	};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct pw_identity id;
		char *name = NULL, *place = NULL, *home = NULL;
		CHECK(pw_identity_decode(&id, &name, &place, &home, bad[i]) == -1 && name == NULL);
		CHECK(pw_fail_status() == PW_STATE);
	}
}

int main(void)
{
	for (size_t i = 0; i < sizeof text; i++)
		text[i] = (char)(i * 31 % 251);
	TEST(heads);
	TEST(likenesses);
	TEST(tails);
	TEST(as_json_and_back);
	TEST(bad_values_fail);
	return check_done();
}
