#include "evaluate.h"

/* The union of all outputs' errors, into lost; false: there are none. */
static bool collect(const struct pw_expr *x, uint32_t rows, struct pw_bytes *lost)
{
	const size_t bytes = ((size_t)rows + 7) / 8;
	bool any = false;

	pw_bytes_clear(lost);
	memset(pw_bytes_room(lost, bytes), 0, bytes);
	lost->length = bytes;
	for (size_t k = 0; k < x->output_count; k++) {
		const uint8_t *errors = pw_expr_errors(x, (int)k);
		if (errors == NULL)
			continue;
		any = true;
		for (size_t i = 0; i < bytes; i++)
			lost->data[i] |= (char)errors[i];
	}
	return any;
}

/* The first output that has failed in the row. */
static int culprit(const struct pw_expr *x, uint32_t row)
{
	for (size_t k = 0; k < x->output_count; k++) {
		const uint8_t *errors = pw_expr_errors(x, (int)k);
		if (errors != NULL && pw_bit(errors, row))
			return (int)k;
	}
	pw_bug("row %u did not fail", row);
}

static int reject(struct pw_expr *x, struct pw_reject *r, const struct pw_batch *batch,
		  uint32_t row)
{
	struct pw_bytes reason = {0};
	int rc;

	pw_expr_reason(x, culprit(x, row), row, &reason);
	rc = pw_reject_row(r, (struct pw_slice){reason.data, reason.length}, batch, row);
	pw_bytes_release(&reason);
	return rc;
}

int pw_evaluate(struct pw_expr *x, struct pw_reject *r, const struct pw_batch *batch,
		struct pw_bytes *lost)
{
	pw_expr_run(x, batch);
	if (r->policy == PW_REJECT_STOP)
		return pw_expr_check(x);
	if (r->policy == PW_REJECT_NULL || !collect(x, batch->rows, lost))
		return 0;
	for (uint32_t i = 0; i < batch->rows; i++)
		if (pw_bit((const uint8_t *)lost->data, i) && reject(x, r, batch, i) < 0)
			return -1;
	return 1;
}

uint32_t pw_evaluate_passed(const struct pw_bytes *lost, uint32_t count, uint32_t *rows)
{
	uint32_t passed = 0;
	for (uint32_t i = 0; i < count; i++)
		if (!pw_bit((const uint8_t *)lost->data, i))
			rows[passed++] = i;
	return passed;
}
