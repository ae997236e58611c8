#include "window_internal.h"

static void hand_on(void *to, const struct pw_batch *batch)
{
	struct pw_window_late *l = to;

	if (!l->sums) {
		pw_op_late(l->op, 0, batch);
		return;
	}
	pw_zset_encode(&l->rows, batch);
	pw_op_must(l->op, pw_zset_add(&l->rows, batch, 0, batch->rows));
}

void pw_window_late_bind(struct pw_window *w, const char *path)
{
	struct pw_window_late *l = &w->late;

	l->op = w->op;
	pw_schema_copy(&l->schema, w->op->in);
	for (size_t i = 0; i < l->schema.count; i++)
		l->schema.fields[i].key = false;
	l->schema.append_only = l->schema.is_static = false;
	pw_window_add_bounds(w, &l->schema, true);
	w->op->late[0] = (struct pw_op_late){.path = path, .schema = &l->schema};
	l->spread = (struct pw_window_spread){.give = hand_on, .to = l};
	pw_window_spread_open(&l->spread, &l->schema, w->axis.real);
	l->sums = !w->op->in->append_only;
	if (!l->sums)
		return;
	pw_op_must(w->op, pw_roworder_init(&l->order, &l->schema, NULL));
	pw_zset_init(&l->rows, &l->order);
	pw_builder_init(&l->left, &l->schema);
}

void pw_window_late_release(struct pw_window_late *l)
{
	if (l->op == NULL)
		return;
	pw_window_spread_release(&l->spread);
	if (l->sums) {
		pw_zset_release(&l->rows);
		pw_roworder_release(&l->order);
		pw_builder_release(&l->left);
	}
	pw_schema_release(&l->schema);
	*l = (struct pw_window_late){0};
}

/* Rows that are taken away in sum change nothing. */
void pw_window_late_commit(struct pw_window_late *l)
{
	if (l->op == NULL || !l->sums || l->rows.touched_count == 0)
		return;
	for (size_t i = 0; i < l->rows.touched_count; i++) {
		const uint32_t slot = l->rows.touched[i];
		const pw_diff diff = pw_zset_row(&l->rows, slot)->pending;

		if (diff <= 0)
			continue;
		pw_roworder_decode(&l->order, pw_arrangement_key(&l->rows.rows, slot), &l->left);
		pw_builder_row(&l->left, l->op->commit.time, diff);
		if (pw_builder_full(&l->left)) {
			pw_op_late(l->op, 0, pw_builder_view(&l->left));
			pw_builder_clear(&l->left);
		}
	}
	if (l->left.rows > 0)
		pw_op_late(l->op, 0, pw_builder_view(&l->left));
	pw_builder_clear(&l->left);
	pw_zset_forget(&l->rows);
}
