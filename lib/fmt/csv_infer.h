/*
 * pw_csv_infer - the type of a column, from its first cells
 *
 * Of bool, int, float, datetime, datetime_utc, str: the first that all cells
 * fit. Numbers with leading zeros are text, so are whole numbers beyond 64
 * bits; `true` and `false` in any case are the only bools; nan and inf are
 * floats among numbers, and text among themselves. Empty cells say nothing; a
 * column without any other is str.
 */
#ifndef PW_FMT_CSV_INFER_H
#define PW_FMT_CSV_INFER_H

#include "../data/type.h"

struct pw_csv_infer {
	uint32_t seen;  /* bit b: a cell that is a value of enum pw_base b at best */
	bool words;     /* nan, inf: floats only beside numbers */
};

void pw_csv_infer_add(struct pw_csv_infer *f, struct pw_slice cell);
struct pw_type pw_csv_infer_type(const struct pw_csv_infer *f);

/* Would inference take the text for a value of this type? Only of what reads as one. */
bool pw_csv_infer_fits(enum pw_base base, struct pw_slice cell);

#endif
