/* lib/store/journal: what was synced is there, what is torn goes, what is damaged is said. */
#include "../../lib/store/journal.h"
#include "store.h"

#include <jansson.h>
#include <string.h>

static struct pw_stage reader, sink;

static json_t *entry(pw_time time, const char *key, int to)
{
	return json_pack("{s:I,s:i,s:{s:i}}", "time", (json_int_t)time, "rows", to, "offsets", key,
			 to);
}

static struct pw_store begin(const char *dir)
{
	struct pw_store s = {0};
	char *command[] = {"pw-read"};

	CHECK(pw_store_start(&s, dir, &reader, 0) == 1);
	CHECK(pw_store_register(&s, command, 1) >= 0);
	return s;
}

/* Entries at 10, 20, ... 50, synced after the third and the last. */
static void fill(struct pw_journal *j)
{
	CHECK(pw_journal_begin(j, json_pack("{s:s}", "options", "-k id")) == 0);
	for (int i = 1; i <= 5; i++) {
		CHECK(pw_journal_append(j, entry((pw_time)i * 10, i % 2 ? "odd" : "even", i)) == 0);
		if (i == 3 || i == 5)
			CHECK(pw_journal_sync(j) == 0);
	}
}

/* How many entries there are, which must be the first ones; -1: it fails, as PW_STATE. */
static int entries(struct pw_store *s)
{
	struct pw_journal j;
	const json_t *e;
	int n = 0;
	pw_time time;

	if (pw_journal_open(&j, s) < 0) {
		CHECK(failed_as(PW_STATE));
		n = -1;
	} else {
		CHECK(j.header != NULL);
		while (pw_journal_next(&j, &e) > 0) {
			CHECK(pw_side_time(e, "time", &time) == 0 && time == (pw_time)++n * 10);
			CHECK(json_integer_value(json_object_get(e, "rows")) == n);
		}
	}
	pw_journal_close(&j);
	return n;
}

static void round_trip(void)
{
	struct pw_store s = begin(fresh());
	struct pw_journal j;
	const json_t *e;
	pw_time time;

	CHECK(pw_journal_open(&j, &s) == 0 && j.header == NULL && pw_journal_next(&j, &e) == 0);
	CHECK(pw_journal_peek(s.folder, 100, &time) == 0);
	fill(&j);
	pw_journal_close(&j);
	CHECK(entries(&s) == 5);
	CHECK(pw_journal_peek(s.folder, 40, &time) == 1 && time == 30);
	CHECK(pw_journal_peek(s.folder, 1000, &time) == 1 && time == 50);
	CHECK(pw_journal_peek(s.folder, 10, &time) == 0);
	CHECK(pw_journal_verify(file_of(&s, "journal-1"), false) == 0);
	pw_store_close(&s);
}

/* An end is no entry, is found as the last line alone, and is not taken over when the file is written anew. */
static void end_of_a_run(void)
{
	struct pw_store s = begin(fresh());
	struct pw_journal j;
	uint64_t run = 0;
	pw_time time;

	CHECK(pw_journal_peek_end(s.folder, &run) == 0);
	CHECK(pw_journal_open(&j, &s) == 0 && pw_journal_begin(&j, json_object()) == 0);
	CHECK(pw_journal_peek_end(s.folder, &run) == 0);
	CHECK(pw_journal_end(&j) == 0);
	CHECK(pw_journal_peek_end(s.folder, &run) == 1 && run == 1);
	pw_journal_close(&j);
	CHECK(pw_journal_open(&j, &s) == 0 && j.ended && !j.has_last);
	CHECK(pw_journal_append(&j, entry(10, "odd", 1)) == 0 && pw_journal_sync(&j) == 0);
	CHECK(pw_journal_peek_end(s.folder, &run) == 0);
	CHECK(pw_journal_end(&j) == 0 && pw_journal_peek_end(s.folder, &run) == 1);
	CHECK(pw_journal_peek(s.folder, 100, &time) == 1 && time == 10);
	pw_journal_close(&j);
	CHECK(entries(&s) == 1);
	CHECK(pw_journal_verify(file_of(&s, "journal-1"), false) == 0);
	pw_store_close(&s);
}

static void merged_below_restart(void)
{
	char dir[512];
	struct pw_journal j;
	const json_t *e;

	strcpy(dir, fresh());
	struct pw_store s = begin(dir);
	CHECK(pw_journal_open(&j, &s) == 0);
	fill(&j);
	CHECK(pw_journal_append(&j, json_pack("{s:i,s:{s:n}}", "time", 60, "offsets", "even")) ==
	      0);
	CHECK(pw_journal_sync(&j) == 0);
	pw_journal_close(&j);
	s.restart = 40;
	CHECK(pw_journal_open(&j, &s) == 0 && j.has_merged && j.merged == 30);
	CHECK(json_integer_value(json_object_get(j.offsets, "odd")) == 3);
	CHECK(json_integer_value(json_object_get(j.offsets, "even")) == 2);
	for (int i = 4; i <= 6; i++)
		CHECK(pw_journal_next(&j, &e) == 1 &&
		      json_integer_value(json_object_get(e, "time")) == i * 10);
	CHECK(pw_journal_next(&j, &e) == 0 && j.last == 60);
	pw_journal_close(&j);
	s.restart = 100;
	CHECK(pw_journal_open(&j, &s) == 0 && j.merged == 60 && json_object_size(j.offsets) == 1);
	pw_journal_close(&j);
	pw_store_close(&s);
}

/* A long one is written anew; what is merged and what is kept says the same as before. */
static void written_anew(void)
{
	char dir[512], key[32];
	struct pw_journal j;
	const json_t *e;
	enum { ENTRIES = 8000 };

	strcpy(dir, fresh());
	struct pw_store s = begin(dir);
	CHECK(pw_journal_open(&j, &s) == 0 && pw_journal_begin(&j, json_object()) == 0);
	for (int i = 1; i <= ENTRIES; i++) {
		snprintf(key, sizeof key, "key-%d", i % 10);
		CHECK(pw_journal_append(&j, entry((pw_time)i * 2, key, i)) == 0);
	}
	CHECK(pw_journal_sync(&j) == 0);
	pw_journal_close(&j);
	pw_store_close(&s);
	for (int again = 0; again < 3; again++) {
		s = begin(dir);
		s.restart = ENTRIES * 2 - 10;
		CHECK(pw_journal_open(&j, &s) == 0 && j.merged == ENTRIES * 2 - 12);
		CHECK(json_object_size(j.offsets) == 10);
		CHECK(json_integer_value(json_object_get(j.offsets, "key-3")) == ENTRIES - 7);
		int n = 0;
		while (pw_journal_next(&j, &e) > 0)
			n++;
		CHECK(n == 6);
		CHECK(access(file_of(&s, "journal-1"), F_OK) != 0);
		CHECK(access(file_of(&s, "journal-2"), F_OK) == 0);
		CHECK(pw_journal_verify(file_of(&s, "journal-2"), false) == 0);
		pw_journal_close(&j);
		pw_store_close(&s);
	}
}

/* What has been passed goes while the run goes on. */
static void written_anew_meanwhile(void)
{
	struct pw_store s = begin(fresh()), w = {0};
	struct pw_journal j;
	struct pw_record r;
	char *command[] = {"pw-write"}, text[1001] = {0};

	memset(text, 'x', 1000);
	CHECK(pw_store_join(&w, s.path, 1, &sink) == 1 && pw_store_register(&w, command, 1) >= 0);
	CHECK(pw_record_open(&r, &w) == 0);
	CHECK(pw_journal_open(&j, &s) == 0 && pw_journal_begin(&j, json_object()) == 0);
	for (int i = 1; i <= 18000; i++) {
		if (i == 10000)
			CHECK(pw_record_save(&r, 20000, false, false, NULL) == 0);
		json_t *e = entry((pw_time)i * 2, "key", i);
		json_object_set_new(e, "text", json_string(text));
		CHECK(pw_journal_append(&j, e) == 0);
	}
	CHECK(pw_journal_sync(&j) == 0 && j.length < 10 << 20);
	pw_journal_close(&j);
	CHECK(pw_journal_verify(file_of(&s, "journal-1"), false) == 0);
	pw_record_close(&r);
	pw_store_close(&w);
	pw_store_close(&s);
}

/* Entries of 1 KB, in the hands of a sink that records each 500th, or none; the greatest length. */
static uint64_t grow(struct pw_journal *j, struct pw_record *r, int from, int to)
{
	char text[1001] = {0};
	uint64_t most = 0;

	memset(text, 'x', 1000);
	for (int i = from; i <= to; i++) {
		json_t *e = entry((pw_time)i * 2, "key", i);
		json_object_set_new(e, "text", json_string(text));
		CHECK(pw_journal_append(j, e) == 0);
		if (r != NULL && i % 500 == 0)
			CHECK(pw_record_save(r, (pw_time)i * 2, false, false, NULL) == 0);
		most = j->length > most ? j->length : most;
	}
	return most;
}

/* Rows wait while a journal is written anew: it is short then, and it is not done in vain. */
static void written_anew_soon(void)
{
	struct pw_store s = begin(fresh()), w = {0};
	struct pw_journal j;
	struct pw_record r;
	struct stat before, after;
	char *command[] = {"pw-write"};

	CHECK(pw_store_join(&w, s.path, 1, &sink) == 1 && pw_store_register(&w, command, 1) >= 0);
	CHECK(pw_record_open(&r, &w) == 0);
	CHECK(pw_journal_open(&j, &s) == 0 && pw_journal_begin(&j, json_object()) == 0);
	CHECK(fstat(j.fd, &before) == 0);
	CHECK(grow(&j, NULL, 1, 4000) > 4 << 20 && fstat(j.fd, &after) == 0 &&
	      before.st_ino == after.st_ino);
	CHECK(grow(&j, &r, 4001, 6000) > 4 << 20 && j.length < 3 << 20);
	CHECK(grow(&j, &r, 6001, 9000) < 3 << 20);
	pw_journal_close(&j);
	pw_record_close(&r);
	pw_store_close(&w);
	pw_store_close(&s);
}

struct looking {
	struct pw_store *store;
	size_t ends[8]; /* of the header, and of each entry */
	int marked;     /* a sink has recorded so many entries */
};

static void look(void *to, bool checkpoint, size_t at)
{
	struct looking *l = to;
	struct pw_bytes whole = {0};
	int sound = -1; /* entries before the damage */

	for (int i = 0; i < 6 && l->ends[i] <= at; i++)
		sound = i;
	read_file(file_of(l->store, "journal-1"), &whole);
	const int n = entries(l->store);
	if (sound < 0)
		CHECK(n < 0);
	else if (n >= 0)
		CHECK(n <= sound && n >= l->marked);
	/* the third entry is vouched for by the fourth, and what a sink has recorded by that */
	if (!checkpoint && sound >= 0 && sound < 3)
		CHECK(n < 0);
	if (sound < l->marked)
		CHECK(n < 0);
	write_file(file_of(l->store, "journal-1"), whole.data, whole.length);
	pw_bytes_release(&whole);
}

static void damaged(void)
{
	struct pw_store s = begin(fresh());
	struct looking l = {.store = &s};
	struct pw_journal j;
	struct pw_bytes text = {0};
	int line = 0;

	CHECK(pw_journal_open(&j, &s) == 0);
	fill(&j);
	pw_journal_close(&j);
	read_file(file_of(&s, "journal-1"), &text);
	for (size_t i = 0; i < text.length; i++)
		if (text.data[i] == '\n')
			l.ends[line++] = i + 1;
	CHECK(line == 6);
	char path[1024];
	strcpy(path, file_of(&s, "journal-1"));
	damage(path, 1, look, &l);
	json_object_set_new(s.marks, s.name, json_pack("{s:i}", "journal", 40));
	l.marked = 4;
	damage(path, 3, look, &l);
	CHECK(unlink(path) == 0);
	CHECK(pw_journal_open(&j, &s) < 0 && failed_as(PW_STATE));
	pw_journal_close(&j);
	pw_bytes_release(&text);
	pw_store_close(&s);
}

/* A tail that is torn goes for good, and what follows it is sound. */
static void torn_tail(void)
{
	struct pw_store s = begin(fresh());
	struct pw_journal j;
	struct pw_bytes text = {0};
	const json_t *e;

	CHECK(pw_journal_open(&j, &s) == 0);
	fill(&j);
	pw_journal_close(&j);
	read_file(file_of(&s, "journal-1"), &text);
	write_file(file_of(&s, "journal-1"), text.data, text.length - 5);
	CHECK(pw_journal_open(&j, &s) == 0);
	for (int i = 0; i < 4; i++)
		CHECK(pw_journal_next(&j, &e) == 1);
	CHECK(pw_journal_next(&j, &e) == 0);
	CHECK(pw_journal_append(&j, entry(50, "odd", 5)) == 0 && pw_journal_sync(&j) == 0);
	pw_journal_close(&j);
	CHECK(entries(&s) == 5);
	pw_bytes_release(&text);
	pw_store_close(&s);
}

static void journal_faults(void)
{
	for (int sticky = 0; sticky < 2; sticky++) {
		int n = 1;
		for (bool hit = true; hit; n++) {
			struct pw_store s = begin(fresh());
			struct pw_journal j;
			const json_t *e;
			int synced = 0, rc = 0;
			CHECK(pw_journal_open(&j, &s) == 0);
			faults_on(n, sticky);
			rc = pw_journal_begin(&j, json_object());
			for (int i = 1; i <= 6 && rc == 0; i++) {
				rc = pw_journal_append(&j, entry((pw_time)i * 10, "odd", i));
				if (rc == 0 && i % 2 == 0 && (rc = pw_journal_sync(&j)) == 0)
					synced = i;
			}
			hit = faults_off();
			CHECK(hit ? rc < 0 && failed_as(PW_SYSTEM) : rc == 0 && synced == 6);
			pw_journal_close(&j);
			CHECK(pw_journal_open(&j, &s) == 0);
			int found = 0;
			while (pw_journal_next(&j, &e) > 0)
				found++;
			CHECK(found >= synced && found <= 6);
			pw_journal_close(&j);
			pw_store_close(&s);
		}
		CHECK(n > 10);
	}
}

/* Nobody may rely on an entry before a sync has come, and it costs nothing twice. */
static void sync_order(void)
{
	struct pw_store s = begin(fresh());
	struct pw_journal j;

	CHECK(pw_journal_open(&j, &s) == 0 && pw_journal_begin(&j, json_object()) == 0);
	faults_on(0, false);
	CHECK(pw_journal_append(&j, entry(10, "odd", 1)) == 0 && strcmp(ordered, "") == 0);
	CHECK(pw_journal_sync(&j) == 0 && strcmp(ordered, "f") == 0);
	CHECK(pw_journal_sync(&j) == 0 && strcmp(ordered, "f") == 0);
	pw_journal_close(&j);
	pw_store_close(&s);
}

int main(void)
{
	faults_on(0, false);
	reader = reader_stage();
	sink = stage_behind(&reader, "pw-write", "out");
	TEST(round_trip);
	TEST(end_of_a_run);
	TEST(merged_below_restart);
	TEST(written_anew);
	TEST(written_anew_meanwhile);
	TEST(written_anew_soon);
	TEST(damaged);
	TEST(torn_tail);
	TEST(journal_faults);
	TEST(sync_order);
	return check_done();
}
