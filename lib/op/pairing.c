#include "pairing_internal.h"

#include <stdlib.h>

static int must(struct pw_pairing *p, int x)
{
	return pw_op_must(p->op, x);
}

/* ---- start ---- */

/* A side that may shrink has all its columns held: a row with -1 copies must be named in full. */
static void choose_payload(struct pw_pairing *p, int side)
{
	struct pw_pairing_side *s = &p->sides[side];
	const struct pw_joined *j = p->joined;

	s->payload = pw_mem_alloc(s->schema->count + 1, sizeof *s->payload);
	s->targets = pw_mem_alloc(s->schema->count + 1, sizeof *s->targets);
	for (size_t c = 0; c < s->schema->count; c++) {
		bool key = false;
		int target = -1;

		for (size_t k = 0; k < j->key_count; k++)
			key |= s->keys[k] == (int)c;
		for (size_t w = 0; w < j->wide.count; w++)
			if ((int)j->sources[w].side == side && j->sources[w].column == (int)c)
				target = (int)w;
		if (key || (s->schema->append_only && target < 0))
			continue;
		s->targets[s->payload_count] = target;
		s->payload[s->payload_count++] = (int)c;
	}
}

void pw_pairing_open(struct pw_pairing *p)
{
	for (int side = PW_LEFT; side <= PW_RIGHT; side++) {
		struct pw_pairing_side *s = &p->sides[side];

		s->schema = p->joined->in[side];
		s->keys = p->joined->keys[side];
		choose_payload(p, side);
		pw_joined_order(p->joined, side, &s->order);
	}
	pw_index_init(&p->index, p->sides[0].schema->append_only, p->sides[1].schema->append_only);
	pw_pairing_show_open(p);
	pw_pairing_checkpoint_bind(p);
}

/* ---- rows in the index ---- */

static bool has_null_key(const struct pw_pairing *p, const struct pw_batch *batch, const int *keys,
			 uint32_t row)
{
	for (size_t k = 0; k < p->joined->key_count; k++)
		if (pw_column_null(&batch->columns[keys[k]], row))
			return true;
	return false;
}

static bool may_have_null_keys(const struct pw_pairing *p, const struct pw_batch *batch,
			       const int *keys)
{
	bool any = false;

	for (size_t k = 0; k < p->joined->key_count; k++)
		any |= batch->columns[keys[k]].valid != NULL;
	return any && !p->null_equal;
}

void pw_pairing_encode(struct pw_pairing *p, int side, const struct pw_batch *batch,
		       const int *keys, const int *payload)
{
	struct pw_pairing_side *s = &p->sides[side];

	if (s->schema->append_only && pw_roworder_only_adds(&s->order, batch) < 0)
		must(p, pw_fail_at("%s", p->op->host->names[side]));
	pw_rowkeys_encode(&s->row_keys, batch, keys, p->joined->key_count, NULL);
	pw_rowkeys_encode(&s->row_payload, batch, payload, s->payload_count, NULL);
}

static void find_slots(struct pw_pairing *p, const struct pw_pairing_side *s, uint32_t from,
		       uint32_t count)
{
	if (p->slot_capacity < count)
		p->slots = pw_mem_grow(p->slots, &p->slot_capacity, count, sizeof *p->slots);
	if (count == s->row_keys.rows) {
		pw_arrangement_put_all(&p->index.keys, &s->row_keys, p->slots);
		return;
	}
	for (uint32_t i = 0; i < count; i++)
		p->slots[i] = pw_arrangement_put(&p->index.keys,
						 pw_rowkeys_at(&s->row_keys, from + i), NULL);
}

/* Drops a key that was made for a row that is then not put there. */
static void drop_unused(struct pw_pairing *p, uint32_t slot)
{
	const struct pw_index_key *key = pw_index_key(&p->index, slot);

	if (pw_arrangement_live(&p->index.keys, slot) && key->bags[0] == NULL &&
	    key->bags[1] == NULL)
		pw_arrangement_drop(&p->index.keys, slot);
}

void pw_pairing_put(struct pw_pairing *p, int side, const struct pw_batch *batch, const int *keys,
		    uint32_t from, uint32_t count)
{
	const struct pw_pairing_side *s = &p->sides[side];
	const bool nulls = may_have_null_keys(p, batch, keys);
	const bool skip = nulls && !p->lonely[side] && s->schema->append_only;

	find_slots(p, s, from, count);
	for (uint32_t i = 0; i < count; i++) {
		if (nulls && has_null_key(p, batch, keys, from + i)) {
			if (skip)
				continue;
			pw_index_key(&p->index, p->slots[i])->lonely = true;
		}
		if (pw_index_put(&p->index, side, p->slots[i],
				 pw_rowkeys_at(&s->row_payload, from + i),
				 pw_batch_diff(batch, from + i)) < 0)
			must(p, pw_fail_at("%s", p->op->host->names[side]));
	}
	for (uint32_t i = 0; i < count && skip; i++)
		if (has_null_key(p, batch, keys, from + i))
			drop_unused(p, p->slots[i]);
}

void pw_pairing_batch(struct pw_pairing *p, int side, const struct pw_batch *batch)
{
	pw_pairing_encode(p, side, batch, p->sides[side].keys, p->sides[side].payload);
}

void pw_pairing_rows(struct pw_pairing *p, int side, const struct pw_batch *batch, uint32_t from,
		     uint32_t count)
{
	pw_pairing_put(p, side, batch, p->sides[side].keys, from, count);
	pw_pairing_note(p, side, batch, from, count);
}

size_t pw_pairing_bytes(const struct pw_pairing *p)
{
	return pw_index_bytes(&p->index) + p->sides[PW_LEFT].delta.bytes +
	       p->sides[PW_RIGHT].delta.bytes;
}

static void release_side(struct pw_pairing_side *s)
{
	free(s->payload);
	free(s->targets);
	pw_roworder_release(&s->order);
	pw_rowkeys_release(&s->row_keys);
	pw_rowkeys_release(&s->row_payload);
	pw_delta_release(&s->delta);
	pw_schema_release(&s->saved);
	free(s->columns);
}

void pw_pairing_release(struct pw_pairing *p)
{
	for (int side = PW_LEFT; side <= PW_RIGHT; side++)
		release_side(&p->sides[side]);
	for (int kind = 0; kind < 3; kind++)
		free(p->key_targets[kind]);
	pw_index_release(&p->index);
	free(p->slots);
	pw_builder_release(&p->out);
}
