#include "pairing_internal.h"

#include <stdlib.h>

enum { SOME = 16 }; /* rows from one look at whether the batch is full to the next */

static void find_key_targets(struct pw_pairing *p)
{
	for (int kind = 0; kind < 3; kind++) {
		p->key_targets[kind] = pw_mem_alloc(p->joined->key_count + 1, sizeof(int));
		for (size_t k = 0; k < p->joined->key_count; k++) {
			const int column = kind == PW_JOINED_KEY ? (int)k : p->sides[kind].keys[k];
			p->key_targets[kind][k] = -1;
			for (size_t w = 0; w < p->joined->wide.count; w++)
				if ((int)p->joined->sources[w].side == kind &&
				    p->joined->sources[w].column == column)
					p->key_targets[kind][k] = (int)w;
		}
	}
}

void pw_pairing_show_open(struct pw_pairing *p)
{
	find_key_targets(p);
	pw_builder_init(&p->out, &p->joined->wide);
}

/* ---- output ---- */

void pw_pairing_flush(struct pw_pairing *p)
{
	if (p->out.rows == 0)
		return;
	pw_joined_emit(p->joined, p->op, pw_builder_view(&p->out));
	pw_builder_clear(&p->out);
}

/* Key columns as those of a side, or null where that is missing. */
static void append_key(struct pw_pairing *p, struct pw_slice key, int kind, bool there)
{
	const char *at = key.data, *const end = key.data + key.length;

	for (size_t k = 0; k < p->joined->key_count; k++) {
		const int target = p->key_targets[kind][k];
		struct pw_vector *v = target < 0 ? NULL : &p->out.vectors[target];

		if (there)
			pw_rowkey_take(&at, end,
				       p->sides[0].schema->fields[p->sides[0].keys[k]].type, false,
				       v);
		else if (v != NULL)
			pw_vector_null(v);
	}
}

static void append_payload(struct pw_pairing *p, const struct pw_pairing_side *s,
			   const struct pw_row *row)
{
	const char *at = row != NULL ? row->data : NULL;

	for (size_t i = 0; i < s->payload_count; i++) {
		struct pw_vector *v = s->targets[i] < 0 ? NULL : &p->out.vectors[s->targets[i]];

		if (row != NULL)
			pw_rowkey_take(&at, row->data + row->length,
				       s->schema->fields[s->payload[i]].type, false, v);
		else if (v != NULL)
			pw_vector_null(v);
	}
}

static void show(struct pw_pairing *p, uint32_t slot, const struct pw_row *left,
		 const struct pw_row *right, pw_diff diff)
{
	const struct pw_slice key = pw_arrangement_key(&p->index.keys, slot);

	append_key(p, key, PW_JOINED_LEFT, left != NULL);
	append_key(p, key, PW_JOINED_RIGHT, right != NULL);
	append_key(p, key, PW_JOINED_KEY, true);
	append_payload(p, &p->sides[PW_LEFT], left);
	append_payload(p, &p->sides[PW_RIGHT], right);
	pw_builder_row(&p->out, p->op->commit.time, diff);
	if (p->out.rows % SOME == 0 && pw_builder_full(&p->out))
		pw_pairing_flush(p);
}

/* A changed left row with every right row of its key. */
static void show_with_right(struct pw_pairing *p, uint32_t slot, const struct pw_row *left)
{
	const pw_diff was = left->copies, is = pw_index_copies(&p->index, left);
	struct pw_row *const *rows;
	const uint32_t count = pw_index_rows(pw_index_key(&p->index, slot), PW_RIGHT, &rows);

	for (uint32_t i = 0; i < count; i++) {
		if (rows[i] == NULL)
			continue;
		const pw_diff diff =
			pw_joined_product(p->op, is, pw_index_copies(&p->index, rows[i])) -
			pw_joined_product(p->op, was, rows[i]->copies);
		if (diff != 0)
			show(p, slot, left, rows[i], diff);
	}
}

/* A changed right row with the left rows that have not changed: the others have met it. */
static void show_with_left(struct pw_pairing *p, uint32_t slot, const struct pw_change *c)
{
	struct pw_row *const *rows;
	const uint32_t count = pw_index_rows(pw_index_key(&p->index, slot), PW_LEFT, &rows);

	for (uint32_t i = 0; i < count; i++)
		if (rows[i] != NULL && rows[i]->change == 0 && c->diff != 0)
			show(p, slot, rows[i], c->row,
			     pw_joined_product(p->op, rows[i]->copies, c->diff));
}

static void show_pairs(struct pw_pairing *p, uint32_t slot)
{
	struct pw_index_key *key = pw_index_key(&p->index, slot);
	const struct pw_change *c;

	if (key->bags[PW_LEFT] == NULL || key->bags[PW_RIGHT] == NULL)
		return;
	for (c = pw_index_first(&p->index, key, PW_LEFT); c != NULL;
	     c = pw_index_next(&p->index, key, PW_LEFT, c))
		show_with_right(p, slot, c->row);
	for (c = pw_index_first(&p->index, key, PW_RIGHT); c != NULL;
	     c = pw_index_next(&p->index, key, PW_RIGHT, c))
		show_with_left(p, slot, c);
}

static void show_alone(struct pw_pairing *p, uint32_t slot, int side, const struct pw_row *row,
		       pw_diff diff)
{
	if (diff != 0)
		show(p, slot, side == PW_LEFT ? row : NULL, side == PW_LEFT ? NULL : row, diff);
}

/*
 * Shows rows of a side by themselves: of a key that had partners before the
 * commit, or has them now, or had and has none, as `with` says.
 */
static void show_single(struct pw_pairing *p, uint32_t slot, int side, bool with)
{
	struct pw_index_key *key = pw_index_key(&p->index, slot);
	const bool met = !key->lonely;
	const bool had = (met && pw_index_had(key, !side)) == with;
	const bool has = (met && pw_index_has(&p->index, key, !side)) == with;
	struct pw_row *const *rows;

	if (had && has) {
		const struct pw_change *c = pw_index_first(&p->index, key, side);
		for (; c != NULL; c = pw_index_next(&p->index, key, side, c))
			show_alone(p, slot, side, c->row, c->diff);
	} else if (had != has) {
		const uint32_t count = pw_index_rows(key, side, &rows);
		for (uint32_t i = 0; i < count; i++)
			if (rows[i] != NULL)
				show_alone(p, slot, side, rows[i],
					   has ? pw_index_copies(&p->index, rows[i])
					       : -rows[i]->copies);
	}
}

/* ---- the end of a commit ---- */

_Noreturn static void fail_row(struct pw_pairing *p, uint32_t slot, int side,
			       const struct pw_row *row, bool overflow)
{
	const struct pw_slice key = pw_arrangement_key(&p->index.keys, slot);
	struct pw_bytes whole = {0}, when = {0};

	pw_bytes_add(&whole, key.data, key.length);
	pw_bytes_add(&whole, row->data, row->length);
	if (overflow)
		pw_diff_exceeds();
	else
		pw_roworder_negative(&p->sides[side].order, PW_DATA,
				     (struct pw_slice){whole.data, whole.length},
				     pw_index_copies(&p->index, row));
	pw_time_print(&when, p->op->commit.time);
	pw_fail_at("time %s", pw_bytes_string(&when));
	pw_fail_at("%s", p->op->host->names[side]);
	pw_op_fail(p->op);
}

static void close_key(struct pw_pairing *p, uint32_t slot)
{
	struct pw_index_key *key = pw_index_key(&p->index, slot);

	for (int side = PW_LEFT; side <= PW_RIGHT; side++) {
		bool overflow = false;
		const struct pw_row *row = pw_index_unsound(&p->index, key, side, &overflow);
		if (row != NULL)
			fail_row(p, slot, side, row, overflow);
	}
	if (p->pairs && !key->lonely)
		show_pairs(p, slot);
	if (p->matched)
		show_single(p, slot, PW_LEFT, true);
	for (int side = PW_LEFT; side <= PW_RIGHT; side++)
		if (p->lonely[side])
			show_single(p, slot, side, false);
	if (p->now)
		pw_index_apply_right(&p->index, slot);
	else
		pw_index_apply(&p->index, slot);
}

void pw_pairing_commit(struct pw_pairing *p)
{
	pw_index_sort(&p->index);
	for (size_t i = 0; i < p->index.touched_count; i++) {
		pw_index_soon(&p->index, i);
		close_key(p, p->index.touched[i]);
	}
	pw_index_closed(&p->index);
}
