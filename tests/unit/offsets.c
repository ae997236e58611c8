#include "../../lib/conn/offsets.h"
#include "check.h"

#include <stdlib.h>

static void set_get_remove(void)
{
	struct pw_offsets o = {0};

	pw_offsets_set(&o, "b", "1");
	pw_offsets_set(&o, "a", "{\"x\":2}");
	pw_offsets_set(&o, "c", "3");
	pw_offsets_set(&o, "b", "4");
	CHECK(o.count == 3 && strcmp(o.items[0].key, "a") == 0 && strcmp(o.items[2].key, "c") == 0);
	CHECK(strcmp(pw_offsets_get(&o, "b"), "4") == 0);
	CHECK(pw_offsets_get(&o, "aa") == NULL);
	pw_offsets_remove(&o, "a");
	pw_offsets_remove(&o, "zz");
	CHECK(o.count == 2 && pw_offsets_get(&o, "a") == NULL && pw_offsets_get(&o, "c") != NULL);
	pw_offsets_release(&o);
	pw_offsets_release(&o);
}

static void as_json_and_back(void)
{
	struct pw_offsets o = {0}, back = {0};
	struct pw_bytes text = {0};

	pw_offsets_encode(&text, &o);
	CHECK(strcmp(pw_bytes_string(&text), "{}") == 0);
	pw_bytes_clear(&text);
	pw_offsets_set(&o, "a \"q\" \n", "{\"path\":\"\xc3\xa9\",\"n\":[1,2]}");
	pw_offsets_set(&o, "b", "18");
	pw_offsets_encode(&text, &o);
	CHECK(strcmp(pw_bytes_string(&text),
		     "{\"a \\\"q\\\" \\n\":{\"path\":\"\xc3\xa9\",\"n\":[1,2]},\"b\":18}") == 0);
	CHECK(pw_offsets_decode(&back, text.data, text.length) == 0);
	CHECK(back.count == 2 && strcmp(back.items[0].value, o.items[0].value) == 0 &&
	      strcmp(back.items[1].key, "b") == 0);
	pw_bytes_release(&text);
	pw_offsets_release(&o);
	pw_offsets_release(&back);
}

static void bad_json_fails(void)
{
	static const char *const bad[] = {"", "[]", "{", "{\"a\":}", "{\"a\":1,\"a\":2}", "null"};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct pw_offsets o = {0};
		CHECK(pw_offsets_decode(&o, bad[i], strlen(bad[i])) == -1);
		CHECK(pw_fail_status() == PW_DATA);
		pw_offsets_release(&o);
	}
}

static const char *greater(const char *a, const char *b)
{
	if (strcmp(b, "bad") == 0) {
		pw_fail(PW_STATE, "not comparable");
		return NULL;
	}
	return atoi(a) >= atoi(b) ? a : b;
}

static void the_greater_wins(void)
{
	struct pw_offsets o = {0}, other = {0};

	pw_offsets_set(&o, "a", "5");
	pw_offsets_set(&o, "b", "5");
	pw_offsets_set(&other, "a", "4");
	pw_offsets_set(&other, "b", "6");
	pw_offsets_set(&other, "c", "1");
	CHECK(pw_offsets_merge(&o, &other, greater) == 0);
	CHECK(strcmp(pw_offsets_get(&o, "a"), "5") == 0);
	CHECK(strcmp(pw_offsets_get(&o, "b"), "6") == 0);
	CHECK(strcmp(pw_offsets_get(&o, "c"), "1") == 0);
	pw_offsets_set(&other, "b", "bad");
	CHECK(pw_offsets_merge(&o, &other, greater) == -1);
	CHECK(strcmp(pw_fail_text(), "b: not comparable") == 0);
	pw_offsets_release(&o);
	pw_offsets_release(&other);
}

int main(void)
{
	TEST(set_get_remove);
	TEST(as_json_and_back);
	TEST(bad_json_fails);
	TEST(the_greater_wins);
	return check_done();
}
