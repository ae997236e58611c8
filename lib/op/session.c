/* The operator: options, which way rows are taken, sessions and their groups. */
#include "../data/names.h"
#include "session_internal.h"

#include <endian.h>
#include <stdlib.h>

#define SIGN (UINT64_C(1) << 63)

static struct pw_sessions *sessions_of(struct pw_op *op)
{
	return (struct pw_sessions *)op;
}

/* ---- places as bytes ---- */

void pw_sessions_encode(pw_place place, char bytes[PW_SESSIONS_PLACE])
{
	const uint64_t word = htobe64((uint64_t)place ^ SIGN);

	bytes[0] = 1; /* not null */
	memcpy(bytes + 1, &word, sizeof word);
}

pw_place pw_sessions_decode(const char *bytes)
{
	uint64_t word;

	memcpy(&word, bytes + 1, sizeof word);
	return (pw_place)(be64toh(word) ^ SIGN);
}

struct pw_slice pw_sessions_group_key(struct pw_sessions *s, uint32_t key, pw_place start,
				      pw_place end)
{
	const struct pw_slice k = pw_arrangement_key(s->keys, key);

	pw_bytes_clear(&s->key);
	pw_bytes_add(&s->key, k.data, k.length);
	pw_sessions_encode(start, pw_bytes_room(&s->key, PW_SESSIONS_PLACE));
	s->key.length += PW_SESSIONS_PLACE;
	pw_sessions_encode(end, pw_bytes_room(&s->key, PW_SESSIONS_PLACE));
	s->key.length += PW_SESSIONS_PLACE;
	return (struct pw_slice){s->key.data, s->key.length};
}

/* ---- sessions ---- */

struct pw_session_key *pw_sessions_key(struct pw_sessions *s, uint32_t key)
{
	const size_t known = s->by_key_capacity;

	if (key >= known) {
		s->by_key = pw_mem_grow(s->by_key, &s->by_key_capacity, (size_t)key + 1,
					sizeof *s->by_key);
		memset(s->by_key + known, 0, (s->by_key_capacity - known) * sizeof *s->by_key);
	}
	return &s->by_key[key];
}

uint32_t pw_sessions_new(struct pw_sessions *s, uint32_t key, pw_place start, pw_place end,
			 uint32_t slot)
{
	struct pw_session_list *list = &pw_sessions_key(s, key)->list;
	const size_t bytes = list->bytes;
	uint32_t id;

	if (s->spare_count > 0) {
		id = s->spare[--s->spare_count];
	} else {
		s->sessions = pw_mem_grow(s->sessions, &s->session_capacity,
					  (size_t)s->session_count + 1, sizeof *s->sessions);
		id = s->session_count++;
	}
	if (slot == PW_SLOT_NONE && s->aggregates)
		slot = pw_arrangement_put(&s->g.groups, pw_sessions_group_key(s, key, start, end),
					  NULL);
	s->sessions[id] = (struct pw_session){.start = start,
					      .end = end,
					      .shown_start = start,
					      .shown_end = end,
					      .slot = slot,
					      .key = key};
	pw_session_list_insert(list, start, id);
	s->list_bytes += list->bytes - bytes;
	return id;
}

void pw_sessions_end(struct pw_sessions *s, uint32_t id)
{
	s->sessions[id].gone = true;
	s->gone = pw_mem_grow(s->gone, &s->gone_capacity, s->gone_count + 1, sizeof *s->gone);
	s->gone[s->gone_count++] = id;
}

void pw_sessions_touch(struct pw_sessions *s, uint32_t id)
{
	struct pw_session *session = &s->sessions[id];

	if (session->touched)
		return;
	session->touched = true;
	s->touched = pw_mem_grow(s->touched, &s->touched_capacity, s->touched_count + 1,
				 sizeof *s->touched);
	s->touched[s->touched_count++] = id;
	if (!s->aggregates || s->g.in->is_static)
		return;
	s->to_touch = pw_mem_grow(s->to_touch, &s->to_touch_capacity, s->to_touch_count + 1,
				  sizeof *s->to_touch);
	s->to_touch[s->to_touch_count++] = session->slot;
}

void pw_sessions_touch_groups(struct pw_sessions *s)
{
	if (s->to_touch_count > 0)
		pw_grouped_touch(&s->g, s->to_touch, (uint32_t)s->to_touch_count);
	s->to_touch_count = 0;
}

void pw_sessions_empty_group(struct pw_sessions *s, uint32_t slot)
{
	struct pw_grouped *g = &s->g;

	pw_aggregates_drop(&g->calls.aggregates, &g->groups, slot);
	memset(pw_arrangement_record(&g->groups, slot), 0, g->groups.record_bytes);
}

void pw_sessions_merge_groups(struct pw_sessions *s)
{
	struct pw_grouped *g = &s->g;

	for (size_t i = 0; i < s->merge_count; i++) {
		const struct pw_session_merge *m = &s->merges[i];

		if (pw_aggregates_merge(&g->calls.aggregates, &g->groups, m->into, m->from) < 0)
			pw_sessions_must(s, pw_time_fail_at(g->op.commit.time));
		pw_sessions_empty_group(s, m->from);
		if (g->in->is_static)
			pw_arrangement_drop(&g->groups, m->from);
	}
	s->merge_count = 0;
}

/* A session's group gets the key of its bounds. */
static void rename_group(struct pw_sessions *s, struct pw_session *session)
{
	if (session->start == session->shown_start && session->end == session->shown_end)
		return;
	const uint32_t other = pw_grouped_rename(
		&s->g, session->slot,
		pw_sessions_group_key(s, session->key, session->start, session->end));

	session->shown_start = session->start;
	session->shown_end = session->end;
	if (s->g.in->is_static && pw_aggregates_rows(&s->g.groups, other) == 0)
		pw_arrangement_drop(&s->g.groups, other);
}

/* The one commit of a static stream: all sessions, in the order of their keys and times. */
static void show_all(struct pw_sessions *s)
{
	uint32_t *keys = pw_mem_alloc((size_t)s->keys->live + 1, sizeof *keys), key_count = 0;
	uint32_t *slots = pw_mem_alloc((size_t)s->session_count + 1, sizeof *slots), count = 0;

	for (uint32_t key = 0; key < s->keys->slots && key < s->by_key_capacity; key++)
		if (s->by_key[key].list.count > 0)
			keys[key_count++] = key;
	pw_arrangement_sort(s->keys, keys, key_count);
	for (uint32_t k = 0; k < key_count; k++) {
		const struct pw_session_list *list = &s->by_key[keys[k]].list;
		struct pw_session_at at = {0, 0};

		do
			slots[count++] = s->sessions[pw_session_list_get(list, at)->id].slot;
		while (pw_session_list_next(list, &at));
	}
	pw_grouped_show_in_order(&s->g, slots, count);
	free(keys);
	free(slots);
}

void pw_sessions_show(struct pw_sessions *s)
{
	for (size_t i = 0; i < s->touched_count; i++)
		if (!s->sessions[s->touched[i]].gone)
			rename_group(s, &s->sessions[s->touched[i]]);
	if (s->g.in->is_static)
		show_all(s);
	else
		pw_grouped_show_changes(&s->g);
}

void pw_sessions_done(struct pw_sessions *s)
{
	for (size_t i = 0; i < s->touched_count; i++) {
		struct pw_session *session = &s->sessions[s->touched[i]];

		session->touched = false;
		if (session->gone)
			continue;
		session->shown_start = session->start;
		session->shown_end = session->end;
		pw_sessions_close_expect(s, session->key);
		pw_sessions_close_changed(s, session->key);
	}
	s->touched_count = 0;
	if (s->gone_count == 0)
		return;
	s->spare = pw_mem_grow(s->spare, &s->spare_capacity, s->spare_count + s->gone_count,
			       sizeof *s->spare);
	memcpy(s->spare + s->spare_count, s->gone, s->gone_count * sizeof *s->gone);
	s->spare_count += s->gone_count;
	s->gone_count = 0;
}

static void drop_sessions(struct pw_sessions *s)
{
	for (size_t i = 0; i < s->by_key_capacity; i++)
		pw_session_list_release(&s->by_key[i].list);
	if (s->by_key != NULL)
		memset(s->by_key, 0, s->by_key_capacity * sizeof *s->by_key);
	s->session_count = 0;
	s->spare_count = s->gone_count = 0;
	s->list_bytes = 0;
	s->closings.count = 0;
}

void pw_sessions_make(struct pw_sessions *s)
{
	if (!s->stale)
		return;
	s->stale = false;
	drop_sessions(s);
	if (s->grows)
		pw_sessions_grow_make(s);
	else
		pw_sessions_held_make(s);
	for (uint32_t key = 0; key < s->keys->slots && key < s->by_key_capacity; key++)
		pw_sessions_close_expect(s, key);
}

/* ---- start ---- */

static void bind_gap(struct pw_sessions *s, const struct pw_window_wish *w)
{
	s->by_gap = w->session != NULL;
	if (!s->by_gap)
		return;
	pw_sessions_must(s, pw_axis_length(&s->axis, "--session", w->session, &s->gap));
	if (s->gap.real <= 0)
		pw_sessions_must(
			s, pw_fail(PW_USAGE, "--session: '%s' is not more than 0", w->session));
}

/* The condition is over a row of two times. */
static void bind_condition(struct pw_sessions *s, const char *text)
{
	struct pw_type type = s->axis.type;
	struct pw_ast ast;

	if (s->by_gap)
		return;
	type.required = true;
	pw_sessions_must(s, pw_schema_add(&s->pair_schema, PW_SLICE("cur"), type, false));
	pw_sessions_must(s, pw_schema_add(&s->pair_schema, PW_SLICE("next"), type, false));
	pw_expr_init(&s->condition, &s->pair_schema);
	pw_builder_init(&s->pairs, &s->pair_schema);
	if (pw_ast_parse(&ast, text, false, &s->pair_schema, NULL) < 0 ||
	    pw_expr_add_typed(&s->condition, &ast, ast.root, PW_TYPE(PW_BOOL)) < 0)
		pw_sessions_must(s, pw_fail_at("--session-while"));
	pw_ast_release(&ast);
	s->pair_rows = pw_mem_alloc(PW_BATCH_ROWS, sizeof *s->pair_rows);
}

static void bind_keys(struct pw_sessions *s, const char *names)
{
	s->key_list = pw_mem_alloc(PW_COLUMNS_MAX, sizeof *s->key_list);
	if (names != NULL)
		s->key_count = pw_op_columns(&s->g.op, 0, "-k", names, s->key_list);
	for (size_t i = 0; i < s->key_count; i++)
		if (s->key_list[i] == s->axis.column)
			pw_sessions_must(s, pw_fail(PW_USAGE, "-k: '%s' is the time column",
						    s->g.op.in->fields[s->axis.column].name));
}

/* A column of the output that is no bound has the name of one. */
static void check_name(struct pw_sessions *s, const char *name)
{
	if (strcmp(name, "window_start") == 0 || strcmp(name, "window_end") == 0)
		pw_sessions_must(s, pw_fail(PW_USAGE,
					    "the input has a column '%s' already: name it "
					    "otherwise, with pw-select --rename upstream",
					    name));
}

/* Keys, window_start, window_end, and the aggregates. */
static void bind_aggregates(struct pw_sessions *s, const struct pw_window_wish *w)
{
	struct pw_grouped *g = &s->g;
	const struct pw_type bound = pw_axis_bound(&s->axis);

	g->in = &s->in;
	pw_calls_init(&g->calls, g->in);
	for (size_t i = 0; i < s->key_count; i++) {
		const struct pw_field *f = &g->in->fields[s->key_list[i]];

		check_name(s, f->name);
		pw_grouped_bind_key(g, pw_slice_of(f->name), f->type);
	}
	pw_grouped_bind_key(g, PW_SLICE("window_start"), bound);
	pw_grouped_bind_key(g, PW_SLICE("window_end"), bound);
	pw_grouped_bind_calls(g, w->exprs, w->count);
}

/* The columns of the rows, window_start, window_end. */
static void bind_rows(struct pw_sessions *s)
{
	struct pw_op *op = &s->g.op;
	const struct pw_type bound = pw_axis_bound(&s->axis);

	s->g.in = &s->in;
	for (size_t i = 0; i < op->in->count; i++)
		check_name(s, op->in->fields[i].name);
	pw_schema_copy(&op->schema, op->in);
	pw_sessions_must(s, pw_schema_add(&op->schema, PW_SLICE("window_start"), bound, false));
	pw_sessions_must(s, pw_schema_add(&op->schema, PW_SLICE("window_end"), bound, false));
	op->schema.append_only = op->schema.is_static = s->in.is_static;
	op->schema.single &= !s->closes;
	/* the answer of a closed session stays, and a row with the same key may come */
	for (size_t i = 0; i < op->schema.count && s->closes; i++)
		op->schema.fields[i].key = false;
	pw_builder_init(&s->out, &op->schema);
}

static void bind_held(struct pw_sessions *s, const char *keys)
{
	struct pw_bytes order = {0};

	pw_names_add(&order, pw_slice_of(s->g.op.in->fields[s->axis.column].name));
	pw_sessions_must(s, pw_ordered_init(&s->rows, s->g.op.in, keys, pw_bytes_string(&order)));
	pw_bytes_release(&order);
	pw_delta_init(&s->delta, s->g.op.in);
	pw_builder_init(&s->changed, s->g.op.in);
	pw_builder_init(&s->feed, s->g.op.in);
	s->keys = &s->rows.groups;
}

/* If rows only add, a session that is split takes its rows again, and their commits are not known. */
static void refuse_moments(struct pw_sessions *s)
{
	const struct pw_aggregates *a = &s->g.calls.aggregates;

	for (size_t i = 0; i < a->accumulator_count && !s->g.in->is_static; i++)
		if (a->accumulators[i]->kind == &pw_accumulate_first ||
		    a->accumulators[i]->kind == &pw_accumulate_last)
			pw_sessions_must(s,
					 pw_fail(PW_USAGE, "earliest and latest do not go with "
							   "--session-while: give --session GAP"));
}

static const char *const texts[] = {
	[0] = "all rows, in the order of their times; grows with the different rows",
	[1] = "the rows of open sessions, in the order of their times; the bounds of sessions "
	      "closed lately",
};

static void bind_text(struct pw_sessions *s)
{
	struct pw_bytes *b = &s->state_text;

	if (s->grows) {
		pw_bytes_text(b, "the bounds of each ");
		pw_bytes_text(b, s->closes ? "open session, and " : "session, and ");
		pw_aggregates_describe(&s->g.calls.aggregates, b);
		pw_bytes_text(b, s->closes ? "; the bounds of sessions closed lately" : "");
	} else {
		pw_bytes_text(b, texts[s->closes]);
	}
	s->g.op.state_text = pw_bytes_string(b);
}

static void bind(struct pw_op *op, const void *wish)
{
	struct pw_sessions *s = sessions_of(op);
	const struct pw_window_wish *w = wish;

	s->in = *op->in;
	s->in.is_static &= op->input_count == 1;
	pw_op_must(op, pw_axis_open(&s->axis, op->in, "-t", w->time));
	bind_gap(s, w);
	bind_keys(s, w->keys);
	pw_sessions_close_bind(s, w);
	s->aggregates = w->count > 0;
	s->grows = s->aggregates && s->by_gap && op->in->append_only;
	s->clocked = s->closes || w->max_step != NULL;
	pw_event_clock_bind(&s->clock, op, &s->axis, w->max_step);
	bind_condition(s, w->session_while);
	if (s->aggregates)
		bind_aggregates(s, w);
	else
		bind_rows(s);
	s->retractable = !op->in->append_only;
	if (s->aggregates && !s->grows && op->in->append_only)
		refuse_moments(s);
	pw_arrangement_init(&s->own_keys, 0);
	s->keys = &s->own_keys;
	if (!s->grows)
		bind_held(s, w->keys);
	bind_text(s);
	pw_sessions_checkpoint_bind(s);
}

/* ---- rows ---- */

enum { ROWS, CLOCK };

static void take_batch(struct pw_op *op, int input, const struct pw_batch **batch)
{
	struct pw_sessions *s = sessions_of(op);

	if (input == CLOCK) {
		if (s->clocked)
			pw_event_clock_batch(&s->clock, CLOCK, *batch);
		return;
	}
	pw_sessions_make(s);
	if (s->grows)
		pw_sessions_grow_batch(s, batch);
	else
		pw_sessions_held_batch(s, batch);
}

static void take_rows(struct pw_op *op, int input, const struct pw_batch *batch, uint32_t from,
		      uint32_t count)
{
	struct pw_sessions *s = sessions_of(op);

	pw_sessions_make(s);
	if (input == CLOCK) {
		if (s->clocked)
			pw_event_clock_hear(&s->clock, batch, from, count);
	} else if (s->grows) {
		pw_sessions_grow_rows(s, batch, from, count);
	} else {
		pw_sessions_held_rows(s, batch, from, count);
	}
}

static void commit(struct pw_op *op)
{
	struct pw_sessions *s = sessions_of(op);

	if (s->grows)
		pw_sessions_grow_commit(s);
	else
		pw_sessions_held_commit(s);
	if (s->clocked)
		pw_event_clock_done(&s->clock);
}

static void flush(struct pw_op *op)
{
	struct pw_sessions *s = sessions_of(op);

	if (s->aggregates) {
		pw_grouped_bury(&s->g);
		pw_grouped_show_send(&s->g);
	}
	if (s->grows)
		pw_sessions_grow_flush(s);
	else
		pw_sessions_out_send(s);
	pw_sessions_late_send(s);
}

static size_t bytes(const struct pw_op *op)
{
	const struct pw_sessions *s = (const struct pw_sessions *)op;

	return (s->aggregates ? pw_grouped_bytes(op) : 0) + pw_arrangement_bytes(&s->own_keys) +
	       (s->grows ? 0 : pw_ordered_bytes(&s->rows) + s->delta.bytes) +
	       pw_arrangement_bytes(&s->closed) + s->list_bytes +
	       s->session_count * sizeof *s->sessions + s->by_key_capacity * sizeof *s->by_key;
}

static void release(struct pw_op *op)
{
	struct pw_sessions *s = sessions_of(op);

	drop_sessions(s);
	pw_sessions_close_release(s);
	if (s->aggregates)
		pw_grouped_release(op);
	else
		pw_builder_release(&s->out);
	if (!s->grows) {
		pw_ordered_release(&s->rows);
		pw_delta_release(&s->delta);
		pw_builder_release(&s->changed);
		pw_builder_release(&s->feed);
	}
	if (!s->by_gap) {
		pw_expr_release(&s->condition);
		pw_builder_release(&s->pairs);
		pw_schema_release(&s->pair_schema);
	}
	pw_event_clock_release(&s->clock);
	pw_arrangement_release(&s->own_keys);
	pw_rowkeys_release(&s->row_keys);
	pw_bytes_release(&s->state_text);
	pw_bytes_release(&s->lost);
	pw_bytes_release(&s->key);
	void *const arrays[] = {
		s->shown,      s->by_key,     s->sessions,  s->spare,     s->gone,      s->touched,
		s->to_touch,   s->merges,     s->pair_rows, s->places,    s->key_slots, s->slots,
		s->code_slots, s->idle,       s->edges,     s->edge_from, s->pieces,    s->fresh,
		s->olds,       s->feed_slots, s->emptied,   s->key_list};

	for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
		free(arrays[i]);
}

const struct pw_op_kind pw_session_op = {
	.size = sizeof(struct pw_sessions),
	.bind = bind,
	.batch = take_batch,
	.rows = take_rows,
	.commit = commit,
	.flush = flush,
	.bytes = bytes,
	.release = release,
	.rejects = true,
};
