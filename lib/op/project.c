#include "project.h"

#include <stdlib.h>

void pw_project_init(struct pw_project *p)
{
	p->columns = pw_mem_zero(p->schema->count + 1, sizeof *p->columns);
	pw_builder_init(&p->rest, p->schema);
}

int pw_project_run(struct pw_project *p, const struct pw_batch *batch, const struct pw_batch **out)
{
	const int lost = pw_evaluate(p->expr, p->reject, batch, &p->lost);

	if (lost < 0)
		return -1;
	for (size_t i = 0; i < p->schema->count; i++)
		p->columns[i] = *pw_expr_column(p->expr, (int)i);
	p->out = *batch;
	p->out.schema = p->schema;
	p->out.columns = p->columns;
	*out = &p->out;
	if (lost == 0)
		return 0;
	p->rows = pw_mem_grow(p->rows, &p->row_capacity, batch->rows, sizeof *p->rows);
	pw_builder_clear(&p->rest);
	pw_builder_gather(&p->rest, &p->out, p->rows,
			  pw_evaluate_passed(&p->lost, batch->rows, p->rows));
	*out = pw_builder_view(&p->rest);
	return 0;
}

void pw_project_release(struct pw_project *p)
{
	pw_builder_release(&p->rest);
	pw_bytes_release(&p->lost);
	free(p->columns);
	free(p->rows);
	*p = (struct pw_project){0};
}
