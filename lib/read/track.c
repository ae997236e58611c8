#include "track.h"
#include "../conn/names.h"
#include "../conn/tables.h"
#include "follow_internal.h"
#include "track_internal.h"

#include <stdlib.h>

#define MS INT64_C(1000000)
enum { SWEEP_MS = 1000 };

/* ---- tables ---- */

static const char *key_at(const void *tables, size_t i)
{
	return ((const struct pw_track_table *)tables)[i].key;
}

/* Where the table of a key is, or belongs. */
static size_t place_of(const struct pw_track *t, const char *key, bool *found)
{
	return pw_names_place(t->tables, t->count, key_at, key, found);
}

static struct pw_track_table *find(const struct pw_track *t, const char *key)
{
	bool found;
	const size_t at = place_of(t, key, &found);

	return found ? &t->tables[at] : NULL;
}

void pw_track_put(struct pw_track *t, const char *key, struct pw_copy copy)
{
	bool found;
	const size_t at = place_of(t, key, &found);

	t->tables = pw_mem_grow(t->tables, &t->capacity, t->count + 1, sizeof *t->tables);
	memmove(t->tables + at + 1, t->tables + at, (t->count - at) * sizeof *t->tables);
	t->tables[at] = (struct pw_track_table){pw_mem_copy(key, strlen(key)), copy};
	t->count++;
}

static void drop_table(struct pw_track *t, struct pw_track_table *table)
{
	const size_t at = (size_t)(table - t->tables);

	free(table->key);
	memmove(table, table + 1, (t->count - at - 1) * sizeof *table);
	t->count--;
}

/* ---- opening ---- */

int pw_track_open(struct pw_track *t, struct pw_follow *f, const struct pw_schema *schema)
{
	const struct pw_store *store = f->resume != NULL ? f->resume->store : NULL;

	*t = (struct pw_track){.follow = f, .fresh = PW_COPY_NONE};
	pw_builder_init(&t->rows, schema);
	pw_builder_intern(&t->rows);
	pw_copy_diff_init(&t->diff, schema);
	if (f->offer ==
	    PW_FOLLOW_HELD) { /* what columns were found in is read from its beginning */
		pw_connector_close(f->connector);
		f->connector = pw_connector_open(&pw_connector_tables, &f->wish.source);
		f->offer = PW_FOLLOW_UNKNOWN;
		f->bound = PW_FOLLOW_MAY_END;
	}
	if (f->connector == NULL ||
	    pw_copies_open(&t->copies, schema, store != NULL ? store->folder : NULL,
			   store != NULL ? store->run : 0) < 0)
		return -1;
	return store != NULL ? pw_track_play_open(t) : 0;
}

void pw_track_close(struct pw_track *t)
{
	if (t->follow == NULL)
		return;
	pw_copy_drop(&t->writer);
	pw_copy_release(&t->fresh);
	pw_copy_diff_release(&t->diff);
	pw_builder_release(&t->rows);
	for (size_t i = 0; i < t->count; i++) {
		free(t->tables[i].key);
		pw_copy_release(&t->tables[i].copy);
	}
	for (size_t i = 0; i < t->old_count; i++)
		free(t->olds[i].name);
	free(t->tables);
	free(t->olds);
	json_decref(t->base);
	pw_copies_close(&t->copies);
	*t = (struct pw_track){0};
}

/* ---- the file in hand ---- */

static int begin_file(struct pw_track *t)
{
	struct pw_parser *p = t->follow->reader->parser;

	if (pw_parser_begin(p, t->origin->name, t->origin->modified) < 0)
		return -1;
	p->time = t->time;
	return pw_copy_begin(&t->writer, &t->copies);
}

static int copy_rows(struct pw_track *t, const struct pw_piece *piece)
{
	struct pw_follow *f = t->follow;
	struct pw_parser *p = f->reader->parser;

	if (piece->length == 0 && piece->offset == 0 && p->kind != &pw_whole)
		return 0; /* an empty file is a table without rows, whatever the format */
	pw_builder_clear(&t->rows);
	const ptrdiff_t used = p->kind->parse(p, piece->data, piece->length, piece->last, &t->rows);
	if (used < 0)
		return -1;
	if (used == 0 && t->rows.rows == 0 && piece->length > f->reader->options.max_line)
		return pw_parser_too_long(p, piece->length);
	f->reader->tool->rows_in += t->rows.rows;
	if (t->rows.rows > 0 && pw_copy_batch(&t->writer, pw_builder_view(&t->rows)) < 0)
		return -1;
	return f->connector->kind->consume(f->connector, t->origin, (size_t)used);
}

/* Has the file changed since we began to read it? Then what has been read of it is void. */
static bool is_torn(struct pw_track *t)
{
	if (!t->writer.open || !pw_tables_torn(t->follow->connector))
		return false;
	pw_copy_drop(&t->writer);
	t->follow->bound = PW_FOLLOW_MAY_END;
	return true;
}

/* All of the file has been read: its difference to the last copy is to be sent. */
static int end_file(struct pw_track *t)
{
	const struct pw_track_table *table = find(t, t->origin->key);

	if (!t->going && pw_copy_finish(&t->writer, &t->fresh) < 0)
		return -1;
	t->sending = true;
	t->sent = 0;
	return pw_copy_diff_open(&t->diff, &t->copies, table != NULL ? &table->copy : NULL,
				 &t->fresh);
}

/* ---- after a file was sent ---- */

static void retire(struct pw_track *t, struct pw_copy *copy)
{
	if (copy->name != NULL) {
		t->olds = pw_mem_grow(t->olds, &t->old_capacity, t->old_count + 1, sizeof *t->olds);
		t->olds[t->old_count++] = (struct pw_track_old){copy->name, t->time};
		copy->name = NULL;
	}
	pw_copy_release(copy);
}

/* The table is as its fresh copy says, or is no more; its last copy is an old one now. */
static void replace(struct pw_track *t, struct pw_track_table *table)
{
	if (table != NULL)
		retire(t, &table->copy);
	if (t->going && table != NULL)
		drop_table(t, table);
	else if (table != NULL)
		table->copy = t->fresh;
	else if (!t->going)
		pw_track_put(t, t->origin->key, t->fresh);
	t->fresh = PW_COPY_NONE;
}

/* Nothing differs: the last copy serves on. */
static int drop_fresh(struct pw_track *t)
{
	const int rc = t->fresh.name != NULL ? pw_copies_delete(&t->copies, t->fresh.name) : 0;

	pw_copy_release(&t->fresh);
	return rc;
}

/* What differs of the file has been sent: the table is what its fresh copy says. */
static int take_over(struct pw_track *t)
{
	struct pw_track_table *table = find(t, t->origin->key);
	struct pw_follow *f = t->follow;

	f->bound = PW_FOLLOW_MAY_END;
	const bool same = t->sent == 0 && table != NULL && !t->going;
	if (!same && f->resume != NULL)
		pw_track_note(t, table != NULL ? &table->copy : NULL);
	if (same && drop_fresh(t) < 0)
		return -1;
	if (!same)
		replace(t, table);
	table = find(t, t->origin->key);
	return f->resume != NULL ? pw_track_note_table(t, table) : 0;
}

/* Deletes copies that no restart can need any more. */
static int sweep_olds(struct pw_track *t)
{
	const int64_t now = pw_clock_boot();
	pw_time least;
	size_t n = 0;

	if (t->old_committed == 0 || now - t->swept_at < SWEEP_MS * MS)
		return 0;
	t->swept_at = now;
	if (pw_store_least(t->follow->resume->store, &least) < 0)
		return -1;
	for (; n < t->old_committed && t->olds[n].time < least; n++) {
		if (pw_copies_delete(&t->copies, t->olds[n].name) < 0)
			return -1;
		free(t->olds[n].name);
	}
	memmove(t->olds, t->olds + n, (t->old_count - n) * sizeof *t->olds);
	t->old_count -= n;
	t->old_committed -= n;
	return 0;
}

/* ---- steps ---- */

static void note_idle(struct pw_follow *f)
{
	pw_follow_note_idle(f);
	if (f->offer == PW_FOLLOW_SLOW)
		f->bound = PW_FOLLOW_MUST_NOT_END;
	else
		f->commits.loads = false;
}

static int handle(struct pw_track *t)
{
	struct pw_follow *f = t->follow;
	const struct pw_piece *piece = &f->piece;

	switch (piece->kind) {
	case PW_PIECE_BLOCK_BEGIN:
		t->origin = piece->origin;
		t->going = false;
		t->time = pw_commits_time(&f->commits, pw_clock_now(&f->clock));
		f->bound = PW_FOLLOW_IN_BLOCK;
		return 0;
	case PW_PIECE_BEGIN:
		return begin_file(t);
	case PW_PIECE_DATA:
		return copy_rows(t, piece);
	case PW_PIECE_END:
		t->going = true;
		return 0;
	case PW_PIECE_BLOCK_END:
		return is_torn(t) ? 0 : end_file(t);
	case PW_PIECE_IDLE:
		note_idle(f);
		return 0;
	case PW_PIECE_FINISHED:
		f->offer = PW_FOLLOW_FINISHED;
		return 0;
	}
	return 0;
}

static int read_piece(struct pw_track *t)
{
	struct pw_follow *f = t->follow;

	if (f->bound == PW_FOLLOW_MUST_NOT_END)
		f->bound = PW_FOLLOW_MAY_END;
	if (pw_follow_read(f) == 0 && handle(t) == 0)
		return 0;
	/* Bytes that make no sense may be half written. */
	if (!is_torn(t))
		return -1;
	pw_fail_clear();
	return 0;
}

/* Rows of the difference; 0: there are no more */
static int send(struct pw_track *t, struct pw_builder *out)
{
	struct pw_follow *f = t->follow;
	const bool reading = f->phase == PW_FOLLOW_READING;
	const int more = pw_copy_diff_next(&t->diff, reading ? t->time : f->time, out);

	if (more < 0)
		return -1;
	if (more == 0) {
		pw_copy_diff_close(&t->diff);
		t->sending = false;
		return reading ? take_over(t) : 0;
	}
	t->sent += out->rows;
	if (reading && pw_follow_note_rows(f, t->time, pw_clock_now(&f->clock), out) < 0)
		return -1;
	return PW_READ_ROWS;
}

/* ---- commits ---- */

static int end_commit(struct pw_track *t)
{
	struct pw_follow *f = t->follow;
	const int64_t cut = pw_clock_now(&f->clock);
	const int durable = pw_follow_check_commit(f);

	if (durable < 0 || (durable > 0 && pw_track_commit(t, f->commits.time) < 0) ||
	    pw_follow_cut(f, durable > 0, cut) < 0)
		return -1;
	return f->resume != NULL && sweep_olds(t) < 0 ? -1 : PW_READ_FRONTIER;
}

static bool shall_end(const struct pw_follow *f)
{
	const struct pw_commits *c = &f->commits;

	if (!c->has_rows && !c->first)
		return false;
	if (f->offer == PW_FOLLOW_FINISHED)
		return true;
	if (f->bound != PW_FOLLOW_MAY_END)
		return false;
	if (pw_tool_stopping(f->reader->tool) && !pw_follow_loads(f))
		return true;
	return pw_commits_due(c, pw_follow_is_idle(f), pw_clock_now(&f->clock));
}

/* One step of reading on: an event, 0 or -1. */
static int read_step(struct pw_track *t)
{
	struct pw_follow *f = t->follow;
	const struct pw_commits *c = &f->commits;

	if (shall_end(f))
		return end_commit(t);
	if (f->offer == PW_FOLLOW_FINISHED)
		return pw_follow_end(f, false);
	if (pw_follow_stops(f, pw_follow_in_block(f) || c->has_rows || c->first))
		return pw_follow_end(f, true);
	const int promised = pw_follow_step(f);
	if (promised != 0)
		return promised;
	return pw_follow_is_idle(f) ? PW_READ_IDLE : read_piece(t);
}

static int play_step(struct pw_track *t)
{
	return pw_follow_stops(t->follow, true) ? pw_follow_end(t->follow, true) : pw_track_play(t);
}

int pw_track_next(struct pw_track *t, struct pw_builder *out)
{
	int event = 0;

	while (event == 0)
		event = t->sending                              ? send(t, out)
			: t->follow->phase == PW_FOLLOW_READING ? read_step(t)
								: play_step(t);
	return event;
}
