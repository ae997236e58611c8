/*
 * pw_function - the one table of functions and operators
 *
 * Each kernel file exports a list of its functions; function.c lists the
 * lists. From it come the binder's choice, `pw help functions`, pw-expr(7),
 * and the test that runs every example.
 */
#ifndef PW_EXPR_FUNCTION_H
#define PW_EXPR_FUNCTION_H

#include "step.h"

PW_C_BEGIN

struct pw_functions {
	const struct pw_function *items;
	size_t count;
	const char *subject; /* "numbers", for the list of functions */
};

extern const struct pw_functions pw_kernel_math, pw_kernel_round, pw_kernel_compare, pw_kernel_text,
	pw_kernel_search, pw_kernel_case, pw_kernel_match, pw_kernel_hash, pw_kernel_time,
	pw_kernel_span, pw_kernel_zone, pw_kernel_cast, pw_kernel_json, pw_kernel_json_path,
	pw_kernel_json_make, pw_kernel_list, pw_kernel_list_fold;

/* The i-th function of all; NULL after the last. */
const struct pw_function *pw_function_at(size_t i);

#define PW_PARAMS_MAX 8

/* A signature, taken apart. */
struct pw_signature {
	struct pw_type result, params[PW_PARAMS_MAX];
	size_t count;
	bool variadic; /* the last parameter may come again and again, also never */
};

/* Stand for a type in signatures. */
enum { PW_ANY = PW_BASES + 1, PW_ANY_TIME, PW_EACH };

void pw_function_signature(const struct pw_function *f, struct pw_signature *s);

/* The name nearest to an unknown one, or NULL. */
const char *pw_function_near(struct pw_slice name);
bool pw_function_known(struct pw_slice name);

/* Appends the text of `pw help functions`: each function's forms, help and example. */
void pw_function_help(struct pw_bytes *text);

PW_C_END

#endif
