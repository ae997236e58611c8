#include "expr.h"

#include "../data/text.h"
#include "bind_internal.h"
#include "bits_internal.h"

#include <stdlib.h>

struct pw_expr_output {
	struct pw_step *step;
	struct pw_slice text; /* as written, for row errors */
	struct pw_column column;
	const uint8_t *errors;   /* per row, NULL: none */
	struct pw_buffer spread; /* of an error of all rows */
};

void pw_expr_init(struct pw_expr *x, const struct pw_schema *schema)
{
	*x = (struct pw_expr){.schema = schema};
}

void pw_expr_release(struct pw_expr *x)
{
	for (size_t i = 0; i < x->step_count; i++)
		pw_step_release(x->steps[i]);
	for (size_t i = 0; i < x->output_count; i++)
		free(x->outputs[i].spread.data);
	free(x->steps);
	free(x->outputs);
	pw_bytes_release(&x->scratch);
	pw_arena_release(&x->arena);
	*x = (struct pw_expr){0};
}

static int add_output(struct pw_expr *x, const struct pw_ast *ast, const struct pw_node *node,
		      const struct pw_type *want)
{
	struct pw_step *step = pw_bind(x, ast, node, want);
	struct pw_expr_output *o;

	if (step == NULL)
		return -1;
	x->outputs = pw_mem_grow(x->outputs, &x->output_capacity, x->output_count + 1,
				 sizeof *x->outputs);
	o = &x->outputs[x->output_count];
	*o = (struct pw_expr_output){.step = step, .column = step->out};
	o->text.length = node->end - node->at;
	o->text.data = pw_arena_copy(&x->arena, ast->source.data + node->at, o->text.length);
	return (int)x->output_count++;
}

int pw_expr_add(struct pw_expr *x, const struct pw_ast *ast, const struct pw_node *node)
{
	return add_output(x, ast, node, NULL);
}

int pw_expr_add_typed(struct pw_expr *x, const struct pw_ast *ast, const struct pw_node *node,
		      struct pw_type type)
{
	return add_output(x, ast, node, &type);
}

struct pw_type pw_expr_type(const struct pw_expr *x, int output)
{
	const struct pw_step *s = x->outputs[output].step;
	return s->kind == PW_STEP_COLUMN ? x->schema->fields[s->column].type : s->type;
}

int pw_expr_is_column(const struct pw_expr *x, int output)
{
	const struct pw_step *s = x->outputs[output].step;
	return s->kind == PW_STEP_COLUMN ? s->column : -1;
}

const struct pw_column *pw_expr_constant(const struct pw_expr *x, int output)
{
	const struct pw_step *s = x->outputs[output].step;
	return s->done ? &s->out : NULL;
}

/* Sets the values of nulls to zero, whatever the kernels left there. */
static void make_canonical(const struct pw_step *s, uint32_t n)
{
	const size_t width = pw_type_form(s->type) <= PW_FORM_WIDE ? pw_type_width(s->type) : 0;
	const uint8_t *valid = s->out.valid;
	char *values = (char *)(uintptr_t)s->out.values; /* the step's own memory */

	if (width == 0 || valid == NULL || s->done || s->kind == PW_STEP_COLUMN)
		return;
	if (s->out.encoding == PW_CONSTANT)
		n = 1;
	for (uint32_t i = 0; i < n; i++) {
		if ((i & 7) == 0 && valid[i >> 3] == 0xff) {
			i += 7;
			continue;
		}
		if (!pw_bit(valid, i))
			memset(values + i * width, 0, width);
	}
}

static void set_output(struct pw_expr_output *o, uint32_t n)
{
	const struct pw_step *s = o->step;
	const size_t bytes = pw_bitmap_bytes(n);

	make_canonical(s, n);
	o->column = s->out;
	o->errors = s->errors;
	if (o->errors == NULL || !s->one)
		return;
	uint8_t *all = pw_buffer_need(&o->spread, bytes);
	memset(all, s->errors[0] & 1 ? 0xff : 0, bytes);
	o->errors = s->errors[0] & 1 ? all : NULL;
}

void pw_expr_run(struct pw_expr *x, const struct pw_batch *batch)
{
	x->batch = batch;
	for (size_t i = 0; i < x->step_count; i++)
		pw_step_run(x->steps[i], batch, batch->rows);
	for (size_t i = 0; i < x->output_count; i++)
		set_output(&x->outputs[i], batch->rows);
}

const struct pw_column *pw_expr_column(const struct pw_expr *x, int output)
{
	return &x->outputs[output].column;
}

const uint8_t *pw_expr_errors(const struct pw_expr *x, int output)
{
	const struct pw_expr_output *o = &x->outputs[output];
	return o->errors && pw_bits_any(o->errors, x->batch->rows) ? o->errors : NULL;
}

void pw_expr_reason(struct pw_expr *x, int output, uint32_t row, struct pw_bytes *reason)
{
	pw_step_why(x->outputs[output].step, row, reason);
}

/* Appends a value as JSON, cut short. */
static void add_shown(struct pw_bytes *b, const struct pw_column *c, uint32_t row)
{
	enum { MOST = 60 };
	const size_t from = b->length;

	pw_text_add_json(b, c, row);
	if (b->length - from <= MOST)
		return;
	b->length = from + MOST;
	while ((b->data[b->length] & 0xc0) == 0x80)
		b->length--;
	pw_bytes_text(b, "...");
}

/* Marks the steps that an output uses: each runs after its arguments. */
static void mark_used(struct pw_expr *x, struct pw_step *output)
{
	for (size_t i = 0; i < x->step_count; i++)
		x->steps[i]->marked = x->steps[i] == output;
	for (size_t i = x->step_count; i-- > 0;)
		for (uint32_t k = 0; x->steps[i]->marked && k < x->steps[i]->arg_count; k++)
			x->steps[i]->args[k]->marked = true;
}

/* " (a = 1, b = 0)": what the columns that the output uses hold in the row, each once. */
static void add_row(struct pw_expr *x, struct pw_step *output, uint32_t row, struct pw_bytes *text)
{
	enum { MOST = 8 };
	uint32_t shown = 0;

	mark_used(x, output);
	for (size_t i = 0; i < x->step_count; i++) {
		const struct pw_step *s = x->steps[i];
		if (s->kind != PW_STEP_COLUMN || !s->marked)
			continue;
		if (shown == MOST) {
			pw_bytes_text(text, ", ...");
			break;
		}
		pw_bytes_print(text, "%s%s = ", shown++ ? ", " : " (",
			       x->schema->fields[s->column].name);
		add_shown(text, &s->out, row);
	}
	if (shown > 0)
		pw_bytes_put(text, ')');
}

int pw_expr_check(struct pw_expr *x)
{
	uint32_t first = UINT32_MAX;
	int which = -1;

	for (size_t k = 0; k < x->output_count; k++) {
		const uint8_t *errors = pw_expr_errors(x, (int)k);
		uint32_t row = 0;
		if (errors == NULL)
			continue;
		while (!pw_bit(errors, row))
			row++;
		if (row < first) {
			first = row;
			which = (int)k;
		}
	}
	if (which < 0)
		return 0;
	const struct pw_slice text = x->outputs[which].text;
	pw_bytes_clear(&x->scratch);
	pw_expr_reason(x, which, first, &x->scratch);
	add_row(x, x->outputs[which].step, first, &x->scratch);
	return pw_fail(PW_DATA, "expression '%.*s': %s",
		       (int)(text.length < 200 ? text.length : 200), text.data,
		       pw_bytes_string(&x->scratch));
}

uint32_t pw_expr_select(const struct pw_expr *x, int output, uint32_t *rows)
{
	const struct pw_column *c = &x->outputs[output].column;
	const uint32_t n = x->batch->rows;
	const uint8_t *values = c->values;
	uint32_t count = 0;

	if (c->encoding == PW_CONSTANT) {
		if (!pw_column_null(c, 0) && values[0])
			for (; count < n; count++)
				rows[count] = count;
		return count;
	}
	if (c->valid == NULL)
		for (uint32_t i = 0; i < n; i++) {
			rows[count] = i;
			count += values[i];
		}
	else
		for (uint32_t i = 0; i < n; i++) {
			rows[count] = i;
			count += values[i] & pw_bit(c->valid, i);
		}
	return count;
}
