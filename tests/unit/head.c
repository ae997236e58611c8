#include "check.h"

#include "../../lib/base/fail.h"
#include "../../lib/wire/frame.h"
#include "../../lib/wire/head.h"

#include <stdlib.h>

static bool same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool same_stage(const struct pw_stage *a, const struct pw_stage *b)
{
	bool same = same_text(a->program, b->program) && same_text(a->name, b->name) &&
		    a->option_count == b->option_count && a->input_count == b->input_count;

	for (size_t i = 0; same && i < a->option_count; i++)
		same = same_text(a->options[i], b->options[i]);
	for (size_t i = 0; same && i < a->input_count; i++)
		same = same_stage(&a->inputs[i], &b->inputs[i]);
	return same;
}

static void comes_back(void)
{
	char *options[] = {"-k", "city", "n = count()", "a \\ \"quoted\" \xc3\xa9"};
	char *odd[] = {"file\xff.csv", "\\xff"};
	struct pw_stage inputs[] = {{.program = "pw-read", .options = odd, .option_count = 2},
				    {.program = "pw-read", .name = "right"}};
	struct pw_head head = {.stage = {.program = "pw-join",
					 .options = options,
					 .option_count = 4,
					 .inputs = inputs,
					 .input_count = 2},
			       .state = "/srv/line",
			       .run = 12,
			       .check = true};
	struct pw_head copy, back;
	struct pw_bytes json = {0}, again = {0};

	for (int i = 0; i < PW_BASES; i++) {
		char name[8] = {'c', (char)('0' + i), 0};
		pw_schema_add(&head.schema, pw_slice_of(name),
			      (struct pw_type){(uint8_t)i, (uint8_t)(i % 3 * 4), i % 2 == 0},
			      i < 2);
	}
	head.schema.append_only = true;
	pw_head_copy(&copy, &head);
	pw_schema_release(&head.schema);
	pw_head_encode(&json, &copy);
	CHECK(pw_head_decode(&back, json.data, json.length) == 0);
	CHECK(pw_schema_equal(&back.schema, &copy.schema));
	for (size_t i = 0; i < back.schema.count; i++)
		CHECK(back.schema.fields[i].type.required == (i % 2 == 0) &&
		      back.schema.fields[i].key == (i < 2));
	CHECK(back.schema.append_only && !back.schema.is_static && back.check && back.run == 12);
	CHECK(same_text(back.state, "/srv/line"));
	/* What is no UTF-8 is escaped, and stays different from its escape. */
	CHECK(same_text(back.stage.inputs[0].options[0], "file\\xff.csv"));
	CHECK(same_text(back.stage.inputs[1].name, "right"));
	free(copy.stage.inputs[0].options[0]);
	copy.stage.inputs[0].options[0] = pw_mem_copy("file\\xff.csv", 12);
	CHECK(same_stage(&back.stage, &copy.stage));
	pw_head_encode(&again, &back);
	CHECK(again.length == json.length && memcmp(again.data, json.data, json.length) == 0);

	pw_bytes_release(&json);
	pw_bytes_release(&again);
	pw_head_release(&copy);
	pw_head_release(&back);
	pw_head_release(&back);
}

/* The schema with one part of it exchanged. */
static bool refuses(const char *from, const char *to, const char *why)
{
	static const char good[] =
		"{\"version\":1,\"columns\":[{\"name\":\"a\",\"type\":\"int\"},{\"name\":\"b\","
		"\"type\":\"list<str>\",\"key\":true}],\"append_only\":true,\"static\":false,"
		"\"coordinates\":1,\"stage\":{\"program\":\"p\",\"options\":[\"o\"],"
		"\"inputs\":[]},\"state\":{\"directory\":\"/d\",\"run\":3}}";
	const char *at = strstr(good, from);
	char text[1024];
	struct pw_head head;

	snprintf(text, sizeof text, "%.*s%s%s", (int)(at - good), good, to, at + strlen(from));
	const int status = pw_head_decode(&head, text, strlen(text));
	const bool right = why == NULL ? status == 0
				       : status < 0 && pw_fail_status() == PW_DATA &&
						 strstr(pw_fail_text(), why) != NULL;
	if (!right)
		printf("# %s: %s\n", to, status < 0 ? pw_fail_text() : "accepted");
	pw_head_release(&head);
	return right;
}

static void spoiled(void)
{
	CHECK(refuses("", "", NULL));
	CHECK(refuses("\"version\":1", "\"version\":1,\"more\":[1,null]", NULL));
	CHECK(refuses("\"version\":1", "\"version\":2", "version is 2, this program knows 1"));
	CHECK(refuses("\"version\":1,", "", "'version' is missing"));
	CHECK(refuses("\"version\":1", "\"version\":\"1\"",
		      "'version' is a string, expected an int"));
	CHECK(refuses("\"coordinates\":1", "\"coordinates\":2", "iteration"));
	CHECK(refuses("\"int\"", "\"id\"", "'id' is reserved"));
	CHECK(refuses("\"int\"", "\"int!\"", "'int!' is not a type"));
	CHECK(refuses("\"int\"", "\"INT\"", "'INT' is not a type"));
	CHECK(refuses("list<str>", "list<list<list<list<list<list<list<list<list<str>>>>>>>>>",
		      "column 2: 'list"));
	CHECK(refuses("\"a\"", "\"b\"", "two columns 'b'"));
	CHECK(refuses("\"a\"", "\"\"", "name is empty"));
	CHECK(refuses("\"a\"", "\"a\\u0000\"", "schema: byte"));
	CHECK(refuses("\"a\"", "\"\xff\"", "schema: byte"));
	CHECK(refuses("\"key\":true", "\"key\":1", "'key' is an int, expected true or false"));
	CHECK(refuses("\"append_only\":true,", "", "'append_only' is missing"));
	CHECK(refuses("[\"o\"]", "[null]", "an option is null"));
	CHECK(refuses("\"inputs\":[]", "\"inputs\":[[]]", "a stage is an array"));
	CHECK(refuses("\"inputs\":[]", "\"inputs\":[{}]", "'program' is missing"));
	CHECK(refuses("\"run\":3", "\"run\":-3", "below 0"));
	CHECK(refuses("}}", "}", "schema: byte"));
	CHECK(refuses("}}", "}} x", "schema: byte"));
	CHECK(refuses("{\"version", "[{\"version", "schema: byte"));
}

static void limits(void)
{
	struct pw_head head;
	struct pw_bytes b = {0};

	pw_bytes_text(&b, "{\"version\":1,\"columns\":[");
	for (int i = 0; i <= PW_COLUMNS_MAX; i++)
		pw_bytes_print(&b, "%s{\"name\":\"c%d\",\"type\":\"int\"}", i ? "," : "", i);
	pw_bytes_text(&b, "],\"coordinates\":1}");
	CHECK(pw_head_decode(&head, b.data, b.length) < 0);
	CHECK(strstr(pw_fail_text(), "4097 columns") != NULL);

	pw_bytes_clear(&b);
	pw_bytes_text(&b, "{\"version\":1,\"columns\":[],\"append_only\":true,\"static\":true,"
			  "\"coordinates\":1,\"stage\":");
	for (int i = 0; i <= PW_STAGE_DEPTH_MAX; i++)
		pw_bytes_text(&b, "{\"program\":\"p\",\"options\":[],\"inputs\":[");
	for (int i = 0; i <= PW_STAGE_DEPTH_MAX; i++)
		pw_bytes_text(&b, "]}");
	pw_bytes_text(&b, "}");
	CHECK(pw_head_decode(&head, b.data, b.length) < 0);
	CHECK(strstr(pw_fail_text(), "more than 64 stages") != NULL);

	pw_bytes_clear(&b);
	memset(pw_bytes_room(&b, 1 << 20), '[', 1 << 20);
	CHECK(pw_head_decode(&head, b.data, 1 << 20) < 0);
	CHECK(pw_head_decode(&head, b.data, PW_FRAME_HEAD_MAX + 1) < 0);
	pw_bytes_release(&b);
}

int main(void)
{
	TEST(comes_back);
	TEST(spoiled);
	TEST(limits);
	return check_done();
}
