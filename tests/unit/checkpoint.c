/* lib/store/checkpoint: the state at R is the newest full checkpoint and what names it, or nothing at all. */
#include "../../lib/store/checkpoint.h"
#include "store.h"

#include <string.h>

static struct pw_stage reader, groupby;
static struct pw_schema schema;

static struct pw_store begin(const char *dir)
{
	static struct pw_store readers[64];
	static int count;
	struct pw_store s = {0};
	char *command[] = {"pw-groupby"};

	CHECK(pw_store_start(&readers[count], dir, &reader, 0) == 1);
	CHECK(pw_store_join(&s, dir, readers[count].run, &groupby) == 1);
	CHECK(pw_store_register(&s, command, 1) >= 0);
	pw_store_close(&readers[count++]);
	return s;
}

/* A checkpoint that adds a row with the value x. */
static int save_checkpoint(struct pw_checkpoints *c, pw_time time, bool full, int x)
{
	struct pw_checkpoint_writer w;
	struct pw_builder b;
	int rc;

	pw_builder_init(&b, &schema);
	pw_vector_word(&b.vectors[0], x);
	pw_builder_row(&b, time, 1);
	rc = pw_checkpoint_begin(&w, c, time, full, 1);
	if (rc == 0)
		rc = pw_checkpoint_batch(&w, pw_builder_view(&b));
	if (rc == 0)
		rc = pw_checkpoint_finish(&w);
	pw_checkpoint_drop(&w);
	pw_builder_release(&b);
	return rc;
}

static int write_checkpoint(struct pw_checkpoints *c, pw_time time, bool full, int x)
{
	if (save_checkpoint(c, time, full, x) < 0)
		return -1;
	pw_checkpoints_begun(c, time, full);
	return pw_checkpoints_written(c);
}

static int add_up(void *to, const struct pw_batch *batch)
{
	for (uint32_t i = 0; i < batch->rows; i++)
		*(int64_t *)to += pw_column_int(&batch->columns[0], i);
	return 0;
}

/* The sum of what the state at R holds; -1: it fails, as PW_STATE. */
static int64_t state_at(struct pw_store *s, pw_time restart)
{
	struct pw_checkpoints c;
	int64_t sum = 0;

	s->restart = restart;
	int rc = pw_checkpoints_open(&c, s, &groupby, &schema);
	for (size_t i = 0; rc == 0 && i < c.count; i++) {
		CHECK((i == 0) == c.items[i].full && c.items[i].rows == 1);
		rc = pw_checkpoints_load(&c, i, add_up, &sum);
	}
	if (rc < 0)
		CHECK(failed_as(PW_STATE));
	pw_checkpoints_close(&c);
	return rc < 0 ? -1 : sum;
}

/* full 1 at 10, then 2 at 20, 4 at 30; full 8 at 40, 16 at 50 */
static void fill(struct pw_store *s)
{
	struct pw_checkpoints c;

	s->restart = 0;
	CHECK(pw_checkpoints_open(&c, s, &groupby, &schema) == 0 && c.count == 0 &&
	      pw_checkpoints_want_full(&c));
	CHECK(write_checkpoint(&c, 10, true, 1) == 0 && write_checkpoint(&c, 20, false, 2) == 0);
	CHECK(write_checkpoint(&c, 30, false, 4) == 0 && write_checkpoint(&c, 40, true, 8) == 0);
	CHECK(write_checkpoint(&c, 50, false, 16) == 0 && !pw_checkpoints_want_full(&c));
	pw_checkpoints_close(&c);
}

static bool there(const struct pw_store *s, pw_time time)
{
	char name[64];

	snprintf(name, sizeof name, "checkpoint-%020" PRIu64 ".pws", time);
	return access(file_of(s, name), F_OK) == 0;
}

static void state_at_a_time(void)
{
	static const struct {
		pw_time at;
		int64_t sum;
	} states[] = {{60, 24}, {50, 24}, {49, 8}, {40, 8}, {39, 7},
		      {30, 7},  {25, 3},  {20, 3}, {10, 1}, {9, 0}};

	for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
		struct pw_store s = begin(fresh());
		fill(&s);
		CHECK(state_at(&s, states[i].at) == states[i].sum);
		CHECK(state_at(&s, states[i].at) == states[i].sum);
		/* what is above R is gone, and what is before the full checkpoint that was needed */
		for (pw_time t = 10; t <= 50; t += 10)
			CHECK(there(&s, t) ==
			      (t <= states[i].at && (t >= 40 || states[i].at < 40)));
		pw_store_close(&s);
	}
}

static void trimmed(void)
{
	struct pw_store s = begin(fresh());
	struct pw_checkpoints c;

	fill(&s);
	s.restart = 50;
	CHECK(pw_checkpoints_open(&c, &s, &groupby, &schema) == 0 && c.count == 2);
	CHECK(write_checkpoint(&c, 60, false, 32) == 0 && write_checkpoint(&c, 70, true, 64) == 0);
	CHECK(write_checkpoint(&c, 80, false, 128) == 0);
	CHECK(pw_checkpoints_trim(&c, 69) == 0 && there(&s, 40) && there(&s, 50) && there(&s, 60));
	CHECK(pw_checkpoints_trim(&c, 70) == 0 && !there(&s, 40) && !there(&s, 60) &&
	      there(&s, 70));
	CHECK(c.count == 2 && state_at(&s, 100) == 192);
	pw_checkpoints_close(&c);
	pw_store_close(&s);
}

struct looking {
	struct pw_store *store;
};

/* R is 35: 10, 20 and 30 are the state, 7. */
static void look(void *to, bool checkpoint, size_t at)
{
	(void)checkpoint;
	(void)at;
	CHECK(state_at(((struct looking *)to)->store, 35) < 0);
}

static void damaged(void)
{
	struct pw_store s = begin(fresh());
	struct looking l = {&s};
	char path[1024], name[64];

	fill(&s);
	CHECK(state_at(&s, 35) == 7);
	for (pw_time t = 10; t <= 30; t += 10) {
		snprintf(name, sizeof name, "checkpoint-%020" PRIu64 ".pws", t);
		strcpy(path, file_of(&s, name));
		damage(path, t == 20 ? 1 : 17, look, &l);
		CHECK(state_at(&s, 35) == 7 && pw_checkpoint_verify(path) == 0);
	}
	pw_store_close(&s);
}

static void missing(void)
{
	for (pw_time t = 10; t <= 30; t += 10) {
		struct pw_store s = begin(fresh());
		char name[64];
		fill(&s);
		snprintf(name, sizeof name, "checkpoint-%020" PRIu64 ".pws", t);
		CHECK(unlink(file_of(&s, name)) == 0);
		json_object_set_new(s.marks, s.name, json_pack("{s:i}", "checkpoint", 30));
		CHECK(state_at(&s, 35) < 0);
		pw_store_close(&s);
	}
}

/* Two are begun before the first is there; what comes next is known all the same. */
static void under_way(void)
{
	struct pw_store s = begin(fresh());
	struct pw_checkpoints c;

	CHECK(pw_checkpoints_open(&c, &s, &groupby, &schema) == 0);
	CHECK(save_checkpoint(&c, 10, true, 1) == 0);
	pw_checkpoints_begun(&c, 10, true);
	CHECK(!pw_checkpoints_want_full(&c) && c.items[0].bytes == 0);
	CHECK(save_checkpoint(&c, 20, false, 2) == 0);
	pw_checkpoints_begun(&c, 20, false);
	CHECK(pw_checkpoints_written(&c) == 0 && c.items[0].bytes > 0 && c.items[1].bytes == 0);
	CHECK(pw_checkpoints_written(&c) == 0 && c.items[1].bytes > 0 && c.count == 2);
	pw_checkpoints_close(&c);
	CHECK(state_at(&s, 25) == 3 && state_at(&s, 15) == 1);
	pw_store_close(&s);
}

/* ---- a large checkpoint is on the disk before its fsync ---- */

static struct {
	off_t sent, awaited;
	int failing; /* errno of a wait */
} behind;

static int sync_range(int fd, off_t offset, off_t n, unsigned flags)
{
	CHECK(fd >= 0 && n > 0);
	if (flags == SYNC_FILE_RANGE_WRITE) {
		CHECK(offset == behind.sent && n >= 1 << 20);
		behind.sent = offset + n;
		return 0;
	}
	CHECK(flags == SYNC_FILE_RANGE_WAIT_BEFORE && offset == behind.awaited);
	CHECK(offset + n < behind.sent);
	behind.awaited = offset + n;
	errno = behind.failing;
	return behind.failing != 0 ? -1 : 0;
}

/* 64 batches of 8,192 random ints: 4 MB. */
static int save_large(struct pw_checkpoints *c, pw_time time)
{
	struct pw_checkpoint_writer w;
	struct pw_builder b;
	uint64_t x = 1;
	int rc = pw_checkpoint_begin(&w, c, time, true, 64 * 8192);

	pw_builder_init(&b, &schema);
	for (int i = 0; rc == 0 && i < 64; i++) {
		for (int j = 0; j < 8192; j++) {
			x = x * UINT64_C(6364136223846793005) + 1;
			pw_vector_word(&b.vectors[0], (int64_t)(x >> 8));
			pw_builder_row(&b, time, 1);
		}
		rc = pw_checkpoint_batch(&w, pw_builder_view(&b));
		pw_builder_clear(&b);
	}
	if (rc == 0)
		rc = pw_checkpoint_finish(&w);
	pw_checkpoint_drop(&w);
	pw_builder_release(&b);
	return rc;
}

static void written_behind(void)
{
	struct pw_store s = begin(fresh());
	struct pw_checkpoints c;
	struct pw_io table = *pw_io();

	CHECK(pw_checkpoints_open(&c, &s, &groupby, &schema) == 0);
	table.sync_file_range = sync_range;
	pw_io_use(&table);
	CHECK(save_large(&c, 10) == 0);
	CHECK(behind.sent > 3 << 20 && behind.awaited > 2 << 20 && behind.awaited < behind.sent);
	/* a file system that can't do it is no reason to fail; a disk that can't write is */
	memset(&behind, 0, sizeof behind);
	behind.failing = EINVAL;
	CHECK(save_large(&c, 20) == 0);
	memset(&behind, 0, sizeof behind);
	behind.failing = EIO;
	CHECK(save_large(&c, 30) < 0 && failed_as(PW_SYSTEM));
	pw_io_use(NULL);
	pw_checkpoints_close(&c);
	pw_store_close(&s);
}

/* Swapped for one of another time, or followed by something. */
static void foreign(void)
{
	struct pw_store s = begin(fresh());
	struct pw_bytes b = {0};
	char to[1024];

	fill(&s);
	strcpy(to, file_of(&s, "checkpoint-00000000000000000030.pws"));
	read_file(to, &b);
	pw_bytes_put(&b, 'x');
	write_file(to, b.data, b.length);
	CHECK(state_at(&s, 35) < 0);
	read_file(file_of(&s, "checkpoint-00000000000000000020.pws"), &b);
	write_file(to, b.data, b.length);
	CHECK(state_at(&s, 35) < 0);
	pw_bytes_release(&b);
	pw_store_close(&s);
}

static void other_options(void)
{
	struct pw_store s = begin(fresh());
	struct pw_checkpoints c;
	char *options[] = {"-k", "b"};
	struct pw_stage changed = groupby;

	fill(&s);
	s.restart = 35;
	changed.options = options;
	changed.option_count = 2;
	CHECK(pw_checkpoints_open(&c, &s, &changed, &schema) < 0);
	CHECK(strstr(pw_fail_text(), "had the options") != NULL && failed_as(PW_STATE));
	pw_checkpoints_close(&c);
	CHECK(state_at(&s, 35) == 7);
	pw_store_close(&s);
}

/* A checkpoint that fails leaves the state as it was, and the next run can go on. */
static void checkpoint_faults(void)
{
	for (int sticky = 0; sticky < 2; sticky++) {
		int n = 1;
		for (bool hit = true; hit; n++) {
			struct pw_store s = begin(fresh());
			struct pw_checkpoints c;
			CHECK(pw_checkpoints_open(&c, &s, &groupby, &schema) == 0);
			CHECK(write_checkpoint(&c, 10, true, 1) == 0);
			faults_on(n, sticky);
			const int rc = write_checkpoint(&c, 20, false, 2);
			hit = faults_off();
			CHECK(hit ? rc < 0 && failed_as(PW_SYSTEM) : rc == 0);
			pw_checkpoints_close(&c);
			const int64_t sum = state_at(&s, 35);
			CHECK(rc == 0 ? sum == 3 : sum == 1 || sum == 3);
			CHECK(access(file_of(&s, "checkpoint-00000000000000000020.pws.tmp"),
				     F_OK) != 0);
			pw_store_close(&s);
		}
		CHECK(n > 5);
	}
}

static void open_faults(void)
{
	int n = 1;

	for (bool hit = true; hit; n++) {
		struct pw_store s = begin(fresh());
		struct pw_checkpoints c;
		fill(&s);
		s.restart = 35;
		faults_on(n, false);
		const int rc = pw_checkpoints_open(&c, &s, &groupby, &schema);
		hit = faults_off();
		CHECK(hit ? rc < 0 && failed_as(PW_SYSTEM) : rc == 0);
		pw_checkpoints_close(&c);
		CHECK(state_at(&s, 35) == 7);
		pw_store_close(&s);
		if (n > 60)
			break;
	}
	CHECK(n > 5);
}

static void checkpoint_order(void)
{
	struct pw_store s = begin(fresh());
	struct pw_checkpoints c;

	CHECK(pw_checkpoints_open(&c, &s, &groupby, &schema) == 0);
	faults_on(0, false);
	CHECK(write_checkpoint(&c, 10, true, 1) == 0 && strcmp(ordered, "frf") == 0);
	pw_checkpoints_close(&c);
	pw_store_close(&s);
}

int main(void)
{
	faults_on(0, false);
	reader = reader_stage();
	groupby = stage_behind(&reader, "pw-groupby", NULL);
	CHECK(pw_schema_add(&schema, PW_SLICE("x"), (struct pw_type){.base = PW_INT}, false) == 0);
	TEST(state_at_a_time);
	TEST(trimmed);
	TEST(damaged);
	TEST(missing);
	TEST(under_way);
	TEST(written_behind);
	TEST(foreign);
	TEST(other_options);
	TEST(checkpoint_faults);
	TEST(open_faults);
	TEST(checkpoint_order);
	return check_done();
}
