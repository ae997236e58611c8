#include "check.h"
#include "streams.h"

#include "../../lib/base/hash.h"

/* A stream of random batches, all of them also in one long batch. */
struct sample {
	struct pw_head head;
	struct pw_builder all;
	struct pw_bytes bytes;
};

static void make(struct sample *s, int columns, int batches, uint32_t rows, bool compress)
{
	struct pw_output o;
	struct pw_builder b;
	pw_time time = 2;

	*s = (struct sample){.head.stage.program = "test"};
	random_schema(&s->head.schema, columns);
	pw_builder_init(&s->all, &s->head.schema);
	pw_builder_init(&b, &s->head.schema);
	pw_bytes_clear(&memory.written);
	memory.chunk = 0;
	memory.fail = 0;
	pw_output_open(&o, -1, compress);
	CHECK(pw_output_head(&o, &s->head) == 0);
	for (int i = 0; i < batches; i++) {
		if (i % 3 == 0)
			pw_builder_intern(&b);
		fill(&b, 1 + draw(rows), &time);
		pw_builder_append(&s->all, pw_builder_view(&b), 0, b.rows);
		CHECK(pw_output_batch(&o, pw_builder_view(&b)) == 0);
		pw_builder_clear(&b);
		if (draw(2) == 0)
			pw_output_frontier(&o, time + draw(2));
		const bool passed = o.frontier > time;
		if (draw(5) == 0)
			CHECK(pw_output_flush(&o) == 0);
		if (draw(9) == 0)
			CHECK(pw_output_durable(&o, time) == 0);
		if (passed || draw(3) > 0)
			time += 2;
	}
	CHECK(pw_output_end(&o, PW_FINISHED, PW_OK, PW_TIME_END) == 0);
	pw_output_close(&o);
	pw_builder_release(&b);
	s->bytes = memory.written;
	memory.written = (struct pw_bytes){0};
}

static void drop(struct sample *s)
{
	pw_builder_release(&s->all);
	pw_schema_release(&s->head.schema);
	pw_bytes_release(&s->bytes);
}

/* Reads it all: 0 and as many rows as there were, or what failed. */
static int read_all(const struct sample *s, struct pw_source *in, uint32_t *rows)
{
	struct pw_event ev;
	pw_time frontier = 0;
	int status;

	*rows = 0;
	while ((status = next_event(in, &ev)) == 1) {
		if (ev.kind == PW_EVENT_FRONTIER) {
			CHECK(ev.time > frontier);
			frontier = ev.time;
		} else if (ev.kind == PW_EVENT_BATCH && s != NULL) {
			CHECK(ev.batch->runs[0].time >= frontier);
			const struct pw_batch *all = pw_builder_view((struct pw_builder *)&s->all);
			CHECK(*rows + ev.batch->rows <= all->rows &&
			      same_rows(all, *rows, ev.batch));
		}
		*rows += ev.kind == PW_EVENT_BATCH ? ev.batch->rows : 0;
	}
	return status;
}

static void streams_come_back(void)
{
	static const size_t chunks[] = {1, 63, 64, 4096, 100000, 1 << 20};
	struct pw_source in;
	struct sample s;
	uint32_t rows;

	for (int round = 0; round < 30; round++) {
		make(&s, 10 + (int)draw(6), 1 + (int)draw(30), draw(2) ? 400 : 7000 / 10,
		     round % 2);
		memory_rewind(s.bytes.data, s.bytes.length, chunks[draw(6)]);
		memory.block = round % 3 == 0;
		pw_source_open(&in, -1);
		const int status = read_all(&s, &in, &rows);
		if (status < 0)
			printf("# %s\n", pw_fail_text());
		CHECK(status == 0 && rows == s.all.rows);
		pw_source_close(&in);
		pw_source_close(&in);
		drop(&s);
	}
	memory.block = false;
}

/* Whatever bit is flipped, wherever the stream is cut: it is found. */
static void damage_is_found(void)
{
	struct pw_source in;
	struct sample s;
	uint32_t rows;
	size_t found = 0, tried = 0;

	make(&s, 4, 6, 6, false);
	for (size_t at = 0; at < s.bytes.length; at++, tried++) {
		s.bytes.data[at] ^= (char)(1 << draw(8));
		char *copy = pw_mem_copy(s.bytes.data, s.bytes.length);
		memory_rewind(copy, s.bytes.length, 0);
		pw_source_open(&in, -1);
		found += read_all(NULL, &in, &rows) < 0;
		pw_source_close(&in);
		free(copy);
		s.bytes.data[at] = s.bytes.data[at];
		memory_rewind(NULL, 0, 0);
	}
	CHECK(found == tried);
	drop(&s);

	make(&s, 4, 6, 6, false);
	found = tried = 0;
	for (size_t length = 0; length < s.bytes.length; length += 16, tried++) {
		memory_rewind(s.bytes.data, length, 0);
		pw_source_open(&in, -1);
		found += read_all(NULL, &in, &rows) < 0 && pw_fail_status() == PW_DATA &&
			 strstr(pw_fail_text(), "closed") != NULL;
		pw_source_close(&in);
	}
	CHECK(found == tried);
	drop(&s);
}

static void cut_out(struct pw_bytes *b, size_t at, size_t n)
{
	memmove(b->data + at, b->data + at + n, b->length - at - n);
	b->length -= n;
}

static bool says(const struct sample *s, const char *why)
{
	struct pw_source in;
	uint32_t rows;

	memory_rewind(s->bytes.data, s->bytes.length, 0);
	pw_source_open(&in, -1);
	const bool right = read_all(NULL, &in, &rows) < 0 && strstr(pw_fail_text(), why) != NULL;
	if (!right)
		printf("# '%s', expected '%s'\n", pw_fail_text(), why);
	pw_source_close(&in);
	return right;
}

/* Where frame n is. */
static struct pw_frame *frame(const struct sample *s, int n)
{
	size_t at = 64;

	for (; n > 0; n--)
		at += PW_FRAME_HEADER + ((struct pw_frame *)(s->bytes.data + at))->length;
	return (struct pw_frame *)(s->bytes.data + at);
}

/* Makes all checksums right again, so that what lies behind them is reached. */
static void mend(const struct sample *s)
{
	uint64_t before = 0;

	for (size_t at = 64; at + 64 <= s->bytes.length;) {
		struct pw_frame *f = (struct pw_frame *)(s->bytes.data + at);
		f->previous = before;
		before = f->checksum = pw_hash_checksum(&f->previous, 56 + f->length);
		at += PW_FRAME_HEADER + f->length;
	}
}

/* SCHEMA, two DATA of 1 row each at times 2 and 4 with frontiers 3 and 5, DURABLE 4, END. */
static void make_small(struct sample *s)
{
	struct pw_output o;
	struct pw_builder b;

	*s = (struct sample){.head.stage.program = "test"};
	pw_schema_add(&s->head.schema, PW_SLICE("x"), PW_TYPE(PW_INT), false);
	pw_builder_init(&b, &s->head.schema);
	pw_bytes_clear(&memory.written);
	pw_output_open(&o, -1, false);
	pw_output_head(&o, &s->head);
	for (pw_time t = 2; t <= 4; t += 2) {
		pw_vector_word(&b.vectors[0], 7);
		pw_builder_row(&b, t, 1);
		pw_output_batch(&o, pw_builder_view(&b));
		pw_builder_clear(&b);
		pw_output_frontier(&o, t + 1);
		pw_output_flush(&o);
	}
	pw_output_durable(&o, 4);
	pw_output_end(&o, PW_FINISHED, PW_OK, PW_TIME_END);
	pw_output_close(&o);
	pw_builder_release(&b);
	s->bytes = memory.written;
	memory.written = (struct pw_bytes){0};
	memory.chunk = 0;
}

#define SPOIL(n, change, why)                                                                      \
	do {                                                                                       \
		struct sample spoilt;                                                              \
		make_small(&spoilt);                                                               \
		struct pw_frame *f = frame(&spoilt, n);                                            \
		struct pw_frame_end *end = (struct pw_frame_end *)(f + 1);                         \
		uint64_t *body = (uint64_t *)(f + 1);                                              \
		(void)end;                                                                         \
		(void)body;                                                                        \
		change;                                                                            \
		mend(&spoilt);                                                                     \
		CHECK(says(&spoilt, why));                                                         \
		drop(&spoilt);                                                                     \
	} while (0)

static void rules(void)
{
	SPOIL(1, f->sequence = 7, "frame 1: its number is 7");
	SPOIL(1, f->coordinates = 2, "frame 1: times of 2 coordinates (iteration)");
	SPOIL(1, f->kind = 9, "frame 1: kind 9 is unknown");
	SPOIL(1, f->kind = PW_FRAME_SCHEMA, "a second SCHEMA");
	SPOIL(0, f->kind = PW_FRAME_DATA, "frame 0: kind is 2, expected SCHEMA");
	SPOIL(1, f->flags = 4, "a reserved field");
	SPOIL(1, f->zero[3] = 4, "a reserved field");
	SPOIL(1, f->stored--, "plain length");
	SPOIL(1, f->flags = PW_FRAME_COMPRESSED, "zstd: the body is not one frame");
	SPOIL(1, f->rows = 2, "frame 1: runs: they have 1 rows, expected 2");
	SPOIL(1, f->rows = 0, "0 rows");
	SPOIL(1, f->rows = 65537, "65537 rows");
	SPOIL(2, f->frontier = 2, "the frontier goes back, from 3 to 2");
	SPOIL(2, f->frontier = UINT64_MAX, "beyond the end");
	SPOIL(2, body[2] = 2, "a row of time 2, below the frontier 3");
	SPOIL(1, (f->frontier = 0, body[2] = 6), "a row of time 4, after one of 6");
	SPOIL(3, body[0] = UINT64_MAX, "DURABLE: from 0 to");
	SPOIL(3, f->rows = 1, "1 rows in a frame without rows");
	SPOIL(3, f->kind = PW_FRAME_PROGRESS, "PROGRESS: 64 bytes, expected none");
	SPOIL(4, end->ending = 3, "ending 3");
	SPOIL(4, end->status = 3, "ending 0 with status 3");
	SPOIL(4, (end->ending = PW_FAILED), "ending 2 with status 0");
	SPOIL(4, end->rows = 3, "END: of 3 rows, 2 have come");
	SPOIL(4, end->zero[4] = 1, "a reserved field");
}

static void lengths(void)
{
	struct sample s;

	/* Refused by the header alone, before anything is waited for or allocated. */
	make_small(&s);
	frame(&s, 1)->length = PW_FRAME_BODY_MAX + 64;
	CHECK(says(&s, "length is 1073741888, at most 1073741824"));
	drop(&s);
	make_small(&s);
	frame(&s, 1)->plain = UINT32_MAX;
	CHECK(says(&s, "length is 4294967295"));
	drop(&s);
	make_small(&s);
	frame(&s, 0)->length = frame(&s, 0)->stored = PW_FRAME_HEAD_MAX + 64;
	CHECK(says(&s, "a schema of 4194368 bytes"));
	drop(&s);

	/* A claim within the limit takes no memory before its bytes come. */
	make_small(&s);
	frame(&s, 1)->length = frame(&s, 1)->stored = PW_FRAME_BODY_MAX;
	struct pw_source in;
	uint32_t rows;
	memory_rewind(s.bytes.data, s.bytes.length, 0);
	pw_source_open(&in, -1);
	CHECK(read_all(NULL, &in, &rows) < 0 && in.capacity <= 1 << 20);
	pw_source_close(&in);
	drop(&s);
}

static void order_of_frames(void)
{
	struct sample s;

	make_small(&s);
	cut_out(&s.bytes, (size_t)((char *)frame(&s, 1) - s.bytes.data), 64 + frame(&s, 1)->length);
	CHECK(says(&s, "frame 1: its number is 2, a frame is missing or twice there"));
	drop(&s);

	make_small(&s);
	pw_bytes_put(&s.bytes, 'x');
	CHECK(says(&s, "bytes after END"));
	drop(&s);

	/* A skippable frame of an unknown kind is passed over, its frontier counts. */
	make_small(&s);
	frame(&s, 3)->kind = 77;
	frame(&s, 3)->flags = PW_FRAME_SKIPPABLE;
	frame(&s, 3)->frontier = frame(&s, 4)->frontier = 100;
	mend(&s);
	struct pw_source in;
	uint32_t rows;
	memory_rewind(s.bytes.data, s.bytes.length, 0);
	pw_source_open(&in, -1);
	CHECK(read_all(NULL, &in, &rows) == 0 && rows == 2 && in.frontier == 100);
	pw_source_close(&in);
	drop(&s);
}

static void beginnings(void)
{
	struct pw_source in;
	uint32_t rows;
	static const struct {
		const char *text, *why;
	} cases[] = {
		{"", "closed without END: the program upstream has died or writes no stream"},
		{"a,b,c\n1,2,3\n", PW_SOURCE_STRANGER},
		{"{", PW_SOURCE_STRANGER},
		{"pws 2 binary stream: add '| pw-write' to read it               \n",
		 "a pw stream of version 2, this program knows 1"},
		{"pws 1 binary", "closed in the middle of its first line"},
		{PW_FRAME_TEXT, "frame 0: closed without END"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		memory_rewind(cases[i].text, strlen(cases[i].text), i % 2);
		pw_source_open(&in, -1);
		CHECK(read_all(NULL, &in, &rows) < 0);
		CHECK(strncmp(pw_fail_text(), cases[i].why, strlen(cases[i].why)) == 0 ||
		      (printf("# %s\n", pw_fail_text()), 0));
		pw_source_close(&in);
	}
}

/* Cut or damaged streams give what was whole, and then count as suspended. */
static void salvage(void)
{
	struct sample s;
	struct pw_source in;
	struct pw_event ev = {0};
	int status, rows = 0;

	make_small(&s);
	((char *)frame(&s, 2))[70] ^= 1;
	memory_rewind(s.bytes.data, s.bytes.length, 0);
	pw_source_open(&in, -1);
	in.salvage = true;
	while ((status = next_event(&in, &ev)) == 1 && ev.kind != PW_EVENT_END)
		rows += ev.kind == PW_EVENT_BATCH;
	CHECK(status == 1 && rows == 1 && ev.ending == PW_SUSPENDED && in.salvaged);
	CHECK(strstr(pw_fail_text(), "frame 2: checksum") != NULL);
	CHECK(next_event(&in, &ev) == 0);
	pw_source_close(&in);
	drop(&s);
}

static void failed_first(void)
{
	struct pw_output o;
	struct pw_source in;
	struct pw_event ev;

	pw_bytes_clear(&memory.written);
	pw_output_open(&o, -1, false);
	CHECK(pw_output_end(&o, PW_FAILED, PW_BUSY, 0) == 0);
	pw_output_close(&o);
	memory_rewind(memory.written.data, memory.written.length, 0);
	pw_source_open(&in, -1);
	CHECK(next_event(&in, &ev) == 1 && ev.kind == PW_EVENT_END && ev.ending == PW_FAILED &&
	      ev.status == PW_BUSY);
	CHECK(next_event(&in, &ev) == 0);
	pw_source_close(&in);
}

int main(void)
{
	memory_use();
	TEST(streams_come_back);
	TEST(damage_is_found);
	TEST(rules);
	TEST(lengths);
	TEST(order_of_frames);
	TEST(beginnings);
	TEST(salvage);
	TEST(failed_first);
	pw_bytes_release(&memory.written);
	return check_done();
}
