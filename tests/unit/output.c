#include "check.h"
#include "streams.h"

static struct pw_head head;

static void open_output(struct pw_output *o, bool compress)
{
	pw_bytes_clear(&memory.written);
	memory.writes = memory.fail = 0;
	memory.chunk = 0;
	pw_output_open(o, -1, compress);
	CHECK(pw_output_head(o, &head) == 0);
}

static void add(struct pw_builder *b, int64_t x, pw_time time)
{
	for (size_t c = 0; c < b->schema->count; c++)
		pw_vector_word(&b->vectors[c], x);
	pw_builder_row(b, time, 1);
}

/* The kinds of the frames written, a letter each; DATA with its rows. */
static const char *frames(void)
{
	static char text[4096];
	size_t n = 0;

	text[0] = 0;
	for (size_t at = 64; at < memory.written.length;) {
		const struct pw_frame *f = (const struct pw_frame *)(memory.written.data + at);
		n += (size_t)snprintf(text + n, sizeof text - n, f->kind == 2 ? " %c%u" : " %c",
				      " SDPWE"[f->kind], f -> rows);
		at += PW_FRAME_HEADER + f->length;
	}
	return text + (n > 0);
}

#define WROTE(what) CHECK(strcmp(frames(), what) == 0 || (printf("# %s\n", frames()), 0))

/* Small batches are gathered and sent by flush, their commits in one frame. */
static void small_ones_are_gathered(void)
{
	struct pw_output o;
	struct pw_builder b;

	open_output(&o, false);
	CHECK(memory.writes == 1);
	pw_builder_init(&b, &head.schema);
	for (pw_time t = 2; t < 200; t += 2) {
		add(&b, (int64_t)t, t);
		CHECK(pw_output_batch(&o, pw_builder_view(&b)) == 0);
		pw_builder_clear(&b);
		pw_output_frontier(&o, t + 1);
	}
	CHECK(memory.writes == 1);
	CHECK(pw_output_flush(&o) == 0 && memory.writes == 2);
	CHECK(pw_output_flush(&o) == 0 && memory.writes == 2);
	pw_output_frontier(&o, 150);
	CHECK(pw_output_flush(&o) == 0 && memory.writes == 2);
	pw_output_frontier(&o, 300);
	CHECK(pw_output_flush(&o) == 0);
	add(&b, 1, 300);
	CHECK(pw_output_batch(&o, pw_builder_view(&b)) == 0);
	CHECK(pw_output_durable(&o, 200) == 0);
	CHECK(pw_output_durable(&o, 200) == 0);
	CHECK(pw_output_end(&o, PW_FINISHED, PW_OK, PW_TIME_END) == 0);
	CHECK(pw_output_end(&o, PW_FINISHED, PW_OK, PW_TIME_END) == 0);
	WROTE("S D99 P D1 W E");
	pw_output_close(&o);
	pw_output_close(&o);
	pw_builder_release(&b);
}

/* A dictionary above what is worth a frame is sent once, not with every row. */
static void long_dictionaries_are_sent_once(void)
{
	enum { ENTRIES = 10, LENGTH = 1000000, ROWS = 16 };
	static uint32_t offsets[ENTRIES + 1];
	static uint16_t codes[ROWS];
	struct pw_schema schema = {0};
	struct pw_head h = {.stage.program = (char *)"test"};
	struct pw_output o;

	CHECK(pw_schema_add(&schema, PW_SLICE("a"), PW_TYPE(PW_STR), false) == 0);
	h.schema = schema;
	char *bytes = pw_mem_zero(ENTRIES, LENGTH);
	for (uint32_t i = 0; i <= ENTRIES; i++)
		offsets[i] = i * LENGTH;
	for (uint32_t i = 0; i < ROWS; i++)
		codes[i] = (uint16_t)(i % ENTRIES);
	const struct pw_column entries = {
		.type = PW_TYPE(PW_STR), .rows = ENTRIES, .offsets = offsets, .bytes = bytes};
	const struct pw_column column = {.type = PW_TYPE(PW_STR),
					 .encoding = PW_DICTIONARY,
					 .rows = ROWS,
					 .codes = codes,
					 .inner = &entries};
	const struct pw_run run = {.rows = ROWS};
	const struct pw_batch batch = {
		.schema = &schema, .rows = ROWS, .run_count = 1, .runs = &run, .columns = &column};
	pw_bytes_clear(&memory.written);
	memory.chunk = 0;
	memory.fail = 0;
	pw_output_open(&o, -1, false);
	CHECK(pw_output_head(&o, &h) == 0 && pw_output_batch(&o, &batch) == 0);
	WROTE("S D16");
	pw_output_close(&o);
	pw_schema_release(&schema);
	free(bytes);
}

/* A big batch goes at once, behind what is pending; a huge one is cut. */
static void big_ones_go_at_once(void)
{
	struct pw_output o;
	struct pw_builder b;

	open_output(&o, false);
	pw_builder_init(&b, &head.schema);
	add(&b, 1, 2);
	CHECK(pw_output_batch(&o, pw_builder_view(&b)) == 0);
	pw_builder_clear(&b);
	for (int i = 0; i < 5000; i++)
		add(&b, i, 2);
	CHECK(pw_output_batch(&o, pw_builder_view(&b)) == 0);
	WROTE("S D1 D5000");
	pw_builder_clear(&b);
	for (int i = 0; i < 70000; i++)
		add(&b, i, (pw_time)i / 10 * 2 + 2);
	CHECK(pw_output_batch(&o, pw_builder_view(&b)) == 0);
	CHECK(pw_output_end(&o, PW_SUSPENDED, PW_OK, 0) == 0);
	WROTE("S D1 D5000 D16384 D53616 E");
	pw_output_close(&o);
	pw_builder_release(&b);
}

static void failing(void)
{
	struct pw_output o;

	pw_bytes_clear(&memory.written);
	memory.fail = 0;
	pw_output_open(&o, -1, false);
	CHECK(pw_output_flush(&o) == 0);
	CHECK(pw_output_end(&o, PW_FAILED, PW_DATA, 0) == 0);
	WROTE("E");
	CHECK(memcmp(memory.written.data, PW_FRAME_TEXT, 64) == 0);
	pw_output_close(&o);

	open_output(&o, false);
	memory.fail = 2;
	memory.error = ENOSPC;
	pw_output_frontier(&o, 5);
	CHECK(pw_output_flush(&o) < 0 && !o.gone && pw_fail_status() == PW_SYSTEM);
	CHECK(strcmp(pw_fail_text(), "write: No space left on device") == 0);
	memory.fail = 3;
	memory.error = EPIPE;
	pw_output_frontier(&o, 6);
	CHECK(pw_output_flush(&o) < 0 && o.gone);
	CHECK(pw_output_end(&o, PW_FINISHED, PW_OK, 0) < 0 && memory.writes == 3);
	pw_output_close(&o);
}

int main(void)
{
	memory_use();
	pw_schema_add(&head.schema, PW_SLICE("x"), PW_TYPE(PW_INT), false);
	head.stage.program = "test";
	TEST(small_ones_are_gathered);
	TEST(big_ones_go_at_once);
	TEST(long_dictionaries_are_sent_once);
	TEST(failing);
	pw_schema_release(&head.schema);
	pw_bytes_release(&memory.written);
	return check_done();
}
