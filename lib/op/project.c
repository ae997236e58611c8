#include "project.h"

#include <stdlib.h>

void pw_project_init(struct pw_project *p)
{
	p->columns = pw_mem_zero(p->schema->count + 1, sizeof *p->columns);
	pw_builder_init(&p->kept, p->schema);
}

int pw_project_send(struct pw_project *p, struct pw_tool *t, const struct pw_batch *batch)
{
	const int lost = pw_evaluate(p->expr, p->reject, batch, &p->lost);
	struct pw_batch out = *batch;

	if (lost < 0)
		return -1;
	for (size_t i = 0; i < p->schema->count; i++)
		p->columns[i] = *pw_expr_column(p->expr, (int)i);
	out.schema = p->schema;
	out.columns = p->columns;
	if (lost == 0) {
		pw_tool_batch(t, &out);
		return 0;
	}
	p->rows = pw_mem_grow(p->rows, &p->row_capacity, batch->rows, sizeof *p->rows);
	pw_builder_gather(&p->kept, &out, p->rows,
			  pw_evaluate_kept(&p->lost, batch->rows, p->rows));
	pw_tool_batch(t, pw_builder_view(&p->kept));
	pw_builder_clear(&p->kept);
	return 0;
}

void pw_project_release(struct pw_project *p)
{
	pw_builder_release(&p->kept);
	pw_bytes_release(&p->lost);
	free(p->columns);
	free(p->rows);
	*p = (struct pw_project){0};
}
